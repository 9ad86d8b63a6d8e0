"""How a program that is told to stop stops, even where Python loses the exception that says so.

A signal's handler runs between any two instructions of the main thread, so also in the callbacks of weak references and in
finalizers, while garbage is collected. What is raised there is printed and forgotten, and the program goes on. So what was
raised is kept, and raised once more at the next document.
"""

from __future__ import annotations

import signal
from types import FrameType

_raised: list[BaseException] = []


def stop_on_signals() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, and SIGTERM and SIGHUP SystemExit with 128 and their number. Call it in the main
    thread, once; signals that are ignored stay so (`nohup`), and so do other handlers of Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def stop_if_told() -> None:
    """Raise what a signal has raised, if the program is going on nevertheless. Costs next to nothing; any thread may."""
    if _raised:
        raise _raised[-1]


def _stop(number: int, frame: FrameType | None) -> None:
    _raised.append(KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number))
    raise _raised[-1]
