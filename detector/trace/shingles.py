"""Shingles: marks or words in a row, as hashes, and the sample of them that stands for a document.

A shingle is in the sample of every document that holds it, or of none: its own hash decides. So two documents have as many
sampled shingles in common as they have text in common, wherever it stands: a passage is found as a whole document is
(Broder 1997, "modulo"; Irber et al. 2022, "FracMinHash").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.trace.marks import Hashes, Marks

MARKS, WORDS = 7, 5  # in a shingle
_PRIME = 0x100000001B3
_SEED_OF_WORDS = np.uint64(0xD1B54A32D192ED03)


def mark_shingles(marks: Marks) -> Hashes:
    """Return the hash of the shingle that begins at each mark."""
    return _shingles(marks.marks, MARKS)


def word_shingles(marks: Marks) -> Hashes:
    """Return the hash of the shingle that begins at each word."""
    return _mixed(_shingles(marks.forms, WORDS) ^ _SEED_OF_WORDS)


def sample(hashes: Hashes, share: float) -> Hashes:
    """Return the hashes that are sampled, each once, in order; `share` is the part of all hashes that is, up to 1."""
    return np.unique(hashes[hashes <= np.uint64(min(int(share * 2**64), 2**64 - 1))])


def _shingles(values: Hashes, length: int) -> Hashes:
    count = len(values) - length + 1
    if count < 1:
        return np.empty(0, np.uint64)
    total = np.zeros(count, np.uint64)
    for at in range(length):
        total = total * np.uint64(_PRIME) + values[at : at + count]
    return _mixed(total)


def _mixed(values: NDArray[np.uint64]) -> Hashes:
    """Return well spread bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
