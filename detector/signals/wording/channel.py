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

from detector.signals.wording.encoder import Encoder, Floats, Reading

PRIOR_UNIT = 0.1  # nats
PRIOR_WEIGHT = 0.25  # how far the spinner's habits count against the fit; by design, not tuned
NO_CANDIDATE = -4.0  # gain of a word that no spinner is known to put in
LIMITS = (-4.0, 12.0)
EXPECTED_LIMITS = (-8.0, 12.0)
COMMON = range(1996, 1996 + 2048)  # of the vocabulary, which is ordered by frequency: most of what is expected anywhere
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
    `expected_gains` are gains by what would be expected if the word were not to be seen, and `expected_own` the
    log-probability of the word itself, beside the common ones; 0 where the encoder does not say.
    """

    gains: Floats
    habits: Floats
    own: Floats
    expected_gains: Floats
    expected_own: Floats


def _log_sum(values: Floats) -> Floats:
    """Of the exponentials of each row."""
    highest = values.max(axis=1, initial=-np.inf)
    result: Floats = highest + np.log(np.exp(values - highest[:, None]).sum(axis=1))
    return result


def rivalry(encoder: Encoder, swaps: Swaps, reading: Reading, forms: Sequence[str]) -> Rivalry:
    found = [swaps.of(form) for form in forms]
    counts = np.array([len(ids) for ids, _ in found], dtype=np.int64)
    gains = np.full(len(forms), NO_CANDIDATE, dtype=np.float32)
    habits = np.full(len(forms), NO_HABIT, dtype=np.float32)
    first = np.array([word.first for word in reading.words], dtype=np.int64)
    said = [reading.fits] if reading.expected is None else [reading.fits, reading.expected]
    opinions = np.stack([opinion[first] for opinion in said])
    own_ids = reading.ids[first]
    own = np.einsum("owd,wd->ow", opinions, encoder.vectors[own_ids]) + encoder.bias[own_ids]
    expected_gains, expected_own = np.zeros_like(gains), np.zeros_like(gains)
    if len(said) > 1:
        common = slice(COMMON.start, COMMON.stop)
        all_common = _log_sum(opinions[1] @ encoder.vectors[common].T + encoder.bias[common])
        expected_own = own[1] - np.where(np.isin(own_ids, COMMON), all_common, np.logaddexp(all_common, own[1]))
    known = np.flatnonzero(counts)
    if not len(known):
        return Rivalry(gains, habits, own[0], expected_gains, expected_own)
    starts = np.concatenate([[0], np.cumsum(counts[known])])
    ids = np.concatenate([found[i][0] for i in known]).astype(np.int64)
    priors = np.concatenate([found[i][1] for i in known]).astype(np.float32) * PRIOR_UNIT
    scores = np.empty((len(said), len(ids)), dtype=np.float32)
    for at, word in enumerate(known):
        span = slice(starts[at], starts[at + 1])
        scores[:, span] = opinions[:, word] @ encoder.vectors[ids[span]].T
    scores += encoder.bias[ids] + priors * PRIOR_WEIGHT
    for at, word in enumerate(known):
        best = starts[at] + int(scores[0, starts[at] : starts[at + 1]].argmax())
        gains[word] = scores[0, best] - own[0, word]
        habits[word] = max(priors[best], NO_HABIT)
        if len(said) > 1:
            expected_gains[word] = scores[1, starts[at] : starts[at + 1]].max() - own[1, word]
    return Rivalry(np.clip(gains, *LIMITS), habits, own[0], np.clip(expected_gains, *EXPECTED_LIMITS), expected_own)
