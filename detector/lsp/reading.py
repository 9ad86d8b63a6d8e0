"""Reading a document section by section, from a cache by the text of each: only what has changed is scored again.

A section is scored as a document of its own, so its findings are those of the section: in the whole document some may be
stronger or weaker, as a document that is spun elsewhere makes each odd word more suspicious. The document's own verdict needs
all of its words at once and is found by scoring it whole.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol, TypeVar

from detector.lsp.sections import cut
from detector.options import Options
from detector.report import Failure, Finding, Outcome, Report, Verdict
from detector.text.document import Document
from detector.text.offsets import Prose, Span

REMEMBERED = 4096  # sections, of some kilobytes each
_AT_ONCE = 8  # sections, some 0.2 s of a clean text; then somebody may have typed
Item = TypeVar("Item")


class Scores(Protocol):
    """What scores documents: `detector.Detector`."""

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]: ...


@dataclass(frozen=True)
class Section:
    """What a section of a document is. Its span and its findings count code points of the document's text."""

    span: Span
    verdict: Verdict
    probability: float | None
    findings: tuple[Finding, ...]


class SectionReader:
    """Scores the sections of documents and remembers them. For one thread."""

    def __init__(self, scores: Scores, remembered: int = REMEMBERED) -> None:
        self._scores = scores
        self._remembered = remembered
        self._known: OrderedDict[tuple[str, Options | None], Report | Failure] = OrderedDict()

    def read(self, document: Document, wanted: Callable[[], bool] = lambda: True) -> list[Section] | None:
        """Return the sections of a document, in order. Those whose scoring failed are left out.

        `wanted` is asked now and then: None is returned when it says no; what was scored by then is remembered.
        """
        spans = cut(document)
        texts = [document.prose.text[start:end] for start, end in spans]
        keys = [(sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), document.options) for text in texts]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        for some in _in_parts(list(unknown.items()), _AT_ONCE):
            if not wanted():
                return None
            documents = [_as_document(text, document.options) for _, text in some]
            for (key, _), outcome in zip(some, self._scores.score_documents(documents), strict=True):
                self._known[key] = outcome
        found = []
        for key, span in zip(keys, spans, strict=True):
            self._known.move_to_end(key)
            outcome = self._known[key]
            if isinstance(outcome, Report):
                found.append(_placed(outcome, span, document))
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return found


def _in_parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _as_document(text: str, options: Options | None) -> Document:
    """Return the document of a section. Its prose was found with the whole document's format, and is not read again."""
    return Document.from_prose(text, Prose.verbatim(text), source="<section>", options=options)


def _placed(report: Report, span: Span, document: Document) -> Section:
    findings = []
    for finding in report.findings:
        place = document.locate(span.start + finding.start, span.start + finding.end)
        text = document.text[place.start : place.end]
        findings.append(replace(finding, start=place.start, end=place.end, text=text))
    where = document.locate(*span)
    return Section(where, report.verdict, report.probability, tuple(findings))
