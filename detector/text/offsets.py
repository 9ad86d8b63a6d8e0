"""Spans, prose, and the way from the prose back to the text it was taken from.

Two coordinate systems meet here. The *source text* is what the user gave us; all offsets that leave the program count
its Unicode code points. The *prose* is what is left when markup, code, tables and URLs are taken out; signals read it
and point into it. `Prose.locate` is the only bridge between the two.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from detector.text.left_out import LeftOut


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
    """The text that is scored. Blocks are separated by a blank line ("\\n\\n").

    `left_out` counts what the reader of the format took for no prose, as far as it counts it.
    """

    text: str
    pieces: tuple[Piece, ...]
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def verbatim(cls, text: str) -> Prose:
        """Return prose that is the whole of a plain text, unchanged."""
        return cls(text, (Piece(0, len(text), 0, len(text)),))

    @cached_property
    def _starts(self) -> list[int]:
        return [piece.prose_start for piece in self.pieces]

    def locate(self, start: int, end: int) -> Span:
        """Return the span of the source (code points) that the prose span `start:end` was taken from."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no such span of prose: {start}:{end} of {len(self.text)}")
        first = self.pieces[bisect_right(self._starts, start) - 1]
        last = self.pieces[bisect_right(self._starts, end - 1) - 1]
        source_start = first.source_start + (start - first.prose_start if first.verbatim else 0)
        source_end = last.source_start + (end - last.prose_start) if last.verbatim else last.source_end
        return Span(source_start, source_end)

    def find(self, start: int, end: int) -> Span | None:
        """Return the span of prose that was taken from a span of the source, or None: what `locate` gave is found."""
        first = next((piece for piece in self.pieces if piece.source_start <= start < piece.source_end), None)
        last = next((piece for piece in reversed(self.pieces) if piece.source_start < end <= piece.source_end), None)
        if first is None or last is None:
            return None
        prose_start = first.prose_start + (start - first.source_start if first.verbatim else 0)
        prose_end = last.prose_start + (end - last.source_start) if last.verbatim else last.prose_end
        return Span(prose_start, prose_end) if prose_start < prose_end else None


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
        """Let `text` stand for `source[start:end]`; where both are equally long and differ, for the place before it.

        Pieces of equal lengths are verbatim, so that a space cannot stand for another character of the source.
        """
        if text:
            same_length = len(text) == end - start and text != self._source[start:end]
            self._add(text, start, start if same_length else end)

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
