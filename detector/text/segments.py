"""Words, sentences, paragraphs and windows of prose. All spans count code points of the prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detector.text.offsets import Span

#: Raised when words, sentences or windows are cut otherwise: the model names the version it was fitted with.
SEGMENTER_VERSION = "1"

# A word: letters and digits with inner apostrophes, hyphens or points (don't, U.S, T-34, re-elected).
WORD = re.compile(r"[^\W_]+(?:['’\-‐.][^\W_]+)*")

# A sentence ends at . ! ? … (and closing quotes or brackets) before white space and something that can start one.
# Possessive, and entered only at the first of several marks: a page of dots is read once.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+\s++(?=[\"'“‘«(\[]*[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Lt|Sgt|Rep|Sen|Gov|Jr|Sr|vs|No|Fig|Eq|al|cf|e\.g|i\.e|etc|Inc|Ltd|Co"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|U\.S|U\.K|U\.N|a\.m|p\.m))\.\s+$"
)

#: Words aimed at, and those from which a sentence is cut.
WINDOW_WORDS, WINDOW_MAX_WORDS = 100, 130  # the contract says some 80-120
STRETCH_WORDS, STRETCH_MAX_WORDS = 30, 60


def blocks(text: str) -> Iterator[Span]:
    """Return the spans of paragraphs: what is between blank lines."""
    position = 0
    for gap in re.finditer(r"\n[ \t\r]*\n\s*", text):
        if text[position : gap.start()].strip():
            yield Span(position, gap.start())
        position = gap.end()
    if text[position:].strip():
        yield Span(position, len(text))


def sentences(text: str) -> Iterator[Span]:
    for block in blocks(text):
        start = block.start
        for match in _SENTENCE_END.finditer(text, block.start, block.end):
            if _ABBREVIATION.search(text, max(start, match.end() - 12), match.end()):
                continue
            yield from _trimmed(text, start, match.end())
            start = match.end()
        yield from _trimmed(text, start, block.end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield Span(start, end)


def runs(text: str, sentences: Iterable[Span], aimed: int, most: int) -> Iterator[Span]:
    """Group sentences into runs; a short last run joins the one before it."""
    result: list[tuple[int, int, int]] = []  # start, end, words
    start = end = count = 0
    for sentence in sentences:
        for part, words in _cut(text, sentence, most):
            if count and (count >= aimed or count + words > most):
                result.append((start, end, count))
                count = 0
            if not count:
                start = part.start
            end, count = part.end, count + words
    if count:
        result.append((start, end, count))
    if len(result) > 1 and result[-1][2] < aimed // 2 and result[-2][2] + result[-1][2] <= most:
        (start, _, _), (_, end, _) = result[-2:]
        result[-2:] = [(start, end, 0)]
    return (Span(start, end) for start, end, _ in result)


def _cut(text: str, sentence: Span, most: int) -> Iterator[tuple[Span, int]]:
    """Yield a sentence with its number of words, in parts if it is longer than a run may be; none without words."""
    words = [match.span() for match in WORD.finditer(text, *sentence)]
    for first in range(0, len(words), most):
        part = words[first : first + most]
        whole = len(words) <= most
        yield (sentence if whole else Span(part[0][0], part[-1][1])), len(part)
