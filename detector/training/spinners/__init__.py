"""Simulated article spinners: text in, spun text and an aligned list of what was put where out.

A spinner edits a list of `SourceWord`s (a word and the gap before it); `assemble` turns the pieces back into text and the
replaced ones into `Replacement`s, so offsets are right on both sides whatever was done in between.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from detector.text.segments import WORD


class Replacement(NamedTuple):
    """`text[start:end]` of the spun text stands where `source[source_start:source_end]` stood."""

    source_start: int
    source_end: int
    start: int
    end: int


@dataclass
class SourceWord:
    """A word of the source, the gap before it, and what became of both. An empty `text` was swallowed by a phrase."""

    gap: str
    text: str
    source_start: int
    source_end: int
    replaced: bool = False

    @property
    def form(self) -> str:
        return self.text.lower()


@dataclass(frozen=True)
class Spun:
    text: str
    edits: tuple[Replacement, ...]


class Spinner(Protocol):
    """Edits pieces in place. `rate` is the share of words to replace, 0 to 1."""

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None: ...


def split(text: str) -> tuple[list[SourceWord], str]:
    """Return the words of a text, and what follows the last of them."""
    pieces, position = [], 0
    for match in WORD.finditer(text):
        pieces.append(SourceWord(text[position : match.start()], match.group(), match.start(), match.end()))
        position = match.end()
    return pieces, text[position:]


def assemble(pieces: Sequence[SourceWord], tail: str) -> Spun:
    parts: list[str] = []
    edits: list[Replacement] = []
    length = 0
    for piece in pieces:
        parts += (piece.gap, piece.text)
        start = length + len(piece.gap)
        length = start + len(piece.text)
        if piece.replaced:
            edits.append(Replacement(piece.source_start, piece.source_end, start, length))
    return Spun("".join(parts) + tail, tuple(edits))


def spin(text: str, spinners: Sequence[Spinner], rate: float, rng: random.Random) -> Spun:
    """Run a text through spinners, which share the rate; a rate of 0 only lets those work that replace nothing."""
    pieces, tail = split(text)
    for spinner in spinners:
        spinner.apply(pieces, rate / max(1, len(spinners)), rng)
    return assemble(pieces, tail)
