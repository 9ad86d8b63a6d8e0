"""A document, the prose in it, and the way from the prose back to the text it was taken from.

Two coordinate systems meet here. The *source text* is what the user gave us (`Document.text`); all offsets
that leave the program count its Unicode code points. The *prose* is what is left when markup, code, tables and
URLs are taken out (`Document.prose.text`); signals read it and point into it. `Document.locate` is the only
bridge between the two.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

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


class Span(NamedTuple):
    """Half-open range of code points."""

    start: int
    end: int


class Piece(NamedTuple):
    """A run of prose and the run of source it stands for.

    Either both are equally long and character for character the same, or the piece is a replacement (an entity, a
    joint between blocks) and is mapped only as a whole.
    """

    prose_start: int
    prose_end: int
    source_start: int
    source_end: int

    @property
    def verbatim(self) -> bool:
        return self.prose_end - self.prose_start == self.source_end - self.source_start


@dataclass(frozen=True)
class Prose:
    """The text that is scored. Blocks are separated by a blank line ("\\n\\n")."""

    text: str
    pieces: tuple[Piece, ...]

    @classmethod
    def verbatim(cls, text: str) -> Prose:
        """The whole of a plain text, unchanged."""
        return cls(text, (Piece(0, len(text), 0, len(text)),))

    @cached_property
    def _starts(self) -> list[int]:
        return [piece.prose_start for piece in self.pieces]

    def locate(self, start: int, end: int) -> Span:
        """The span of the source that the prose span `start:end` was taken from."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no such span of prose: {start}:{end} of {len(self.text)}")
        first = self.pieces[bisect_right(self._starts, start) - 1]
        last = self.pieces[bisect_right(self._starts, end - 1) - 1]
        source_start = first.source_start + (start - first.prose_start if first.verbatim else 0)
        source_end = last.source_start + (end - last.prose_start) if last.verbatim else last.source_end
        return Span(source_start, source_end)


class ProseBuilder:
    """Collects prose in source order, keeping the map back.

    >>> builder = ProseBuilder("a <b>wings</b> &amp; offer")
    >>> builder.copy(0, 2); builder.copy(5, 10); builder.copy(14, 15); builder.replace("&", 15, 20); builder.copy(20, 26)
    >>> prose = builder.build()
    >>> prose.text
    'a wings & offer'
    >>> prose.locate(2, 15)
    Span(start=5, end=26)
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[str] = []
        self._pieces: list[Piece] = []
        self._length = 0

    def copy(self, start: int, end: int) -> None:
        """Take `source[start:end]` as it is."""
        if end > start:
            self._add(self._source[start:end], start, end)

    def replace(self, text: str, start: int, end: int) -> None:
        """Let `text` stand for `source[start:end]`."""
        if text:
            self._add(text, start, end)

    def break_block(self) -> None:
        """End the paragraph: the next prose starts after a blank line. Does nothing at the very beginning."""
        if self._parts and not self._parts[-1].endswith("\n\n"):
            end = self._pieces[-1].source_end
            self._add("\n\n", end, end)

    def _add(self, text: str, start: int, end: int) -> None:
        self._parts.append(text)
        self._pieces.append(Piece(self._length, self._length + len(text), start, end))
        self._length += len(text)

    def build(self) -> Prose:
        return Prose("".join(self._parts), tuple(self._pieces))


@dataclass(frozen=True)
class Document:
    """One text to be judged.

    `id` is unique within a run where the input makes it so; `source` names the file (and record) for a person;
    `notes` are things the reader wants said (a guessed encoding, replacement characters).
    """

    id: str
    source: str
    text: str
    prose: Prose
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def plain(cls, text: str, *, id: str = "text", source: str = "<text>", notes: tuple[str, ...] = ()) -> Document:
        return cls(id, source, text, Prose.verbatim(text), notes)

    def locate(self, start: int, end: int) -> Span:
        """Source span of a prose span."""
        return self.prose.locate(start, end)

    @cached_property
    def words(self) -> tuple[Span, ...]:
        """Word spans, in prose offsets."""
        return tuple(Span(*match.span()) for match in WORD.finditer(self.prose.text))

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """Sentence spans without surrounding white space, in prose offsets."""
        return tuple(_sentences(self.prose.text))

    @cached_property
    def windows(self) -> tuple[Span, ...]:
        """Runs of whole sentences of about `WINDOW_WORDS` words, in prose offsets; together they cover every word."""
        return tuple(_runs(self.prose.text, self.sentences, WINDOW_WORDS, WINDOW_MAX_WORDS))

    def stretches(self, window: Span) -> Iterator[Span]:
        """A window in runs of about `STRETCH_WORDS` words: whole sentences of it, where they are not longer."""
        first = bisect_right(self.sentences, window.start, key=lambda sentence: sentence.end)
        last = bisect_left(self.sentences, window.end, key=lambda sentence: sentence.start)
        within = (Span(max(s.start, window.start), min(s.end, window.end)) for s in self.sentences[first:last])
        return _runs(self.prose.text, within, STRETCH_WORDS, STRETCH_MAX_WORDS)


def blocks(text: str) -> Iterator[Span]:
    """Paragraphs: what stands between blank lines."""
    position = 0
    for gap in re.finditer(r"\n[ \t\r]*\n\s*", text):
        if text[position : gap.start()].strip():
            yield Span(position, gap.start())
        position = gap.end()
    if text[position:].strip():
        yield Span(position, len(text))


def _sentences(text: str) -> Iterator[Span]:
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


def _runs(text: str, sentences: Iterable[Span], aimed: int, most: int) -> Iterator[Span]:
    """Groups sentences; a short rest at the end joins the run before it."""
    runs: list[tuple[int, int, int]] = []  # start, end, words
    start = end = count = 0
    for sentence in sentences:
        for part, words in _cut(text, sentence, most):
            if count and (count >= aimed or count + words > most):
                runs.append((start, end, count))
                count = 0
            if not count:
                start = part.start
            end, count = part.end, count + words
    if count:
        runs.append((start, end, count))
    if len(runs) > 1 and runs[-1][2] < aimed // 2 and runs[-2][2] + runs[-1][2] <= most:
        (start, _, _), (_, end, _) = runs[-2:]
        runs[-2:] = [(start, end, 0)]
    return (Span(start, end) for start, end, _ in runs)


def _cut(text: str, sentence: Span, most: int) -> Iterator[tuple[Span, int]]:
    """A sentence with its number of words, in parts when it is longer than a run may be; wordless ones are dropped."""
    words = [match.span() for match in WORD.finditer(text, *sentence)]
    for first in range(0, len(words), most):
        part = words[first : first + most]
        whole = len(words) <= most
        yield (sentence if whole else Span(part[0][0], part[-1][1])), len(part)
