"""A whole document through spinners: only its prose is spun, and every change is told with offsets on both sides."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from detector.text.document import Document
from detector.text.offsets import Span
from detector.text.segments import WORD
from detector.training.spinners import SourceWord, Spinner


class Kind(StrEnum):
    """What a change is. Only swaps count towards the rate."""

    SWAP = "swap"  # other words
    ARTICLE = "article"  # `a` and `an` mended to agree with a swap
    DEBRIS = "debris"  # spaces and quotation marks


class Change(NamedTuple):
    """`text[start:end]` of the spun text stands where `text[source_start:source_end]` of the document stood."""

    start: int
    end: int
    source_start: int
    source_end: int
    original: str
    replacement: str
    kind: Kind


@dataclass(frozen=True)
class SpunDocument:
    """`section` is the part of the document's text that was open to spinning; `words` and `swapped` count the words in it."""

    text: str
    changes: tuple[Change, ...]
    section: Span
    words: int
    swapped: int


@dataclass
class ProseWord(SourceWord):
    """A piece whose gap is what stands in the file; `gap_read` is the part of it that a reader meets, without markup."""

    gap_read: str = ""


class Chain(NamedTuple):
    """Spinners that share the rate, then those that replace no word."""

    swapping: Sequence[Spinner]
    finishing: Sequence[Spinner] = ()


def spin_document(
    document: Document, name: str, chain: Chain, *, rate: float, seed: int, section: float | None = None
) -> SpunDocument:
    """The document's words, or those of a `section` that holds about this share of them, spun at `rate`.

    Chance depends on the seed, the spinner's `name` and the document's text alone: neither on the other documents of a
    run nor on where this one is kept. The rate is left out, too, so that one that draws from a dictionary makes the same
    swaps at a low rate as at a high one, only fewer.
    """
    digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
    rng = random.Random(f"spin-{seed}-{name}-{digest}")
    pieces = prose_pieces(document)
    first, last = (0, len(pieces)) if section is None else _section(document, pieces, section, rng)
    chosen = pieces[first:last]
    if chosen:
        for spinner in chain.swapping:
            spinner.apply(chosen, rate / len(chain.swapping), rng)
        for spinner in chain.finishing:
            spinner.apply(chosen, rate, rng)
    text, changes = _assemble(document.text, pieces)
    swapped = sum(len(WORD.findall(change.original)) for change in changes if change.kind is Kind.SWAP)
    if section is None:
        span = Span(0, len(document.text))
    else:
        span = Span(chosen[0].source_start, chosen[-1].source_end) if chosen else Span(0, 0)
    return SpunDocument(text, changes, span, len(chosen), swapped)


def prose_pieces(document: Document) -> list[SourceWord]:
    """Return the words of the prose that stand in the text as a reader sees them.

    Markup, code and addresses are in the gaps.
    """
    pieces: list[SourceWord] = []
    prose, position, read = document.prose.text, 0, 0
    for match in WORD.finditer(prose):
        start, end = document.locate(*match.span())
        if document.text[start:end] != match.group():
            continue  # an entity or markup inside the word
        before = prose[read : match.start()]
        pieces.append(ProseWord(document.text[position:start], match.group(), start, end, gap_read=before))
        position, read = end, match.end()
    return pieces


_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"))


def _section(document: Document, pieces: Sequence[SourceWord], share: float, rng: random.Random) -> tuple[int, int]:
    """Return words first:last of some paragraphs in a row, at a random place, with about `share` of the words.

    If the text is one paragraph, lines are taken instead, or else sentences.
    """
    starts: list[int] = []
    for pattern in _BREAKS:
        starts = [i for i, piece in enumerate(pieces) if i == 0 or pattern.search(gap_as_read(piece))]
        if len(starts) > 1:
            break
    else:
        sentences = {
            document.locate(*sentence).start for sentence in document.sentences if sentence.end > sentence.start
        }
        marks = sorted(sentences)
        starts, at = [], 0
        for i, piece in enumerate(pieces):
            while at < len(marks) and marks[at] <= piece.source_start:
                at += 1
                if not starts or starts[-1] != i:
                    starts.append(i)
        starts = starts or [0]
    starts[0] = 0
    ends = [*starts[1:], len(pieces)]
    wanted = share * len(pieces)
    runs = [_run(first, ends[number:], wanted) for number, first in enumerate(starts)]
    # A run that the end of the text cuts short is no choice where others hold enough.
    nearest = min(abs(last - first - wanted) for first, last in runs)
    close = [run for run in runs if abs(run[1] - run[0] - wanted) <= max(nearest, wanted / 4)]
    return rng.choice(close)


def _run(first: int, ends: Sequence[int], wanted: float) -> tuple[int, int]:
    """Return the range from `first` to the end that is nearest to `wanted` words long."""
    return first, min(ends, key=lambda end: abs(end - first - wanted))


def gap_as_read(piece: SourceWord) -> str:
    """Return what stands before a word, as a reader meets it."""
    return piece.gap_read if isinstance(piece, ProseWord) else piece.gap


def _assemble(source: str, pieces: Sequence[SourceWord]) -> tuple[str, tuple[Change, ...]]:
    parts: list[str] = []
    changes: list[Change] = []
    position = length = 0
    for piece in pieces:
        if piece.source_start < position:
            continue  # swallowed by a phrase
        for start, end, now in (
            (position, piece.source_start, piece.gap),
            (piece.source_start, piece.source_end, piece.text),
        ):
            was = source[start:end]
            if now != was:
                changes.append(_change(piece, start, was, length, now))
            parts.append(now)
            length += len(now)
        position = piece.source_end
    return "".join(parts) + source[position:], tuple(changes)


def _change(piece: SourceWord, start: int, was: str, new_start: int, now: str) -> Change:
    """Return the change of a word or a gap. Of a gap only what differs is told: it may hold much markup."""
    kind = Kind.DEBRIS
    if start == piece.source_start:
        if piece.replaced:
            kind = Kind.SWAP
        elif was.lower() in ("a", "an") and now.lower() in ("a", "an"):
            kind = Kind.ARTICLE
    if kind is Kind.DEBRIS:
        before = _alike(was, now)
        after = _alike(was[before:][::-1], now[before:][::-1])
        start, new_start = start + before, new_start + before
        was, now = was[before : len(was) - after], now[before : len(now) - after]
    return Change(new_start, new_start + len(now), start, start + len(was), was, now, kind)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def unspun(text: str, changes: Sequence[Change]) -> str:
    """Return the document's text, from the spun one and its changes."""
    parts: list[str] = []
    position = 0
    for change in changes:
        parts += (text[position : change.start], change.original)
        position = change.end
    return "".join(parts) + text[position:]
