"""The supervisor keeps a command alive and never leaves it behind. The command here is a Python that sleeps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from detector.signals.grammar import supervisor

SCRIPT = Path(supervisor.__file__)
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
FAIL = [sys.executable, "-c", "print('it is broken', flush=True); raise SystemExit(3)"]


def start(*command: str, restarts: int = 1, parent: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", str(SCRIPT), str(parent or os.getpid()), str(restarts), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def child_of(process: psutil.Process, other_than: int | None = None) -> psutil.Process:
    """The command it runs, waited for."""
    for _ in range(600):
        with suppress(psutil.NoSuchProcess):  # a command that is being started again may go while we look
            for child in process.children():
                if child.pid != other_than and child.status() != psutil.STATUS_ZOMBIE:
                    return child
        time.sleep(0.05)
    raise AssertionError("no command was started")


def gone(process: psutil.Process) -> bool:
    """Whether it ends soon, also on a machine that does other things."""
    try:
        process.wait(timeout=30)
    except psutil.TimeoutExpired:
        return False
    return True


def test_command_is_started_again_and_then_given_up() -> None:
    with start(*SLEEP, restarts=1) as running:
        first = child_of(psutil.Process(running.pid))
        first.kill()
        second = child_of(psutil.Process(running.pid), other_than=first.pid)
        second.kill()
        assert running.wait(timeout=20) == 1


def test_last_words_are_passed_on() -> None:
    with start(*FAIL, restarts=2) as running:
        assert running.stdout is not None
        assert running.stdout.read() == "it is broken\n" * 3


def test_command_goes_when_input_ends() -> None:
    with start(*SLEEP) as running:
        command = child_of(psutil.Process(running.pid))
        assert running.stdin is not None
        running.stdin.close()
        assert gone(command)


def test_command_goes_on_sigterm() -> None:
    with start(*SLEEP) as running:
        command = child_of(psutil.Process(running.pid))
        running.terminate()
        assert gone(command)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_command_goes_when_the_supervisor_itself_is_killed() -> None:
    with start(*SLEEP) as running:
        command = child_of(psutil.Process(running.pid))
        running.kill()
        assert gone(command)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a parent's death is seen by the end of input alone")
def test_command_goes_when_the_parent_is_not_there() -> None:
    """As when the parent was killed and something else still holds the pipe."""
    with start(*SLEEP, parent=2**22 - 1) as running:
        assert running.wait(timeout=30) == 0


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_command_goes_with_a_program_that_is_killed(how: signal.Signals) -> None:
    program = textwrap.dedent(
        f"""
        import os, subprocess, sys, time
        subprocess.Popen([sys.executable, "-I", {str(SCRIPT)!r}, str(os.getpid()), "1", *{SLEEP!r}],
                         stdin=subprocess.PIPE, start_new_session=True)
        time.sleep(600)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program]) as running:
        keeper = child_of(psutil.Process(running.pid))
        command = child_of(keeper)
        running.send_signal(how)
        assert gone(keeper)
        assert gone(command)
