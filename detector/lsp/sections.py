"""Cutting a text into sections that are read by themselves: paragraphs, short ones joined.

Where a section begins depends on little of what stands before it, so an edit changes the section it is in, and seldom another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from detector.judge.gates import MIN_WORDS
from detector.text.document import Document
from detector.text.offsets import Span
from detector.text.segments import WORD, blocks

_LONGEST = 400  # words of a paragraph that is not cut


def cut(document: Document) -> list[Span]:
    """Return the sections of a document's prose (prose offsets): of `MIN_WORDS` words or more where there are as many.

    What is left at the end is joined to the section before it.
    """
    sections: list[Span] = []
    start: int | None = None
    words = 0
    for paragraph in _paragraphs(document):
        start = paragraph.start if start is None else start
        words += _count(document, paragraph)
        if words >= MIN_WORDS:
            sections.append(Span(start, paragraph.end))
            start, words = None, 0
    if start is not None and words:
        end = len(document.prose.text.rstrip())
        start = sections.pop().start if sections else start
        sections.append(Span(start, end))
    return sections


def _paragraphs(document: Document) -> Iterator[Span]:
    """Yield the paragraphs of the prose; of a very long one, its windows."""
    text = document.prose.text
    for paragraph in blocks(text):
        if _count(document, paragraph) <= _LONGEST:
            yield paragraph
            continue
        cuts = [window.start for window in document.windows if paragraph.start < window.start < paragraph.end]
        for start, stop in pairwise((paragraph.start, *cuts, paragraph.end)):
            yield Span(start, start + len(text[start:stop].rstrip()))


def _count(document: Document, span: Span) -> int:
    return sum(1 for _ in WORD.finditer(document.prose.text, *span))
