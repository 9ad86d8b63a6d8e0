"""A program that is told to stop stops, also where what the signal raises is lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

#: The signal comes while a weak reference's callback runs, and the program goes on as if nothing had been: it reads nothing,
#: and scores nothing.
LOST = """
import os, signal, time, weakref
from detector import interruption
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a job in the background starts ignores it
signal.signal(signal.SIGHUP, signal.SIG_DFL)
interruption.stop_on_signals()
class Thing: pass
thing = Thing()
reference = weakref.ref(thing, lambda gone: os.kill(os.getpid(), {number}))
del thing
print("goes on", flush=True)
try:
    for _ in range(200):
        time.sleep(0.05)
    print("to its end", flush=True)
finally:
    print("cleans up", flush=True)
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, -signal.SIGINT)]
)
def test_a_signal_that_is_lost_comes_again(number: signal.Signals, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOST.format(number=int(number))], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "goes on\ncleans up\n"
    assert "Exception ignored" not in ended.stderr
    assert ended.returncode == code


def test_other_lost_exceptions_are_printed() -> None:
    program = "import weakref; from detector import interruption; interruption.stop_on_signals()\nclass Thing: pass\n"
    program += "thing = Thing(); reference = weakref.ref(thing, lambda gone: 1 / 0); del thing; print('goes on')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stdout == "goes on\n"
    assert "ZeroDivisionError" in ended.stderr
