"""Worker processes as their parent sees them, however they were started."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Protocol

from detector.engine.worker import Setup, WorkerError, command, receive, send

_PATIENCE = 5.0  # seconds that a worker gets to end by itself before it is killed


class WorkerProcess(Protocol):
    """A worker that has been launched. `ready` waits until it can score; `end` waits until it is gone."""

    questions: IO[bytes]
    answers: IO[bytes]

    def ready(self) -> None:
        """Wait for the worker to load what it needs. Raises what kept it from that; EOFError, OSError where it died."""
        ...

    def is_running(self) -> bool: ...

    def kill(self) -> None:
        """End it at once. Does nothing where it has ended."""
        ...

    def end(self) -> str:
        """Wait a little for a worker that ends, kill it if it does not, and return how it ended."""
        ...


class Launcher(Protocol):
    """Starts workers. Threads may share it."""

    def launch(self) -> WorkerProcess:
        """Start a worker. Raises WorkerError where the system refuses, WorkerLostError where that was chance."""
        ...

    def close(self) -> None:
        """Start no more; those that were started go on."""
        ...


class WorkerLostError(Exception):
    """A worker ended when it should not have; `how` says how."""

    def __init__(self, how: str, *, too_slow: bool = False) -> None:
        super().__init__(how)
        self.how, self.too_slow = how, too_slow


class SpawnedProcess:
    """A worker that is a Python of its own, and loads all that it needs."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._process = spawn(command("worker"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.questions, self.answers = self._process.stdin, self._process.stdout

    def ready(self) -> None:
        send(self.questions, self._setup)
        if (problem := receive(self.answers)) is not None:
            raise problem

    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        if self.is_running():
            self._process.kill()

    def end(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        close_streams(self.questions, self.answers)
        return how_it_ended(self._process.returncode)


class Spawner:
    """Starts each worker anew."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def launch(self) -> SpawnedProcess:
        return SpawnedProcess(self._setup)

    def close(self) -> None:
        pass


def spawn(words: list[str], *, stdin: int, stdout: int, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process of ours. Raises WorkerError where the system refuses."""
    try:
        with _interrupts_blocked():
            return subprocess.Popen(words, stdin=stdin, stdout=stdout, env=env)
    except OSError as error:
        raise WorkerError(f"{words[0]}: can't be started as a worker process ({error.strerror or error})") from error


def close_streams(*streams: IO[bytes]) -> None:
    for stream in streams:
        with suppress(OSError):
            stream.close()


def how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block SIGINT in the block, so that processes started in it never get it, not even before they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
