"""Known phrases of spinners (`detector.signals.wording.phrases`), looked up by the numbers of their words, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

SHORTEST, LONGEST = 2, 5  # words
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_FILTER_BITS = 20


class PhraseNumbers:
    """Counts known phrases among numbered words. `hashes` are those of `hash_phrase`. Immutable."""

    def __init__(self, hashes: NDArray[np.uint64], starts: NDArray[np.uint64]) -> None:
        self._hashes = np.unique(hashes)
        self._starts = np.zeros(1 << _FILTER_BITS, np.bool_)  # of the first two words of a phrase, perhaps
        self._starts[starts >> np.uint64(64 - _FILTER_BITS)] = True

    def count(self, ids: NDArray[np.int32]) -> int:
        """Return how many known phrases stand in a text, those within others counted, too."""
        if len(ids) < SHORTEST or not len(self._hashes):
            return 0
        numbers = ids.astype(np.uint64) + np.uint64(1)
        hashes = _extend(numbers[:-1] * _FACTOR, numbers[1:])
        places = np.flatnonzero(self._starts[hashes >> np.uint64(64 - _FILTER_BITS)])
        hashes, found = hashes[places], 0
        for length in range(SHORTEST, LONGEST + 1):
            at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
            found += int((self._hashes[at] == hashes).sum())
            inside = places + length < len(numbers)
            places, hashes = places[inside], hashes[inside]
            hashes = _extend(hashes, numbers[places + length])
        return found


def _extend(hashes: NDArray[np.uint64], numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = hashes ^ (hashes >> np.uint64(29))
    return (mixed + numbers) * _FACTOR


def hash_phrase(ids: Sequence[int]) -> int:
    """Return the hash of a phrase of two words or more."""
    numbers = np.array(ids, np.uint64) + np.uint64(1)
    value = numbers[:1] * _FACTOR
    for at in range(1, len(numbers)):
        value = _extend(value, numbers[at : at + 1])
    return int(value[0])


def hash_phrases(phrases: Iterable[Sequence[int]]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the hashes of phrases, and those of their first two words."""
    listed = [phrase for phrase in phrases if SHORTEST <= len(phrase) <= LONGEST]
    whole = sorted({hash_phrase(phrase) for phrase in listed})
    starts = sorted({hash_phrase(phrase[:SHORTEST]) for phrase in listed})
    return np.array(whole, np.uint64), np.array(starts, np.uint64)
