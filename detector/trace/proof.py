"""What a source proves of a document: it was spun from it, with these words swapped for those."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from detector.report import Evidence, Failure, Finding, Outcome, Report, Suggestion
from detector.report import Verdict as DocumentVerdict
from detector.rules import RULES
from detector.run import Scores
from detector.text.document import Document
from detector.text.offsets import Span
from detector.trace.candidates import FEWEST_SHARED
from detector.trace.comparing import Comparer
from detector.trace.marks import Marker
from detector.trace.pairs import Relation, Swap, Verdict
from detector.trace.sidecar import Entry, Part
from detector.trace.signatures import sign
from detector.trace.texts import ComparedText

RULE = "PROVEN_SWAP"
_COMPARED = 8  # sources a document, those with most in common
#: The part of a document that has to be spun from a source, so that the document is called spun; with less it is suspect.
WHOLE = 0.5
_LISTED = 5  # of the copies that a note counts


class Source(NamedTuple):
    """A document of a sidecar that a text has much in common with; `a` of the verdict is the source."""

    entry: Entry
    verdict: Verdict


class Sources:
    """Finds sources of documents among those of sidecars. Not thread-safe."""

    def __init__(self, parts: Sequence[Part], comparer: Comparer) -> None:
        self._parts = list(parts)
        self._comparer = comparer
        self._marker = Marker()

    def find(self, prose: str) -> list[Source]:
        """Return what a text has in common with others, that with most words first. A text of the same words is itself."""
        text = ComparedText.of(prose, self._marker)
        signature = sign(text.marks)
        found: list[tuple[int, int, int]] = []
        for place, part in enumerate(self._parts):
            low = np.searchsorted(part.hashes, signature.hashes, side="left")
            high = np.searchsorted(part.hashes, signature.hashes, side="right")
            numbers = [part.numbers[start:end] for start, end in zip(low, high, strict=True) if end > start]
            if numbers:
                documents, counts = np.unique(np.concatenate(numbers), return_counts=True)
                there = (counts >= FEWEST_SHARED) & (part.digests[documents] != np.uint64(signature.digest))
                found += ((-int(n), place, int(one)) for one, n in zip(documents[there], counts[there], strict=True))
        sources = []
        for _, place, number in sorted(found)[:_COMPARED]:
            entry = self._parts[place].entry(number)
            verdict = self._comparer.compare(ComparedText.of(entry.text, self._marker), text)
            if verdict is not None:
                sources.append(Source(entry, verdict))
        return sorted(sources, key=lambda source: -source.verdict.kept)


def prove(report: Report, document: Document, sources: Sequence[Source]) -> Report:
    """Return the report with what its sources prove: verdict, evidence, and a finding for each word that was put in.

    A document without a verdict stays without.
    """
    if report.verdict is DocumentVerdict.UNSCORED or report.grounds is None:
        return report
    originals = [source for source in sources if source.verdict.original == "a"]
    siblings = [source for source in sources if source.verdict.relation is Relation.SPUN_SIBLINGS]
    copies = [source for source in sources if source.verdict.original == "b"]
    if originals:
        return _from_originals(report, document, originals)
    if siblings:
        return _beside_sibling(report, siblings[0])
    if copies:
        names = ", ".join(source.entry.id for source in copies[:_LISTED])
        note = f"{len(copies)} {'copy was' if len(copies) == 1 else 'copies were'} spun from it: {names}"
        return replace(report, notes=(*report.notes, note), evidence=_evidence("original", copies[0]))
    return report


def _from_originals(report: Report, document: Document, originals: Sequence[Source]) -> Report:
    """Return the report on a document that was spun from one original, or sewn together of several."""
    sewn = _sewn_of(originals)
    share = sum(source.verdict.coverage[1] for source in sewn)
    proven = DocumentVerdict.SPUN if share >= WHOLE else DocumentVerdict.SUSPECT
    covered = [place for source in sewn for place in _covered(document, source.verdict)]
    others = [finding for finding in report.findings if not (finding.signal == "wording" and _within(finding, covered))]
    exact = [_finding(document, source.entry, swap) for source in sewn for swap in source.verdict.swaps]
    findings = sorted([*others, *exact], key=lambda finding: (finding.start, finding.end))
    notes = [f"copy of {entry.id}, {verdict.swapped:,} of {verdict.words:,} words swapped" for entry, verdict in sewn]
    return replace(
        _decided(report, proven),
        findings=tuple(findings),
        notes=(*notes, *report.notes),
        evidence=_evidence(str(Relation.SPUN_COPY), sewn[0]),
    )


def _sewn_of(originals: Sequence[Source]) -> list[Source]:
    """Return the originals of which each made another part of the document: the first one, and those that lie beside it."""
    chosen: list[Source] = []
    taken: set[int] = set()  # words of the document
    for source in originals:
        words = {word for one in source.verdict.stretches for word in range(one.b_start, one.b_end)}
        if words.isdisjoint(taken):
            chosen.append(source)
            taken |= words
    return chosen


def _beside_sibling(report: Report, source: Source) -> Report:
    """Return the report on a document that another copy of its source contradicts; nobody knows which words are right."""
    entry, verdict = source
    note = f"{entry.id} has other words in {len(verdict.swaps):,} places: both look spun from one source, which is not there"
    return replace(
        _decided(report, DocumentVerdict.SUSPECT),
        notes=(note, *report.notes),
        evidence=_evidence(str(Relation.SPUN_SIBLINGS), source),
    )


def _decided(report: Report, proven: DocumentVerdict) -> Report:
    """Return the report with at least this verdict, whatever the threshold."""
    assert report.grounds is not None
    decided = report.verdict if report.verdict is DocumentVerdict.SPUN else proven
    return replace(report, verdict=decided, grounds=replace(report.grounds, proven=proven))


def _evidence(relation: str, source: Source) -> Evidence:
    entry, verdict = source
    coverage = round(verdict.coverage[1], 4)
    return Evidence(relation, entry.id, entry.source, verdict.words, verdict.swapped, coverage)


def _finding(document: Document, entry: Entry, swap: Swap) -> Finding:
    message = RULES[f"wording/{RULE}"].message.format(text=swap.b_text, original=swap.a_text, source=entry.id)
    return Finding.at(
        document,
        swap.b_start,
        swap.b_end,
        signal="wording",
        rule=RULE,
        message=message,
        score=1.0,
        suggestions=(Suggestion(swap.a_text, 1.0),),
    )


def _covered(document: Document, verdict: Verdict) -> list[Span]:
    """Return the places of the document's text that stand in the source as well."""
    words = document.words
    return [
        document.locate(words[stretch.b_start].start, words[stretch.b_end - 1].end)
        for stretch in verdict.stretches
        if stretch.b_end > stretch.b_start
    ]


def _within(finding: Finding, places: Sequence[Span]) -> bool:
    return any(place.start <= finding.start and finding.end <= place.end for place in places)


class ProvedScores:
    """Scores documents and adds what sources prove of them. Close what it was made of by itself."""

    def __init__(self, scores: Scores, sources: Sources) -> None:
        self._scores, self._sources = scores, sources

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        """Yield one outcome a document, in order."""
        waiting: deque[Document] = deque()

        def noted() -> Iterator[Document]:
            for document in documents:
                waiting.append(document)
                yield document

        for outcome in self._scores.score_documents(noted()):
            document = waiting.popleft()
            if isinstance(outcome, Failure):
                yield outcome
            else:
                yield prove(outcome, document, self._sources.find(document.prose.text))
