"""Batches of documents: what a worker is given at a time, and the order in which batches are given out."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from detector.report import Outcome
from detector.text.document import Document

_BATCH_DOCUMENTS = 16  # measured together; also what a worker gets at a time
_BATCH_CHARACTERS = 50_000  # some seconds; a document that alone has more is a batch by itself


def in_batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield documents in order, in batches that take about as long; one that takes longer is a batch by itself."""
    batch: list[Document] = []
    characters = 0
    for document in documents:
        if batch and characters + len(document.text) > _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
        batch.append(document)
        characters += len(document.text)
        if len(batch) == _BATCH_DOCUMENTS or characters > _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


class Scored(NamedTuple):
    """The outcomes of a batch, and the seconds that each kind of stage took of it."""

    outcomes: list[Outcome]
    seconds: Mapping[str, float] = {}


@dataclass(eq=False)
class Batch:
    """Documents and, when `done` is set, their outcomes, or the error that ends the run."""

    documents: Sequence[Document]
    scored: Scored = field(default_factory=lambda: Scored([]))
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)
    unwanted: bool = False  # nobody waits for the outcomes any more
    finished: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)  # is told of each batch of a run

    @property
    def is_long(self) -> bool:
        return sum(len(document.text) for document in self.documents) > _BATCH_CHARACTERS

    def finish(self) -> None:
        self.done.set()
        self.finished.put(None)


class BatchQueue:
    """Batches that wait for a worker. A long one is taken before those that came earlier, so that none is left for the end.

    Made of what may be used while it is used: a pool that nobody closed is closed wherever its last reference goes.
    """

    def __init__(self) -> None:
        self._long: deque[Batch] = deque()
        self._others: deque[Batch] = deque()
        self._tickets: queue.SimpleQueue[bool] = queue.SimpleQueue()  # one for each batch, and at last for each worker

    def put(self, batch: Batch) -> None:
        (self._long if batch.is_long else self._others).append(batch)
        self._tickets.put(True)

    def end(self) -> None:
        self._tickets.put(False)

    def get(self) -> Batch | None:
        """Wait for a batch; return None when there will be none."""
        if not self._tickets.get():
            return None
        try:
            return self._long.popleft()
        except IndexError:
            return self._others.popleft()
