"""A process that loads the models once, and forks the workers, which share its memory until they write to it.

Forking a process that has threads is not safe: a lock that one of them holds is never given back in the child. So this one
has no other threads, counts them before each fork, and forks no more when it finds one; workers are then started anew, each
with models of its own. It never scores: no thread is started for that, and its memory stays as it was loaded.

The parent asks over a socket, which is the standard input. The first message is a `Setup`, answered with None or an error as
by a worker. Then a request is a kind, and a number:

    FORK            comes with one end of a socket for the worker; the answer is the worker's process id, a negative
                    errno, or 0 where there are threads
    STATUS, pid     the answer is 1 and the exit code of the worker, as `subprocess` has it; 0, 0 while it runs

A worker's number is not given to another process before somebody has asked for its status.
"""

from __future__ import annotations

import errno
import gc
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, NoReturn, cast

from detector.engine import worker
from detector.engine.processes import (
    Launcher,
    SpawnedProcess,
    Spawner,
    WorkerLostError,
    WorkerProcess,
    close_streams,
    how_it_ended,
    spawn,
)
from detector.engine.worker import Setup, WorkerError, receive, send, try_to_send

_REQUEST, _PID, _ENDED = struct.Struct(">cQ"), struct.Struct(">q"), struct.Struct(">?q")
_FORK, _STATUS = b"f", b"s"
_PARENT_CHECK = 1.0  # seconds between two looks at whether the parent is still there
_PATIENCE = 5.0  # seconds that a worker gets to end by itself before it is killed
_LOOK = 0.02  # seconds between two looks at whether it has ended
# Libraries of linear algebra start a thread for each core, when they are imported.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1")


def make_launcher(jobs: int, setup: Setup) -> Launcher:
    """Return what starts `jobs` workers: a fork server where there are several of them, and the platform has it."""
    return ForkServer(setup) if jobs > 1 and can_fork() else Spawner(setup)


def can_fork() -> bool:
    """Tell whether workers can share memory here. On macOS, system libraries do not survive a fork."""
    return sys.platform == "linux" and os.path.isdir("/proc/self/task")


# --- in the parent --------------------------------------------------------------------------------------------------


class ForkServer:
    """Starts workers by a server, and the server when it is needed. Threads may share it."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._spawner = Spawner(setup)
        self._lock = threading.Lock()  # one request at a time
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._is_safe = True
        self._closed = False

    def launch(self) -> WorkerProcess:
        with self._lock:
            forked = self._fork() if self._is_safe else None
        return forked or SpawnedProcess(self._setup)

    def close(self) -> None:
        """End the server. Workers that are at work lose their parent and end, too."""
        self._closed = True
        if self._process is not None:
            self._process.kill()  # not under the lock: a launch may be waiting for the models
            self._process.wait()

    def status(self, pid: int) -> int | None:
        """Return the exit code of a worker; None while it runs. -9 where it ended with the server."""
        with self._lock:
            try:
                ended, code = _ENDED.unpack(self._ask(_STATUS, pid, _ENDED.size))
            except OSError:
                return -int(signal.SIGKILL)
        return code if ended else None

    def _fork(self) -> ForkedProcess | None:
        """Return a new worker, or None where the server has threads."""
        try:
            self._start()
            ours, theirs = socket.socketpair()
            with theirs:
                (pid,) = _PID.unpack(self._ask(_FORK, 0, _PID.size, theirs))
        except (EOFError, OSError) as error:
            raise WorkerLostError(self._end()) from error
        if pid > 0:
            return ForkedProcess(self, pid, ours)
        ours.close()
        if pid < 0:
            raise WorkerError(f"no more worker processes can be started ({os.strerror(-pid)})")
        self._is_safe = False
        self._end()
        return None

    def _start(self) -> None:
        """Start the server if it does not run, and wait until it has loaded what workers need; raise what it can't load."""
        if self._process is not None and self._process.poll() is None:
            return
        self._end()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = spawn(
                worker.command("fork_server"),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
            )
        if self._closed:
            self._process.kill()
        with self._socket.makefile("wb") as questions, self._socket.makefile("rb") as answers:
            send(questions, self._setup)
            problem = receive(answers)
        if problem is not None:
            self._end()
            raise problem

    def _ask(self, kind: bytes, number: int, size: int, end: socket.socket | None = None) -> bytes:
        if self._socket is None:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        request = _REQUEST.pack(kind, number)
        if end is None:
            self._socket.sendall(request)
        else:
            socket.send_fds(self._socket, [request], [end.fileno()])
        answer = self._socket.recv(size, socket.MSG_WAITALL)
        if len(answer) < size:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        return answer

    def _end(self) -> str:
        """End the server, if there is one, and return how it ended."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is None:
            return "before it started"
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        return how_it_ended(self._process.wait())


class ForkedProcess:
    """A worker that a server forked."""

    def __init__(self, server: ForkServer, pid: int, end: socket.socket) -> None:
        self._server, self._pid = server, pid
        self._lock = threading.Lock()
        self._code: int | None = None
        with end:
            self.questions: IO[bytes] = cast(IO[bytes], end.makefile("wb"))
            self.answers: IO[bytes] = cast(IO[bytes], end.makefile("rb"))

    def ready(self) -> None:
        receive(self.answers)

    def is_running(self) -> bool:
        with self._lock:
            if self._code is None:
                self._code = self._server.status(self._pid)
            return self._code is None

    def kill(self) -> None:
        if self._code is None:  # nobody has asked for its status, so its number is still its own
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def end(self) -> str:
        for _ in range(2):
            deadline = time.monotonic() + _PATIENCE
            while self.is_running() and time.monotonic() < deadline:
                time.sleep(_LOOK)
            self.kill()
        close_streams(self.questions, self.answers)
        return how_it_ended(self._code)


# --- in the server --------------------------------------------------------------------------------------------------


def main() -> None:
    """Load what workers need, then fork one for each request until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides what it means
    parent = os.getppid()
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    with control.makefile("rb") as questions, control.makefile("wb") as answers:
        try:
            setup: Setup = receive(questions)
        except (EOFError, OSError):
            return
        try:
            answer = (setup.make_for_all or setup.make)()
        except Exception as error:
            try_to_send(answers, error)
            return
        gc.collect()
        gc.freeze()  # what is loaded is never looked through again, and so not written to
        send(answers, None)
    _serve(control, parent, answer)


def _serve(control: socket.socket, parent: int, answer: Callable[[Any], Any]) -> NoReturn:
    while os.getppid() == parent:
        if not select.select([control], [], [], _PARENT_CHECK)[0]:
            continue
        try:
            request, ends, _, _ = socket.recv_fds(control, _REQUEST.size, 1, socket.MSG_WAITALL)
            if len(request) < _REQUEST.size:
                break
            kind, number = _REQUEST.unpack(request)
            control.sendall(_PID.pack(_fork(control, ends[0], answer)) if kind == _FORK else _status(number))
        except OSError:
            break
    os._exit(0)


def _fork(control: socket.socket, end: int, answer: Callable[[Any], Any]) -> int:
    """Fork a worker; return its process id, its negative errno, or 0 where a fork is not safe."""
    if len(os.listdir("/proc/self/task")) > 1:
        os.close(end)
        return 0
    try:
        pid = os.fork()
    except OSError as error:
        os.close(end)
        return -(error.errno or errno.EAGAIN)
    if pid:
        os.close(end)
        return pid
    try:
        _be_worker(control, end, answer)
    finally:
        os._exit(1)


def _be_worker(control: socket.socket, end: int, answer: Callable[[Any], Any]) -> NoReturn:
    from detector.runtime.session import share_with_parent

    control.close()
    share_with_parent()
    with socket.socket(fileno=end) as connection:
        questions, answers = connection.makefile("rb"), connection.makefile("wb")
    worker.work(cast(IO[bytes], questions), cast(IO[bytes], answers), answer)


def _status(pid: int) -> bytes:
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return _ENDED.pack(True, -int(signal.SIGKILL))
    return _ENDED.pack(found != 0, os.waitstatus_to_exitcode(status) if found else 0)
