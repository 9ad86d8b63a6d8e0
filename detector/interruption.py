"""How a program that is told to stop stops, even where Python loses the exception that says so.

A signal's handler runs between any two instructions of the main thread, so also in the callbacks of weak references and in
finalizers, while garbage is collected. What is raised there is given to `sys.unraisablehook` and forgotten, and the program
goes on. So the hook sends the signal once more, a moment later.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_MOMENT = 0.05  # seconds, in which the callback that lost the exception ends


def stop_on_signals() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, and SIGTERM and SIGHUP SystemExit with 128 and their number. Call it in the main
    thread, once; signals that are ignored stay so (`nohup`), and so do other handlers of Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    sys.unraisablehook = _send_lost_again


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _send_lost_again(lost: UnraisableHookArgs) -> None:
    if isinstance(lost.exc_value, KeyboardInterrupt):
        number = int(signal.SIGINT)
    elif isinstance(lost.exc_value, SystemExit) and isinstance(lost.exc_value.code, int) and lost.exc_value.code > 128:
        number = lost.exc_value.code - 128
    else:
        sys.__unraisablehook__(lost)
        return
    # From another thread, since here the next exception would be lost, too. Not by `threading`: its locks may be held by
    # what this runs in the middle of.
    _thread.start_new_thread(_send, (number,))


def _send(number: int) -> None:
    time.sleep(_MOMENT)
    os.kill(os.getpid(), number)
