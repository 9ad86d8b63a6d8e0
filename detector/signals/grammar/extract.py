"""Choose the regions of a document that are checked: all of it, or ten thousand words spread over a longer one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from detector.text.document import Document
from detector.text.offsets import Prose, Span

MAX_WORDS = 10_000  # a document; some eight seconds of LanguageTool, and enough for a rate per 1,000 words
EXTRACT_WORDS = 1_000  # sent at a time
_FAR = 20  # code points of white space between words, at most
_SPACE_BEFORE = re.compile(r"\S[^\S\n]*\n?[^\S\n]*\Z")
_SPACE_AFTER = re.compile(r"[^\S\n]*\n?[^\S\n]*\S")
_MAX_WINDOW = 10_000  # code points; prose of a hundred words has a tenth of that


def choose_regions(document: Document) -> Iterator[Span]:
    """Return the spans of prose to check, in order, each a run of whole windows.

    A document over `MAX_WORDS` gives `MAX_WORDS / EXTRACT_WORDS` runs at even distances. Windows far too long to be
    prose (a base64 blob is one word) are left out.
    """
    runs = list(_group_windows(document))
    wanted = MAX_WORDS // EXTRACT_WORDS
    if len(runs) > wanted:
        runs = [runs[index * (len(runs) - 1) // (wanted - 1)] for index in range(wanted)]
    yield from runs


def _group_windows(document: Document) -> Iterator[Span]:
    start = end = words = 0
    counts = _count_words_in_each(document, document.windows)
    for window, count in zip(document.windows, counts, strict=True):
        too_long = window.end - window.start > _MAX_WINDOW
        if words and (too_long or words + count > EXTRACT_WORDS):
            yield Span(start, end)
            words = 0
        if too_long:
            continue
        if not words:
            start = window.start
        end, words = window.end, words + count
    if words:
        yield Span(start, end)


def count_words(document: Document, regions: Sequence[Span]) -> int:
    """Return how many words of the document lie in the regions."""
    return sum(_count_words_in_each(document, regions))


def _count_words_in_each(document: Document, spans: Sequence[Span]) -> list[int]:
    """Return the number of words in each of the spans, which come in order and do not overlap."""
    counts = [0] * len(spans)
    position = 0
    for word in document.words:
        while position < len(spans) and word.start >= spans[position].end:
            position += 1
        if position == len(spans):
            break
        if word.start >= spans[position].start:
            counts[position] += 1
    return counts


def is_contiguous(prose: Prose, start: int, end: int) -> bool:
    """Return whether prose `start:end`, with the words it touches, stands in the source in one piece.

    False where markup or masked text is inside or beside it: in "an `open()` call" with the code taken out, a rule
    sees "an call".
    """
    start, end = _widen_to_neighbours(prose.text, start, end)
    first = prose.locate(start, start + 1)
    last = prose.locate(end - 1, end)
    return prose.locate(start, end) == (first.start, last.end) and last.end - first.start == end - start


def _widen_to_neighbours(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span widened to the nearest characters of the words beside it, if those are in the same paragraph."""
    before = _SPACE_BEFORE.search(text, max(0, start - _FAR), start)
    after = _SPACE_AFTER.match(text, end, end + _FAR)
    return (before.start() if before else start), (after.end() if after else end)
