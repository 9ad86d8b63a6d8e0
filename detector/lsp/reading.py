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
from detector.policy.allow import normal
from detector.policy.inline import Inline, Region, is_of, read_inline
from detector.report import Failure, Finding, Outcome, Report, Verdict
from detector.text.document import Document, OwnOptions
from detector.text.offsets import Prose, Span

REMEMBERED = 4096  # sections, of some kilobytes each
_AT_ONCE = 8  # sections, some 0.2 s of a clean text; then somebody may have typed
Item = TypeVar("Item")
_Key = tuple[str, OwnOptions | None, bool | tuple[str, ...]]  # hash of the text, options of the file, what is ignored


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
        self._known: OrderedDict[_Key, Report | Failure] = OrderedDict()

    def read(self, document: Document, wanted: Callable[[], bool] = lambda: True) -> list[Section] | None:
        """Return the sections of a document, in order. Those whose scoring failed are left out.

        `wanted` is asked now and then: None is returned when it says no; what was scored by then is remembered.
        """
        spans = cut(document)
        texts = [document.prose.text[start:end] for start, end in spans]
        inline = read_inline(document)
        keys = [
            (
                sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
                document.options,
                _ignored_in(inline, document, span),
            )
            for text, span in zip(texts, spans, strict=True)
        ]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        for some in _in_parts(list(unknown.items()), _AT_ONCE):
            if not wanted():
                return None
            documents = [_as_document(text, options, ignore) for (_, options, ignore), text in some]
            for (key, _), outcome in zip(some, self._scores.score_documents(documents), strict=True):
                self._known[key] = outcome
        found = []
        for key, span in zip(keys, spans, strict=True):
            self._known.move_to_end(key)
            outcome = self._known[key]
            if isinstance(outcome, Report):
                found.append(_placed(outcome, span, document, inline))
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return found


def _in_parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _ignored_in(inline: Inline, document: Document, span: Span) -> bool | tuple[str, ...]:
    """Return what the directives of a document say of a section: all of it, or phrases and rules.

    A region that is about a part of the section is left to `_placed`.
    """
    place = document.locate(*span)
    around = [region for region in inline.regions if region.span.start <= place.start and place.end <= region.span.end]
    if any(not region.rules for region in around):
        return True
    text = normal(document.prose.text[span.start : span.end])
    phrases = {entry.phrase for entry in inline.phrases if normal(entry.phrase) in " ".join(text.split())}
    return tuple(sorted(phrases | {rule for region in around for rule in region.rules}))


def _as_document(text: str, options: OwnOptions | None, ignore: bool | tuple[str, ...]) -> Document:
    """Return the document of a section. Its prose was found with the whole document's format, and is not read again."""
    return Document.from_prose(text, Prose.verbatim(text), source="<section>", options=options, ignore=ignore)


def _placed(report: Report, span: Span, document: Document, inline: Inline) -> Section:
    findings = []
    for finding in report.findings:
        place = document.locate(span.start + finding.start, span.start + finding.end)
        text = document.text[place.start : place.end]
        if not any(_is_about(region, place, finding) for region in inline.regions):
            findings.append(replace(finding, start=place.start, end=place.end, text=text))
    where = document.locate(*span)
    return Section(where, report.verdict, report.probability, tuple(findings))


def _is_about(region: Region, place: Span, finding: Finding) -> bool:
    within = region.span.start <= place.start and place.end <= region.span.end
    return within and (not region.rules or is_of(f"{finding.signal}/{finding.rule}", region.rules))
