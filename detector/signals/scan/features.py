"""What the first stage says of a whole document: its words' and windows' log-odds, summed up in a few numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.signals.scan.network import Reading
from detector.signals.scan.words import CASES, GAPS

_QUANTILES = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 0.98])
_LEVELS = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0], np.float32)
_STRONGEST = (1, 3, 6, 12)
_LOWEST = -12.0
COUNT = len(_QUANTILES) + len(_LEVELS) + len(_STRONGEST) + 5 + 4 + (CASES - 1) + (GAPS - 1)


def summarise(reading: Reading, styles: NDArray[np.int32], phrases: int, known: float) -> NDArray[np.float64]:
    """Return `COUNT` numbers on a document of one word or more.

    `phrases` is how many known phrases it has, `known` the share of its words that are in the vocabulary.
    """
    words = np.sort(np.clip(reading.words, _LOWEST, None)).astype(np.float64)
    windows, count = reading.windows.astype(np.float64), len(words)
    at = _QUANTILES * (count - 1)
    below = at.astype(np.int64)
    above = np.minimum(below + 1, count - 1)
    quantiles = words[below] + (at - below) * (words[above] - words[below])
    shares = 1 - np.searchsorted(words, _LEVELS) / count
    strongest = [words[-n:].mean() for n in _STRONGEST]
    probabilities = 1 / (1 + np.exp(-words))
    expected = float(probabilities.sum())
    cases = np.bincount(styles % CASES, minlength=CASES)[1:] / count
    gaps = np.bincount(styles // CASES, minlength=GAPS)[1:] / count
    return np.concatenate([
        quantiles,
        np.log(shares + 1 / (2 * count)),
        strongest,
        [
            np.log(expected / count),
            np.log1p(expected),
            np.log(count),
            np.log1p(phrases),
            np.log1p(1000 * phrases / count),
        ],
        [windows.mean(), windows.max(), np.median(windows), known],
        np.sqrt(cases),
        np.sqrt(gaps),
    ])  # fmt: skip
