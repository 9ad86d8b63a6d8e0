"""One queue before one detector: requests wait their turn, and one too many is turned away at once."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from detector.report import Outcome
from detector.text.document import Document

_TOGETHER = 8  # documents that are scored in one go


class Scores(Protocol):
    """What scores documents: `detector.Detector`."""

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]: ...


class FullError(Exception):
    """As many requests wait as may."""


class _Job:
    def __init__(self, document: Document, make: Callable[[Outcome], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.document = document
        self.make = make
        self.loop = loop
        self.answer: asyncio.Future[Any] = loop.create_future()

    def finish(self, result: Any, error: BaseException | None = None) -> None:
        def put() -> None:
            if self.answer.done():  # nobody waits any more
                return
            if error is None:
                self.answer.set_result(result)
            else:
                self.answer.set_exception(error)

        self.loop.call_soon_threadsafe(put)


class Queue:
    """Scores in a thread of its own. Made and used in one event loop; `close` waits for what is being scored.

    At most `most` requests are admitted at a time; `wanted` counts them.
    """

    def __init__(self, scores: Scores, most: int) -> None:
        self.most = most
        self.wanted = 0
        self._scores = scores
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scoring", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> None:
        """Take a place among those that wait. Raise FullError where there is none."""
        if self.wanted >= self.most:
            raise FullError
        self.wanted += 1

    def __exit__(self, *_: object) -> None:
        self.wanted -= 1

    async def score(self, document: Document, make: Callable[[Outcome], Any], seconds: float | None) -> Any:
        """Return what `make` makes of the outcome, in the thread that scores. Raise TimeoutError after `seconds`."""
        job = _Job(document, make, asyncio.get_running_loop())
        self._jobs.put(job)
        return await asyncio.wait_for(job.answer, seconds)

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs = [first]
            ended = False
            while len(jobs) < _TOGETHER and not ended:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    ended = True
                else:
                    jobs.append(job)
            self._answer([job for job in jobs if not job.answer.done()])
            if ended:
                return

    def _answer(self, jobs: list[_Job]) -> None:
        done = 0
        try:
            for outcome in self._scores.score_documents([job.document for job in jobs]):
                try:
                    jobs[done].finish(jobs[done].make(outcome))
                except Exception as error:  # of one document; the thread has to go on
                    jobs[done].finish(None, error)
                done += 1
        except Exception as error:
            for job in jobs[done:]:
                job.finish(None, error)
