"""Worker processes: outcomes come in the order of the documents, and some batches are read ahead, never the whole input.

Which worker gets a batch is decided when one is free. Long batches are begun first, and while one takes its time the others
go on, with a bound: nobody is idle for long, and memory does not grow with the corpus.

Each worker has a thread here that hands it batches. A worker that dies or takes too long is replaced, and its batch is
tried once more document by document, so that one bad document costs no other its outcome.

Processes are started by `subprocess`, not by `multiprocessing`: a script needs no main guard, a daemonic process (of Spark,
of another pool) may have them, and nothing of a forked parent's state comes along. Several workers are forked from one that
loads the models for all (`fork_server`), where the platform can. They end with their parent, however it ends (see `worker`).
"""

from __future__ import annotations

import os
import queue
import threading
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count

from detector.engine.batches import Batch, BatchQueue, Scored
from detector.engine.fork_server import make_launcher
from detector.engine.processes import Launcher, WorkerLostError, WorkerProcess
from detector.engine.worker import Setup, WorkerError, receive, send
from detector.errors import DocumentError, too_slow
from detector.report import Failure, Outcome
from detector.text.document import Document

_UNFINISHED = 4  # batches a worker that are waiting or at work; the longest are begun first
_READ_AHEAD = 16  # batches a worker between the first that is not finished and the last that was read
_INTERRUPTIBLE = 1.0  # seconds; on some platforms Ctrl-C is not seen in a wait without an end
Score = Callable[[Sequence[Document]], Scored]


class Pool:
    """A pool of processes that score. `make` is called once in each of them, and must be importable from a module.

    `make_for_all` is called once for all of them instead, where they can share memory. `limit` is the time in seconds that
    a document may take, 0 for any. Threads may share a pool; forked children may not.
    """

    def __init__(
        self, jobs: int, make: Callable[[], Score], limit: float, make_for_all: Callable[[], Score] | None = None
    ) -> None:
        self._pid = os.getpid()
        self._unfinished, self._read_ahead = jobs * _UNFINISHED, jobs * _READ_AHEAD
        self._batches = BatchQueue()
        self.seconds: Counter[str] = Counter()  # of all workers, by kinds of stages; floats
        self._lanes: list[_Lane] = []
        launcher = make_launcher(jobs, Setup(make, make_for_all))
        # A pool that nobody closes is closed, too.
        self._close = weakref.finalize(self, _end, self._batches, self._lanes, launcher, self._pid)
        try:
            for _ in range(jobs):
                self._lanes.append(_Lane(self._batches, launcher, limit))
        except RuntimeError as error:  # no more threads
            self.close()
            raise WorkerError(f"this machine can't run so many processes (--jobs {jobs})") from error

    def score(self, batches: Iterable[Sequence[Document]]) -> Iterator[Outcome]:
        """Yield the outcomes of all documents in order. Raises what keeps workers from starting."""
        waiting: deque[Batch] = deque()  # in order; those behind the first may be done
        finished: queue.SimpleQueue[None] = queue.SimpleQueue()
        remaining = iter(batches)
        unfinished, more = 0, True
        try:
            while waiting or more:
                require_own_process(self._pid)
                if more and unfinished < self._unfinished and len(waiting) < self._read_ahead:
                    if (documents := next(remaining, None)) is None:
                        more = False
                        continue
                    batch = Batch(documents, finished=finished)
                    waiting.append(batch)
                    self._batches.put(batch)
                    unfinished += 1
                else:
                    unfinished -= _wait(finished)
                while waiting and waiting[0].done.is_set():
                    yield from self._outcomes(waiting.popleft())
                    require_own_process(self._pid)
        finally:
            if self._pid == os.getpid():
                self._drop(waiting)  # after an error, after Ctrl-C, or when the caller stops early

    def close(self) -> None:
        """End the workers, at once if they are at work. May be called twice."""
        self._close()

    def _outcomes(self, batch: Batch) -> list[Outcome]:
        if batch.error is not None:
            raise batch.error
        self.seconds.update(batch.scored.seconds)
        return batch.scored.outcomes

    def _drop(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            batch.unwanted = True
        for lane in self._lanes:
            lane.drop_unwanted()


def require_own_process(pid: int) -> None:
    """Raise WorkerError in a child that was forked in the middle of a run: what the run waits for is in the parent."""
    if pid != os.getpid():
        raise WorkerError("this process was forked while documents were being scored; score them anew in this process")


def _end(batches: BatchQueue, lanes: Sequence[_Lane], launcher: Launcher, pid: int) -> None:
    if pid != os.getpid():  # in a forked child: the workers are the parent's, and so is who holds a lock
        return
    for lane in lanes:
        lane.close()
    launcher.close()
    for _ in lanes:
        batches.end()


def _wait(finished: queue.SimpleQueue[None]) -> int:
    """Wait until batches are finished; return how many. 0 where that takes a while: the caller looks around then."""
    number = 0
    with suppress(queue.Empty):
        finished.get(timeout=_INTERRUPTIBLE)
        for number in count(1):  # noqa: B007 - what was got before
            finished.get_nowait()
    return number


class _Lane:
    """One worker process after another, and the thread that hands them batches."""

    def __init__(self, batches: BatchQueue, launcher: Launcher, limit: float) -> None:
        self._batches, self._launcher, self._limit = batches, launcher, limit
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None
        self._batch: Batch | None = None  # at work on
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="detector-worker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the worker for good."""
        with self._lock:
            self._closed = True
            self._kill()
            if self._process is not None:
                self._process.end()  # so that nothing is left of it, and its time is counted

    def drop_unwanted(self) -> None:
        """End the worker if it is at work on what nobody wants; another one takes its place when there is more."""
        with self._lock:
            if self._batch is not None and self._batch.unwanted:
                self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            with self._lock:
                self._batch = batch
            try:
                batch.scored = self._score(batch.documents)
            except BaseException as error:
                batch.error = error
            with self._lock:
                self._batch = None
            batch.finish()

    def _score(self, documents: Sequence[Document]) -> Scored:
        try:
            return self._ask(documents)
        except WorkerLostError as lost:
            self._check_wanted()
            if len(documents) == 1 and lost.too_slow:
                return Scored([_failure(documents[0], too_slow(self._limit))])
        return Scored([outcome for document in documents for outcome in self._score_again(document)])

    def _score_again(self, document: Document) -> list[Outcome]:
        try:
            return self._ask([document]).outcomes
        except WorkerLostError as lost:
            return [_failure(document, too_slow(self._limit) if lost.too_slow else _explained(lost))]

    def _ask(self, documents: Sequence[Document]) -> Scored:
        self._check_wanted()
        process = self._started()
        timer = _Timer(self._limit, process)
        try:
            send(process.questions, documents)
            scored: Scored = receive(process.answers)
        except (EOFError, OSError) as error:
            raise WorkerLostError(process.end(), too_slow=timer.expired) from error
        finally:
            timer.cancel()
        return scored

    def _check_wanted(self) -> None:
        if self._closed or (self._batch is not None and self._batch.unwanted):
            raise WorkerError("the detector was closed while documents were being scored")

    def _started(self) -> WorkerProcess:
        """Return the worker, a new one where there is none; raise what kept it from starting.

        One that was killed while it started (for want of memory, by chance) is started once more.
        """
        if self._process is not None and self._process.is_running():
            return self._process
        try:
            return self._start()
        except WorkerLostError:
            self._check_wanted()
        try:
            return self._start()
        except WorkerLostError as lost:
            raise WorkerError(
                f"a worker process ended while it was starting ({lost.how}); is there memory for so many --jobs?"
            ) from lost

    def _start(self) -> WorkerProcess:
        process = self._launcher.launch()
        with self._lock:
            self._process = process
            if self._closed:
                self._kill()
                raise WorkerError("the detector was closed while documents were being scored")
        try:
            process.ready()
        except (EOFError, OSError) as error:
            raise WorkerLostError(process.end()) from error
        return process


def _explained(lost: WorkerLostError) -> DocumentError:
    return DocumentError(
        f"a worker process ended unexpectedly while scoring it, twice ({lost.how}); is there memory for so many --jobs?"
    )


class _Timer:
    """Kills a worker when the time of its batch is up."""

    def __init__(self, seconds: float, process: WorkerProcess) -> None:
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
