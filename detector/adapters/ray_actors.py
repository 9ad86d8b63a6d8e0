"""What `detector filter --engine ray` scores by: actors of a Ray cluster.

The driver reads, keeps the score logs and writes, as without Ray, so that outputs are the same bytes and a run that was
begun on one machine may go on with a cluster. Reading and writing take a small part of the time of scoring.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from detector.adapters.extras import needs
from detector.adapters.scoring import TextScorer
from detector.adapters.settled import Settled
from detector.engine.batches import Scored, in_batches
from detector.engine.machine import workers
from detector.errors import DetectorError, DocumentError, in_one_line
from detector.options import Options
from detector.report import Failure, Outcome
from detector.text.document import Document

_AHEAD = 2  # batches on their way to each actor
_LOSSES = 3  # actors that may be lost over one batch
_LOOK = 1.0  # seconds; Ctrl-C is seen between two waits


@contextmanager
def load(options: Options) -> Iterator[RayDetector]:
    """Give a detector that scores by `options.jobs` actors, of the cluster that `RAY_ADDRESS` names or a local one.

    Raises ExtraError where Ray is not installed.
    """
    with needs("ray", "ray"):
        import ray
    with ExitStack() as opened:
        if not ray.is_initialized():
            address = os.environ.get("RAY_ADDRESS")
            try:
                ray.init(address=address, log_to_driver=False, logging_level="error")
            except (ConnectionError, ValueError) as error:
                place = address or "on this machine"
                raise DetectorError(f"no Ray cluster can be used {place}: {in_one_line(error)}") from error
            opened.callback(ray.shutdown)
        detector = RayDetector(options)
        opened.callback(detector.close)
        yield detector


@dataclass(eq=False)
class _Batch:
    documents: Sequence[Document]
    outcomes: list[Outcome] | None = None
    losses: int = 0


@dataclass(eq=False)
class _Actor:
    """An actor, and what it is at work on by the reference to the answer. `ready` is None when it has started."""

    handle: Any
    ready: Any
    work: dict[Any, _Batch] = field(default_factory=dict)


class RayDetector:
    """Scores documents by actors, in order. An actor that is lost with its machine is replaced, its batches done again."""

    def __init__(self, options: Options) -> None:
        self._scorer = TextScorer(replace(options, jobs=1))
        self._settled = Settled(options)
        self.stage_seconds: Counter[str] = Counter()  # of all actors, by kinds of stages; floats
        self._actors = [self._start() for _ in range(workers(options, shared=False))]

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        """Yield one outcome a document, in order. Some batches are read ahead."""
        return self._settled.score(documents, self._score)

    def _score(self, documents: Iterable[Document]) -> Generator[Outcome, None, None]:
        batches = in_batches(documents)
        waiting: deque[_Batch] = deque()  # in order
        unassigned: deque[_Batch] = deque()
        ahead = len(self._actors) * (_AHEAD + 1)
        more = True
        while True:
            while more and len(waiting) < ahead:
                if taken := next(batches, None):
                    waiting.append(batch := _Batch(taken))
                    unassigned.append(batch)
                more = taken is not None
            self._assign(unassigned)
            while waiting and (outcomes := waiting[0].outcomes) is not None:
                waiting.popleft()
                yield from outcomes
            if not waiting and not more:
                return
            if waiting:
                self._collect(unassigned)

    def close(self) -> None:
        """End the actors. What they are at work on is given up."""
        import ray

        for actor in self._actors:
            ray.kill(actor.handle)
        self._actors = []

    def _start(self) -> _Actor:
        import ray

        handle = ray.remote(num_cpus=1)(Worker).remote(self._scorer)
        return _Actor(handle, handle.open.remote())

    def _assign(self, unassigned: deque[_Batch]) -> None:
        """Give batches to the actors that have started, to the idlest first."""
        for load in range(_AHEAD):
            for actor in self._actors:
                if unassigned and actor.ready is None and len(actor.work) == load:
                    batch = unassigned.popleft()
                    actor.work[actor.handle.score.remote(batch.documents)] = batch

    def _collect(self, unassigned: deque[_Batch]) -> None:
        """Wait for an answer and take it."""
        import ray

        owners = {ref: actor for actor in self._actors for ref in ((actor.ready,) if actor.ready else actor.work)}
        answered, _ = ray.wait(list(owners), timeout=_LOOK)
        for ref in answered:
            actor = owners[ref]
            try:
                answer = ray.get(ref)
            except ray.exceptions.RayTaskError as error:
                if isinstance(error.cause, DetectorError):
                    raise error.cause from error
                raise
            except ray.exceptions.RayError as error:  # the actor, or its machine, is gone
                self._replace(actor, unassigned, error)
                return
            if actor.ready is ref:
                actor.ready = None
            else:
                actor.work.pop(ref).outcomes = answer.outcomes
                self.stage_seconds.update(answer.seconds)

    def _replace(self, lost: _Actor, unassigned: deque[_Batch], error: Exception) -> None:
        """Start another actor for one that is lost; what it was at work on comes first."""
        for batch in reversed(lost.work.values()):
            batch.losses += 1
            if batch.losses < _LOSSES:
                unassigned.appendleft(batch)
            else:
                problem = DocumentError(f"{_LOSSES} actors of Ray were lost while scoring it ({type(error).__name__})")
                batch.outcomes = [Failure(one.id, one.source, problem) for one in batch.documents]
        self._actors[self._actors.index(lost)] = self._start()


class Worker:
    """What an actor does: it loads the model once, and scores batches."""

    def __init__(self, scorer: TextScorer) -> None:
        self._scorer = scorer

    def open(self) -> None:
        self._scorer.open()

    def score(self, documents: Sequence[Document]) -> Scored:
        return self._scorer.answer(documents)
