"""Thresholds that are settled by the program that reads, so that its files need not be where documents are scored.

A calibration may have a threshold for each source, and a file of the corpus a calibration of its own. Workers of an engine
get the number that holds for each document, and its report gets what that number is again when it comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from detector import model_files
from detector.errors import DetectorError
from detector.judge.calibration import Choice, resolve
from detector.judge.choices import Choices
from detector.options import GrammarEngine, Options
from detector.report import Outcome, Report
from detector.text.document import Document

Score = Callable[[Iterable[Document]], Generator[Outcome, None, None]]


class Settled:
    """Scores documents by an engine as they are scored here. `options` are those of the run."""

    def __init__(self, options: Options) -> None:
        manifest = model_files.read_manifest(model_files.locate())
        self._options = options
        self._choices = Choices(resolve(options, manifest), options, manifest)

    def score(self, documents: Iterable[Document], score: Score) -> Iterator[Outcome]:
        """Yield what `score` yields, one outcome a document, in order; `score` is given thresholds instead of calibrations."""
        waiting: deque[tuple[Document, Choice | None]] = deque()

        def sent() -> Iterator[Document]:
            for document in documents:
                choice = self._calibrated(document)
                waiting.append((document, choice))
                yield document if choice is None else _judged_by(document, choice)

        with closing(score(sent())) as outcomes:
            for outcome in outcomes:
                document, choice = waiting.popleft()
                yield _told(outcome, document, choice) if choice and isinstance(outcome, Report) else outcome

    def _calibrated(self, document: Document) -> Choice | None:
        """Return the choice of a document that a calibration judges; None of any other, and where it can't be used."""
        if (document.options or self._options).calibration is None:
            return None
        try:
            return self._choices.of(document)
        except DetectorError:
            return None  # the worker says so of this document


def _judged_by(document: Document, choice: Choice) -> Document:
    grammar: GrammarEngine = "off" if document.options and document.options.grammar == "off" else "auto"
    return replace(document, options=Options(threshold=choice.of_group(document.group).spun, grammar=grammar))


def _told(report: Report, document: Document, choice: Choice) -> Report:
    remarks = () if report.probability is None else choice.remarks(report.signals)
    return replace(report, thresholds=choice.of_group(document.group), notes=(*report.notes, *remarks))
