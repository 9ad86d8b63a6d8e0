"""Restoring a text: findings of swapped words become edits, and edits can be undone."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from detector.report import Finding, Grade
from detector.text.document import Document
from detector.text.offsets import Span

SURE = 0.3  # share of the best suggestion below which a word is left as it is
# Probability of an edit below which a corpus is left as it is. Of 95 documents that the verdict was fitted on, spun by six
# dictionaries, 87 % [83, 90] of the edits from 0.9 on give back exactly what stood there, 78 % from 0.8 on and 57 % from 0.5
# on; they put back 7, 10 and 17 % of the swaps (`detector evaluate repairs --fitted`).
MIN_PROBABILITY = 0.9

_WORD, _BETWEEN_WORDS = re.compile(r"[^\s-]+"), re.compile(r"[\s-]+")
# What a reader of text leaves out within a word: soft hyphens, line ends. Markup has other characters as well.
_NO_MARKUP = re.compile(r"[^<>*_~`\[\](){}|%\\$^]*")


@dataclass(frozen=True, slots=True)
class Replacement:
    """One edit: `after` replaces `before`, at `start:end` of the text as it was given (code points)."""

    start: int
    end: int
    before: str
    after: str


def edits(
    document: Document, findings: Iterable[Finding], sure: float = SURE, min_probability: float | None = None
) -> list[Replacement]:
    """Return the edits for findings of swapped words whose best suggestion has at least the share `sure`, in order.

    `min_probability` is asked of the edit as a whole (`probability`); without it, findings that are only possible are left
    as they are, as more often than not they would be made worse.

    A phrase is one edit. Where markup stands between its words, or within one, the words are edited one by one and the
    markup is kept; if the suggestion has fewer words than the phrase, nobody knows which go where, and there is no edit.
    """
    return [
        edit
        for finding in sorted(findings, key=lambda finding: finding.start)
        if finding.signal == "wording" and finding.suggestions and finding.suggestions[0].score >= sure
        if (finding.grade is not Grade.POSSIBLE if min_probability is None else probability(finding) >= min_probability)
        for edit in _edits(document, finding, finding.suggestions[0].text)
    ]


def probability(finding: Finding) -> float:
    """Return how probable it is that a word was swapped and that the best suggestion stood there; 0 without one.

    It is the score of the finding times the share of the suggestion.
    """
    return finding.score * finding.suggestions[0].score if finding.suggestions else 0.0


def _edits(document: Document, finding: Finding, suggestion: str) -> Iterator[Replacement]:
    phrase = _phrase(document, finding)
    words = [list(_places(document, word)) for word in _words(document, phrase)]
    if document.prose.text[slice(*phrase)] == finding.text or [len(places) for places in words] == [1]:
        yield Replacement(finding.start, finding.end, finding.text, suggestion)
        return
    put = _BETWEEN_WORDS.split(suggestion)
    if len(put) < len(words):
        return
    put[len(words) - 1 :] = [" ".join(put[len(words) - 1 :])]
    for places, after in zip(words, put, strict=True):
        for number, (start, end) in enumerate(places):
            before, new = document.text[start:end], "" if number else after
            if before != new:
                yield Replacement(start, end, before, new)


def _phrase(document: Document, finding: Finding) -> Span:
    """Return the span of a finding in the prose."""
    pieces = document.prose.pieces
    first = pieces[bisect_right(pieces, finding.start, key=lambda piece: piece.source_start) - 1]
    last = pieces[bisect_left(pieces, finding.end, key=lambda piece: piece.source_start) - 1]
    start = first.prose_start + (finding.start - first.source_start if first.verbatim else 0)
    end = last.prose_start + finding.end - last.source_start if last.verbatim else last.prose_end
    return Span(start, end)


def _words(document: Document, phrase: Span) -> Iterator[Span]:
    for match in _WORD.finditer(document.prose.text, *phrase):
        yield Span(*match.span())


def _places(document: Document, word: Span) -> Iterator[Span]:
    """Yield the spans of the text that a word of the prose comes from: several, if there is markup within it."""
    place: Span | None = None
    for offset in range(word.start, word.end):
        start, end = document.locate(offset, offset + 1)
        if place is None:
            place = Span(start, end)
        elif _NO_MARKUP.fullmatch(document.text, place.end, max(place.end, start)):
            place = Span(place.start, max(place.end, end))
        else:
            yield place
            place = Span(start, end)
    if place:
        yield place


def apply(text: str, changes: Sequence[Replacement]) -> str:
    """Return the text with the edits made.

    The edits must be in order, must not overlap, and must have been made for this text; else ValueError is raised.

    >>> apply("an wings offer", [Replacement(3, 14, "wings offer", "arms deal")])
    'an arms deal'
    """
    parts, position = [], 0
    for edit in changes:
        if edit.start < position or text[edit.start : edit.end] != edit.before:
            raise ValueError(f"the edit of {edit.before!r} at {edit.start} was not made for this text")
        parts += [text[position : edit.start], edit.after]
        position = edit.end
    return "".join(parts) + text[position:]


def reversed_edits(changes: Sequence[Replacement]) -> list[Replacement]:
    """Return the edits that lead from the edited text back to the original one.

    >>> reversed_edits([Replacement(3, 14, "wings offer", "arms deal")])
    [Replacement(start=3, end=12, before='arms deal', after='wings offer')]
    """
    back, moved = [], 0
    for edit in changes:
        start = edit.start + moved
        back.append(Replacement(start, start + len(edit.after), edit.after, edit.before))
        moved += len(edit.after) - len(edit.before)
    return back
