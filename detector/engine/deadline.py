"""A time limit for what runs in this process, where the platform has one: the main thread of a POSIX system."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeUpError(BaseException):
    """The time is up. No `Exception`, so that no signal catches it as its own failure."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeUpError` in the block when it takes longer than `seconds`; 0 sets no limit.

    Works by an interval timer, so only in the main thread, only on POSIX, and not where the host program uses the same
    timer; elsewhere the block has no limit (worker processes have one everywhere). Native code is interrupted when it
    returns to Python.
    """
    if not seconds or not _available():
        yield
        return
    before = signal.signal(signal.SIGALRM, _raise)
    # Again every second: what a handler raises may be lost (detector.interruption).
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _available() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0 and signal.getsignal(signal.SIGALRM) in (
        signal.SIG_DFL,
        signal.SIG_IGN,
    )


def _raise(number: int, frame: FrameType | None) -> None:
    raise TimeUpError
