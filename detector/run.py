"""One run over many records: score them, hand each outcome to the reports in input order, and keep count."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import chain
from typing import Protocol

from detector.corpus.record import Record
from detector.errors import DetectorError, ErrorLimitError, SourceError
from detector.report import Failure, Outcome
from detector.reports import Writer
from detector.summary import Summary
from detector.text.document import Document

_ERRORS_IN_A_ROW = 1000  # held back while the documents before them are scored

Scored = tuple[Record, Outcome]


class Scores(Protocol):
    """What scores documents: `detector.Detector`."""

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]: ...


Load = Callable[[], AbstractContextManager[Scores]]


def score_records(records: Iterable[Record], load: Load) -> Generator[Scored, None, None]:
    """Yield each record with its outcome, in order.

    The model is loaded only when there is a document to score, so that a mistyped path is reported at once. An error waits
    for its turn until the documents before it are scored.
    """
    remaining = iter(records)
    with ExitStack() as opened:
        scores: Scores | None = None
        for first in remaining:
            if first.error is not None:
                yield first, _failure(first, first.error)
                continue
            if scores is None:
                scores = opened.enter_context(load())
            waiting: deque[Record] = deque()
            for outcome in scores.score_documents(_documents(chain([first], remaining), waiting)):
                yield from _errors(waiting)
                yield waiting.popleft(), outcome
            yield from _errors(waiting)
            if waiting:
                raise DetectorError(f"{waiting[0].source}: got no outcome; this is a mistake of the program")


def _documents(records: Iterator[Record], waiting: deque[Record]) -> Iterator[Document]:
    """Yield documents to score; stop after many errors in a row, so that they can have their turn."""
    errors = 0
    for record in records:
        waiting.append(record)
        if record.document is not None:
            errors = 0
            yield record.document
        elif (errors := errors + 1) == _ERRORS_IN_A_ROW:
            return


def _errors(waiting: deque[Record]) -> Iterator[Scored]:
    while waiting and (error := waiting[0].error) is not None:
        record = waiting.popleft()
        yield record, _failure(record, error)


def _failure(record: Record, error: SourceError) -> Failure:
    return Failure(record.id, record.source, error)


def run(
    scored: Iterable[Scored],
    writers: Sequence[Writer],
    *,
    summary: Summary | None = None,
    max_errors: int | None = None,
) -> Summary:
    """Send the events of a run to the writers, in their order, and return its counts.

    However the run ends, `end` of each writer is called that began. `summary` is one that the caller fills in further.
    Raises ErrorLimitError after more than `max_errors` failures.
    """
    summary = Summary() if summary is None else summary
    with ExitStack() as ending:
        for writer in writers:
            writer.begin()
            ending.callback(writer.end, summary)
        for record, outcome in scored:
            summary.add(outcome)
            for writer in writers:
                writer.outcome(outcome, record)
            if max_errors is not None and summary.failures > max_errors:
                raise ErrorLimitError(max_errors)
        summary.complete = True
    return summary
