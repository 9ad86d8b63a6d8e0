"""The noisy channel: which words could a spinner have turned into this one, and does one of them fit much better?

`swaps.npz` holds the spinners' dictionaries read backwards: for a word as it stands in a text, the words it may have been
put in for, with the (natural) logarithm of how likely a spinner makes that swap, in tenths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import FIRST_WORD, Encoder, Floats, Reading

PRIOR_UNIT = 0.1  # nats
PRIOR_WEIGHT = 0.25  # how far the spinner's habits count against the fit; by design, not tuned
NO_CANDIDATE = -4.0  # gain of a word that no spinner is known to put in
LIMITS = (-4.0, 12.0)
COMMON = range(FIRST_WORD, FIRST_WORD + 2048)  # ids of common words: most of what is expected anywhere
NO_HABIT = -12.7  # the lowest log-probability that the table can hold


@dataclass(frozen=True)
class Swaps:
    rows: dict[str, int]
    starts: NDArray[np.int32]
    candidates: NDArray[np.uint16]
    priors: NDArray[np.int8]

    @classmethod
    def load(cls, path: Path) -> Swaps:
        with np.load(path, allow_pickle=False) as stored:
            words = stored["words"].tobytes().decode().split("\n")
            return cls({w: i for i, w in enumerate(words)}, stored["starts"], stored["candidates"], stored["priors"])

    def of(self, word: str) -> tuple[NDArray[np.uint16], NDArray[np.int8]]:
        """Token ids of the words that may have stood where `word` stands, and the habits' log-probabilities."""
        row = self.rows.get(word)
        if row is None:
            return self.candidates[:0], self.priors[:0]
        span = slice(self.starts[row], self.starts[row + 1])
        return self.candidates[span], self.priors[span]


@dataclass(frozen=True)
class Rivalry:
    """For each word: the gain, the spinners' habit behind it, and the second head's opinion of the word itself.

    `gains`: by how many nats the best word that a spinner could have started from fits better than the word that stands there.
    `habits`: log-probability of that swap. `own`: the score of the word that stands there, in the second head's units.
    `expected`: its log-probability, beside the common ones, were it not to be seen; 0 if the encoder does not say.
    """

    gains: Floats
    habits: Floats
    own: Floats
    expected: Floats


def rivalry(encoder: Encoder, swaps: Swaps, reading: Reading, forms: Sequence[str]) -> Rivalry:
    found = [swaps.of(form) for form in forms]
    counts = np.array([len(ids) for ids, _ in found], dtype=np.int64)
    gains = np.full(len(forms), NO_CANDIDATE, dtype=np.float32)
    habits = np.full(len(forms), NO_HABIT, dtype=np.float32)
    first = np.array([word.first for word in reading.words], dtype=np.int64)
    fits, expected = reading.fits[first], _expected(encoder, reading, first)
    own = np.einsum("wd,wd->w", fits, encoder.vectors[reading.ids[first]]) + encoder.bias[reading.ids[first]]
    known = np.flatnonzero(counts)
    if not len(known):
        return Rivalry(gains, habits, own, expected)
    starts = np.concatenate([[0], np.cumsum(counts[known])])
    ids = np.concatenate([found[i][0] for i in known]).astype(np.int64)
    priors = np.concatenate([found[i][1] for i in known]).astype(np.float32) * PRIOR_UNIT
    scores = np.empty(len(ids), dtype=np.float32)
    for at, word in enumerate(known):
        span = slice(starts[at], starts[at + 1])
        scores[span] = encoder.vectors[ids[span]] @ fits[word]
    scores += encoder.bias[ids] + priors * PRIOR_WEIGHT
    for at, word in enumerate(known):
        best = starts[at] + int(scores[starts[at] : starts[at + 1]].argmax())
        gains[word] = scores[best] - own[word]
        habits[word] = max(priors[best], NO_HABIT)
    return Rivalry(np.clip(gains, *LIMITS), habits, own, expected)


def _expected(encoder: Encoder, reading: Reading, first: NDArray[np.int64]) -> Floats:
    from scipy.special import logsumexp

    if reading.expected is None:
        return np.zeros(len(first), dtype=np.float32)
    told, ids = reading.expected[first], reading.ids[first]
    own: Floats = np.einsum("wd,wd->w", told, encoder.vectors[ids]) + encoder.bias[ids]
    common = slice(COMMON.start, COMMON.stop)
    scores = told @ encoder.vectors[common].T + encoder.bias[common]
    another = np.where(np.isin(ids, COMMON), -np.inf, own)
    log_probabilities: Floats = own - logsumexp(np.column_stack([scores, another]), axis=1)
    return log_probabilities
