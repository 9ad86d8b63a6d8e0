"""Worker processes: outcomes come in the order of the documents, and a few batches are read ahead, never the whole input.

Each worker has a thread here that hands it batches. A worker that dies or takes too long is replaced, and its batch is
tried once more document by document, so that one bad document costs no other its outcome.

Workers are started by `subprocess`, not by `multiprocessing`: a script needs no main guard, a daemonic process (of Spark,
of another pool) may have them, and nothing of a forked parent's state comes along. They end with their parent, however it
ends (see `worker`).
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from detector.engine.scorer import too_slow
from detector.engine.worker import Setup, WorkerError, command, receive, send
from detector.errors import DocumentError
from detector.report import Failure, Outcome
from detector.text.document import Document

_BATCHES_AHEAD = 2  # waiting for each worker
_PATIENCE = 5.0  # seconds that a worker gets to end by itself before it is killed
_INTERRUPTIBLE = 1.0  # seconds; on some platforms Ctrl-C is not seen in a wait without an end
Score = Callable[[Sequence[Document]], list[Outcome]]


@dataclass(eq=False)
class _Batch:
    """Documents and, when `done` is set, their outcomes, or the error that ends the run."""

    documents: Sequence[Document]
    outcomes: list[Outcome] = field(default_factory=list)
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)
    unwanted: bool = False  # nobody waits for the outcomes any more


class Pool:
    """A pool of processes that score. `make` is called once in each of them, and must be importable from a module.

    `limit` is the time in seconds that a document may take, 0 for any. Threads may share a pool; forked children may not.
    """

    def __init__(self, jobs: int, make: Callable[[], Score], limit: float) -> None:
        self._pid = os.getpid()
        self._ahead = jobs * _BATCHES_AHEAD
        self._batches: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._lanes: list[_Lane] = []
        # A pool that nobody closes is closed, too.
        self._close = weakref.finalize(self, _end, self._batches, self._lanes, self._pid)
        try:
            for _ in range(jobs):
                self._lanes.append(_Lane(self._batches, Setup(make), limit))
        except RuntimeError as error:  # no more threads
            self.close()
            raise WorkerError(f"this machine can't run so many processes (--jobs {jobs})") from error

    def score(self, batches: Iterable[Sequence[Document]]) -> Iterator[Outcome]:
        """Yield the outcomes of all documents in order. Raises what keeps workers from starting."""
        waiting: list[_Batch] = []
        try:
            for documents in batches:
                require_own_process(self._pid)
                batch = _Batch(documents)
                waiting.append(batch)
                self._batches.put(batch)
                if len(waiting) >= self._ahead:
                    yield from _outcomes(waiting.pop(0))
            while waiting:
                require_own_process(self._pid)
                yield from _outcomes(waiting.pop(0))
        finally:
            if self._pid == os.getpid():
                self._drop(waiting)  # after an error, after Ctrl-C, or when the caller stops early

    def close(self) -> None:
        """End the workers, at once if they are at work. May be called twice."""
        self._close()

    def _drop(self, batches: Sequence[_Batch]) -> None:
        for batch in batches:
            batch.unwanted = True
        for lane in self._lanes:
            lane.drop_unwanted()


def require_own_process(pid: int) -> None:
    """Raise WorkerError in a child that was forked in the middle of a run: what the run waits for is in the parent."""
    if pid != os.getpid():
        raise WorkerError("this process was forked while documents were being scored; score them anew in this process")


def _end(batches: queue.SimpleQueue[_Batch | None], lanes: Sequence[_Lane], pid: int) -> None:
    if pid != os.getpid():  # in a forked child: the workers are the parent's, and so is who holds a lock
        return
    for lane in lanes:
        lane.close()
    for _ in lanes:
        batches.put(None)


def _outcomes(batch: _Batch) -> list[Outcome]:
    while not batch.done.wait(_INTERRUPTIBLE):
        pass
    if batch.error is not None:
        raise batch.error
    return batch.outcomes


class _Lane:
    """One worker process after another, and the thread that hands them batches."""

    def __init__(self, batches: queue.SimpleQueue[_Batch | None], setup: Setup, limit: float) -> None:
        self._batches, self._setup, self._limit = batches, setup, limit
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._batch: _Batch | None = None  # at work on
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="detector-worker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the worker for good."""
        with self._lock:
            self._closed = True
            self._kill()
            if self._process is not None:
                with suppress(subprocess.TimeoutExpired):  # so that nothing is left of it, and its time is counted
                    self._process.wait(_PATIENCE)

    def drop_unwanted(self) -> None:
        """End the worker if it is at work on what nobody wants; another one takes its place when there is more."""
        with self._lock:
            if self._batch is not None and self._batch.unwanted:
                self._kill()

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            with self._lock:
                self._batch = batch
            try:
                batch.outcomes = self._score(batch.documents)
            except BaseException as error:
                batch.error = error
            with self._lock:
                self._batch = None
            batch.done.set()

    def _score(self, documents: Sequence[Document]) -> list[Outcome]:
        try:
            return self._ask(documents)
        except _WorkerLostError as lost:
            self._check_wanted()
            if len(documents) == 1 and lost.too_slow:
                return [_failure(documents[0], too_slow(self._limit))]
        return [outcome for document in documents for outcome in self._score_again(document)]

    def _score_again(self, document: Document) -> list[Outcome]:
        try:
            return self._ask([document])
        except _WorkerLostError as lost:
            return [_failure(document, too_slow(self._limit) if lost.too_slow else lost.explained())]

    def _ask(self, documents: Sequence[Document]) -> list[Outcome]:
        self._check_wanted()
        process = self._started()
        timer = _Timer(self._limit, process)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            send(process.stdin, documents)
            outcomes: list[Outcome] = receive(process.stdout)
        except (EOFError, OSError) as error:
            raise self._lost(process, too_slow=timer.expired) from error
        finally:
            timer.cancel()
        return outcomes

    def _check_wanted(self) -> None:
        if self._closed or (self._batch is not None and self._batch.unwanted):
            raise WorkerError("the detector was closed while documents were being scored")

    def _started(self) -> subprocess.Popen[bytes]:
        """Return the worker, a new one where there is none; raise what kept it from starting.

        One that was killed while it started (for want of memory, by chance) is started once more.
        """
        if self._process is not None and self._process.poll() is None:
            return self._process
        try:
            return self._start()
        except _WorkerLostError:
            self._check_wanted()
        try:
            return self._start()
        except _WorkerLostError as lost:
            raise WorkerError(
                f"a worker process ended while it was starting ({lost.how}); is there memory for so many --jobs?"
            ) from lost

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise WorkerError("the detector was closed while documents were being scored")
            words = command()
            try:
                with _interrupts_blocked():
                    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            except OSError as error:
                raise WorkerError(
                    f"{words[0]}: can't be started as a worker process ({error.strerror or error})"
                ) from error
            self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, self._setup)
            problem = receive(process.stdout)
        except (EOFError, OSError) as error:
            raise self._lost(process, too_slow=False) from error
        if problem is not None:
            raise problem
        return process

    def _lost(self, process: subprocess.Popen[bytes], *, too_slow: bool) -> _WorkerLostError:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        return _WorkerLostError(_how_it_ended(process.returncode), too_slow=too_slow)


class _WorkerLostError(Exception):
    def __init__(self, how: str, *, too_slow: bool) -> None:
        super().__init__(how)
        self.how, self.too_slow = how, too_slow

    def explained(self) -> DocumentError:
        return DocumentError(
            f"a worker process ended unexpectedly while scoring it, twice ({self.how}); is there memory for so many --jobs?"
        )


class _Timer:
    """Kills a worker when the time of its batch is up."""

    def __init__(self, seconds: float, process: subprocess.Popen[bytes]) -> None:
        self.expired = False
        self._process = process
        self._timer = threading.Timer(seconds, self._expire) if seconds else None
        if self._timer:
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _expire(self) -> None:
        self.expired = True
        self._process.kill()


def _failure(document: Document, error: DocumentError) -> Failure:
    return Failure(document.id, document.source, error)


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextmanager
def _interrupts_blocked() -> Iterator[Any]:
    """Block SIGINT in the block, so that processes started in it never get it, not even before they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
