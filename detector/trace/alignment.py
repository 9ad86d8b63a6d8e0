"""Two texts side by side: the stretches in which they say the same, and in these each word kept, swapped, or left out.

Shingles that both hold are anchors. Anchors that follow each other in both texts make a stretch; a paragraph that was moved
is a stretch of its own, and so is an article inside a longer text. Within a stretch the words are aligned exactly
(Levenshtein's distance).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.errors import ExtraError
from detector.trace.marks import Marks
from detector.trace.shingles import MARKS
from detector.trace.texts import ComparedText

_FEWEST_ANCHORS = 3  # of a stretch
_LONGEST_GAP = 150  # words between two anchors of a stretch
_DRIFT, _DRIFT_SHARE = 8, 0.25  # how much further one text may have gone than the other between two anchors
_BEYOND = 80  # words looked at before the first anchor of a stretch, and after the last
_SHORTEST = 20  # words of a stretch, in each text
_PENALTY = 0.8  # of a word that differs, against one that is equal, where the end of a stretch is looked for
_MOST_ANCHORS = 20_000  # of a pair: of longer texts an even selection

Integers = NDArray[np.int64]

try:
    from rapidfuzz.distance import Levenshtein
except ImportError as error:
    raise ExtraError(
        "detector trace needs rapidfuzz: pip install 'unspun[trace]' (in a checkout: pip install '.[trace]')"
    ) from error


class Edit(NamedTuple):
    """Words `a_start:a_end` of one text stand where words `b_start:b_end` of the other stand; one side may be empty."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int

    @property
    def is_swap(self) -> bool:
        return self.a_end > self.a_start and self.b_end > self.b_start


@dataclass(frozen=True)
class Stretch:
    """Words of two texts that say the same, and where they differ, in order. All other words between are equal."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    edits: tuple[Edit, ...]

    @property
    def kept(self) -> int:
        """How many words are the same."""
        return self.a_end - self.a_start - sum(edit.a_end - edit.a_start for edit in self.edits)

    @property
    def words(self) -> int:
        """The words of the longer side."""
        return max(self.a_end - self.a_start, self.b_end - self.b_start)


def align(a: ComparedText, b: ComparedText) -> list[Stretch]:
    """Return the stretches that two texts have in common, in the order of the first."""
    found: list[Stretch] = []
    for chain in sorted(_chains(*_anchors(a, b)), key=len, reverse=True):
        stretch = _aligned(a.marks, b.marks, chain)
        if stretch is not None and not any(_overlap(stretch, other) for other in found):
            found.append(stretch)
    return sorted(found, key=lambda stretch: stretch.a_start)


def _anchors(a: ComparedText, b: ComparedText) -> tuple[Integers, Integers]:
    """Return the words at which shingles begin that stand once in either text, in the order of the first text."""
    (of_a, at_a), (of_b, at_b) = a.anchors, b.anchors
    place = np.searchsorted(of_b, of_a)
    common = np.flatnonzero(place < len(of_b))
    common = common[of_b[place[common]] == of_a[common]]
    words_a, words_b = at_a[common], at_b[place[common]]
    order = np.argsort(words_a)
    if len(order) > _MOST_ANCHORS:
        order = order[np.linspace(0, len(order) - 1, _MOST_ANCHORS).astype(np.int64)]
    return words_a[order], words_b[order]


def _chains(words_a: Integers, words_b: Integers) -> Iterator[list[tuple[int, int]]]:
    """Yield anchors that follow each other in both texts.

    Neighbours that follow each other make a run; a run goes on where the chain ends that it fits best.
    """
    chains: list[list[tuple[int, int]]] = []
    open_chains: list[list[tuple[int, int]]] = []
    anchors = list(zip(words_a.tolist(), words_b.tolist(), strict=True))
    breaks = np.flatnonzero(~_follow(np.diff(words_a), np.diff(words_b))) + 1
    for start, end in pairwise([0, *breaks.tolist(), len(anchors)]):
        run = anchors[start:end]
        if not run:
            continue
        a, b = run[0]
        open_chains = [chain for chain in open_chains if a - chain[-1][0] <= _LONGEST_GAP]
        best, least = None, 0.0
        for chain in open_chains:
            ahead_a, ahead_b = a - chain[-1][0], b - chain[-1][1]
            drift = abs(ahead_a - ahead_b)
            if 0 < ahead_b <= _LONGEST_GAP and drift <= _DRIFT + _DRIFT_SHARE * min(ahead_a, ahead_b):
                cost = drift + 0.1 * ahead_a
                if best is None or cost < least:
                    best, least = chain, cost
        if best is None:
            best = []
            chains.append(best)
            open_chains.append(best)
        best += run
    return (chain for chain in chains if len(chain) >= _FEWEST_ANCHORS)


def _follow(ahead_a: Integers, ahead_b: Integers) -> NDArray[np.bool_]:
    """Tell of each step from anchor to anchor whether both may stand in one stretch."""
    most = _DRIFT + _DRIFT_SHARE * np.minimum(ahead_a, ahead_b)
    near = (ahead_a <= _LONGEST_GAP) & (ahead_b > 0) & (ahead_b <= _LONGEST_GAP)
    together: NDArray[np.bool_] = near & (np.abs(ahead_a - ahead_b) <= most)
    return together


def _aligned(a: Marks, b: Marks, chain: Sequence[tuple[int, int]]) -> Stretch | None:
    """Return the stretch around a chain of anchors, as far as it goes; None where it is too short."""
    (first_a, first_b), (last_a, last_b) = chain[0], chain[-1]
    before = min(first_a, first_b, _BEYOND) + _DRIFT
    after = min(len(a.forms) - last_a, len(b.forms) - last_b, MARKS + _BEYOND) + _DRIFT
    start_a, start_b = max(first_a - before, 0), max(first_b - before, 0)
    end_a, end_b = min(last_a + after, len(a.forms)), min(last_b + after, len(b.forms))
    blocks = list(_blocks(a.forms[start_a:end_a].tolist(), b.forms[start_b:end_b].tolist(), start_a, start_b))
    low = _first_kept(blocks, lambda span: span.a_start > first_a and span.b_start > first_b)
    high = len(blocks) - _first_kept(blocks[::-1], lambda span: span.a_end <= last_a and span.b_end <= last_b)
    blocks = blocks[low:high]
    if not blocks:
        return None
    edits = tuple(span for is_equal, span in blocks if not is_equal)
    stretch = _widened(
        Stretch(blocks[0][1].a_start, blocks[-1][1].a_end, blocks[0][1].b_start, blocks[-1][1].b_end, edits), a, b
    )
    shorter = min(stretch.a_end - stretch.a_start, stretch.b_end - stretch.b_start)
    return stretch if shorter >= _SHORTEST and stretch.kept >= shorter / 3 else None


def _widened(stretch: Stretch, a: Marks, b: Marks) -> Stretch:
    """Return a stretch with the equal words before and after it."""
    before = after = 0
    while before < min(stretch.a_start, stretch.b_start) and (
        a.forms[stretch.a_start - before - 1] == b.forms[stretch.b_start - before - 1]
    ):
        before += 1
    while after < min(len(a.forms) - stretch.a_end, len(b.forms) - stretch.b_end) and (
        a.forms[stretch.a_end + after] == b.forms[stretch.b_end + after]
    ):
        after += 1
    return Stretch(
        stretch.a_start - before, stretch.a_end + after, stretch.b_start - before, stretch.b_end + after, stretch.edits
    )


def _blocks(a: list[int], b: list[int], start_a: int, start_b: int) -> Iterator[tuple[bool, Edit]]:
    """Yield the spans of two stretches that are equal, and those that are not, in turn."""
    at_a = at_b = 0
    for block_a, block_b, size in Levenshtein.opcodes(a, b).as_matching_blocks():  # the last one is empty
        if block_a > at_a or block_b > at_b:
            yield False, Edit(start_a + at_a, start_a + block_a, start_b + at_b, start_b + block_b)
        at_a, at_b = block_a + size, block_b + size
        if size:
            yield True, Edit(start_a + block_a, start_a + at_a, start_b + block_b, start_b + at_b)


def _first_kept(blocks: Sequence[tuple[bool, Edit]], is_within: Callable[[Edit], bool]) -> int:
    """Return how many blocks to leave out at the beginning, so that what is left is most alike.

    `is_within` tells of a block that it lies between the first anchor and the last; it is not left out.
    """
    best, least, total = 0, 0.0, 0.0
    for number, (is_equal, span) in enumerate(blocks):
        if is_within(span):
            break
        words = max(span.a_end - span.a_start, span.b_end - span.b_start)
        total += words if is_equal else -_PENALTY * words
        if total <= least:
            best, least = number + 1, total
    return best


def _overlap(one: Stretch, other: Stretch) -> bool:
    """Tell whether two stretches share more than a third of the shorter one, in either text."""
    in_a = min(one.a_end, other.a_end) - max(one.a_start, other.a_start)
    in_b = min(one.b_end, other.b_end) - max(one.b_start, other.b_start)
    return max(in_a, in_b) > min(one.words, other.words) / 3
