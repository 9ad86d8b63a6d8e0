"""Shingles: marks or words in a row, as hashes, and the sample of them that stands for a document.

A shingle is in the sample of every document that holds it, or of none: its own hash decides. So two documents have as many
sampled shingles in common as they have text in common, wherever it stands: a passage is found as a whole document is
(Broder 1997, "modulo"; Irber et al. 2022, "FracMinHash").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.trace.marks import Hashes, Marks

MARKS, WORDS = 7, 5  # in a shingle
_PRIME = 0x100000001B3
_SEED_OF_WORDS = np.uint64(0xD1B54A32D192ED03)


def mark_shingles(marks: Marks) -> Hashes:
    """Return the hash of the shingle that begins at each mark."""
    return _shingles(marks.marks, MARKS)


def sample_all(texts: Sequence[Marks], share_of_marks: float, share_of_words: float, fewest: int) -> list[Hashes]:
    """Return, for each text, the hashes of its shingles that are sampled, each once, in order.

    The shares are the part of all hashes that is sampled; of the shingles of marks, it is raised until `fewest` are.
    """
    sizes = np.array([max(len(text.marks) - MARKS + 1, 1) for text in texts])
    shares = np.clip(fewest / sizes, share_of_marks, 1.0)
    sampled = [
        _sample([text.marks for text in texts], MARKS, np.uint64(0), shares),
        _sample([text.forms for text in texts], WORDS, _SEED_OF_WORDS, np.full(len(texts), share_of_words)),
    ]
    of, hashes = (np.concatenate(both) for both in zip(*sampled, strict=True))
    order = np.lexsort((hashes, of))
    of, hashes = of[order], hashes[order]
    is_new = np.ones(len(of), bool)
    is_new[1:] = (of[1:] != of[:-1]) | (hashes[1:] != hashes[:-1])
    of, hashes = of[is_new], hashes[is_new]
    return [hashes[start:end] for start, end in pairwise(np.searchsorted(of, np.arange(len(texts) + 1)).tolist())]


def _sample(
    texts: Sequence[Hashes], length: int, seed: np.uint64, shares: NDArray[np.float64]
) -> tuple[NDArray[np.int64], Hashes]:
    """Return the hashes of sampled shingles, and the number of the text of each."""
    hashes = _shingles(np.concatenate(texts), length)
    if seed:
        hashes = _mixed(hashes ^ seed)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    most = np.array([min(int(share * 2**64), 2**64 - 1) for share in shares.tolist()], np.uint64)
    of = np.repeat(np.arange(len(texts)), sizes)[: len(hashes)]
    at = np.flatnonzero(hashes <= most[of])
    at = at[at + length <= np.cumsum(sizes)[of[at]]]  # the others go on in the next text
    return of[at], hashes[at]


def _shingles(values: Hashes, length: int) -> Hashes:
    count = len(values) - length + 1
    if count < 1:
        return np.empty(0, np.uint64)
    total = values[:count].copy()
    for at in range(1, length):
        total *= np.uint64(_PRIME)
        total += values[at : at + count]
    return _mixed(total)


def _mixed(values: NDArray[np.uint64]) -> Hashes:
    """Return well spread bits (the finaliser of SplitMix64)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
