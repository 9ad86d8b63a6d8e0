"""A program that is told to stop stops, also where what the signal raises is lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

#: The signal comes while a weak reference's callback runs; the program reads on as if nothing had been.
LOST = """
import os, signal, sys, weakref
from detector import interruption
from detector.corpus.reading import read
interruption.stop_on_signals()
class Thing: pass
thing = Thing()
reference = weakref.ref(thing, lambda gone: os.kill(os.getpid(), {number}))
del thing
print("goes on", flush=True)
for record in read([sys.argv[1]]):
    print("read", flush=True)
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, -signal.SIGINT)]
)
def test_a_signal_that_is_lost_stops_the_next_record(number: signal.Signals, code: int) -> None:
    program = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); signal.signal(signal.SIGINT, signal.default_int_handler)\n{LOST.format(number=int(number))}"
    ended = subprocess.run(
        [sys.executable, "-c", program, "samples/news-clean.txt"], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "goes on\n"
    assert "Exception ignored" in ended.stderr
    assert ended.returncode == code
