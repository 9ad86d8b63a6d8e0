"""Keeps one server process alive, and takes it along when the program that wanted it ends in whatever way.

Run as a script in a process of its own: `supervisor.py PARENT RESTARTS COMMAND...`. The command is started, started
again when it ends (at most RESTARTS times), and killed when standard input closes, when the parent process is gone
(also by a kill that leaves no time to say so), or on SIGTERM. Gives up with the command's last lines of output.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from types import FrameType

LAST_LINES = 20
PARENT_CHECKED_EVERY = 1.0  # seconds
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Supervisor:
    """Runs one command and sees to its end. `run` belongs to the main thread: with it the command would end on Linux."""

    def __init__(self, command: Sequence[str], restarts: int) -> None:
        self._command = command
        self._starts = 1 + restarts
        self._server: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def run(self) -> deque[str]:
        """Return the last output when the command has ended for the last time."""
        lines: deque[str] = deque(maxlen=LAST_LINES)
        for _ in range(self._starts):
            server = self._start()
            assert server.stdout is not None
            lines.extend(server.stdout)
            server.wait()
        return lines

    def _start(self) -> subprocess.Popen[str]:
        with self._lock:
            self._server = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                preexec_fn=_end_with_parent if _LIBC else None,  # noqa: PLW1509 - other threads here only wait
            )
            return self._server

    def stop(self) -> None:
        """Kill the server and end this process. Any thread may call it."""
        with self._lock:  # held to the end, so that no other server is started
            if self._server is not None:
                self._server.kill()
            os._exit(0)

    def stop_at_end_of_input(self) -> None:
        while os.read(sys.stdin.fileno(), 1):  # not through sys.stdin, whose lock Python wants when it ends
            pass
        self.stop()

    def stop_without(self, parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECKED_EVERY)
        self.stop()


def _end_with_parent() -> None:
    """Ask Linux, in the process that becomes the command, to kill it when its parent ends."""
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: Sequence[str]) -> int:
    parent, restarts, *command = arguments
    supervisor = Supervisor(command, int(restarts))

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=supervisor.stop).start()  # the main thread may hold the lock

    signal.signal(signal.SIGTERM, on_signal)
    threading.Thread(target=supervisor.stop_at_end_of_input, daemon=True).start()
    if os.name == "posix":  # elsewhere a parent's id stays the same, and may be that of a launcher
        threading.Thread(target=supervisor.stop_without, args=(int(parent),), daemon=True).start()
    sys.stdout.writelines(supervisor.run())
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
