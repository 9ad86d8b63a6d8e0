"""A worker process: takes batches of documents from its parent and answers with their outcomes.

Messages are pickles, each after its length in eight bytes (big-endian); what a library prints to standard output goes to
standard error instead. The first answer is None, or the error that keeps the worker from starting; each message after it
is a list of documents. A worker that is a Python of its own has them on the standard streams, and a `Setup` is the first
message; one that was forked (`fork_server`) has it all, and a socket.

A worker ends when its parent closes the pipe or dies, whatever it is doing at the time.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from detector.errors import DetectorError
from detector.runtime.threads import limit_blas_threads

_LENGTH = struct.Struct(">Q")
# The path first: a `json.py` beside the documents must not be taken for the library's.
_START = "import sys; sys.path[:] = {path!a}; from detector.engine.{module} import main; main()"
_PARENT_CHECK = 1.0  # seconds between two looks at whether the parent is still there


_SWITCHES = {"-I": "isolated", "-E": "ignore_environment", "-s": "no_user_site", "-S": "no_site"}


class WorkerError(DetectorError):
    """Worker processes can't be started or kept; the message says what to do."""


@dataclass(frozen=True)
class Setup:
    """What a worker is started with: `make` returns the function that turns a batch into its answer.

    `make_for_all` is called instead where that function serves several workers, which share its memory.
    """

    make: Callable[[], Callable[[Any], Any]]
    make_for_all: Callable[[], Callable[[Any], Any]] | None = None


def command(module: str) -> list[str]:
    """Return what starts `main` of a module of this package: this Python, with the same switches and the same path."""
    if not sys.executable or getattr(sys, "frozen", False):
        raise WorkerError(
            "worker processes need a Python interpreter, and this program has none (sys.executable); score with jobs=1"
        )
    # -P: nothing is imported from the current directory before the path is set.
    switches = ["-P", *(switch for switch, name in _SWITCHES.items() if getattr(sys.flags, name))]
    path = [os.fspath(folder) for folder in sys.path if isinstance(folder, str | os.PathLike)]
    return [sys.executable, *switches, "-c", _START.format(path=path, module=module)]


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message. Raises OSError when nobody reads."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message. Raises EOFError at the end of the stream, within a message, too."""
    (length,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    return pickle.loads(_read(stream, length))


def _read(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def main() -> None:
    """Run a worker until its parent has no more for it."""
    limit_blas_threads()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides what it means
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    messages = _listening(os.fdopen(os.dup(0), "rb"))
    try:
        setup: Setup = messages.get()
        answer = setup.make()
    except Exception as error:
        try_to_send(answers, error)
        return
    _work(messages, answers, answer)


def work(questions: IO[bytes], answers: IO[bytes], answer: Callable[[Any], Any]) -> NoReturn:
    """Be a worker that has loaded all it needs."""
    _work(_listening(questions), answers, answer)


def _work(messages: queue.Queue[Any], answers: IO[bytes], answer: Callable[[Any], Any]) -> NoReturn:
    try:
        send(answers, None)
        while True:
            send(answers, answer(messages.get()))
    except OSError:  # the parent is gone
        os._exit(1)


def _listening(stream: IO[bytes]) -> queue.Queue[Any]:
    """Start the threads of a worker: one that takes messages, one that ends it with its parent."""
    messages: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(stream, messages), daemon=True).start()
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    return messages


def _listen(stream: IO[bytes], messages: queue.Queue[Any]) -> None:
    try:
        while True:
            messages.put(receive(stream))
    except (EOFError, OSError):
        os._exit(0)


def _watch(parent: int) -> None:
    """End with the parent, even where somebody else holds the other end of the pipe: a child it forked, say."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK)
    os._exit(1)


def try_to_send(stream: IO[bytes], error: Exception) -> None:
    """Send an error; end the process where nobody reads."""
    try:
        send(stream, error)
    except OSError:
        os._exit(1)
    except Exception:  # an error that can't be pickled
        send(stream, RuntimeError(f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    sys.exit("this module is started by the program itself")
