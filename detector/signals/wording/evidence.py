"""From what the encoder says of each word to what a document's words say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.signals import Feature
from detector.signals.wording.channel import NO_CANDIDATE
from detector.signals.wording.encoder import Floats

#: Spinning rates the likelihood ratio is averaged over: nobody knows how much of a document was replaced.
RATES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.35])
RATIO_LIMIT = 40.0  # nats; far beyond certainty

LOGIT_LIMIT = 9.0

_PER_1000 = "per 1,000 words"
FEATURES = (
    Feature(
        "wording.ratio", "nats", "likelihood ratio of the words, averaged over spinning rates; light and heavy alike"
    ),
    Feature("wording.ratio_density", "nats per 100 words", "the same evidence beside the length it was gathered over"),
    Feature("wording.words_over_10", _PER_1000, "words with a swap probability over .10: the many weak ones"),
    Feature("wording.words_over_50", _PER_1000, "words more likely swapped than not"),
    Feature("wording.words_over_90", _PER_1000, "words that are almost certainly swapped"),
    Feature("wording.strongest_3", "log-odds", "mean of the three strongest words: a lightly spun text has a few"),
    Feature("wording.strongest_10", "log-odds", "mean of the ten strongest words"),
    Feature("wording.strongest_tenth", "log-odds", "mean of the strongest tenth of the words"),
    Feature("wording.gain_strongest_5", "nats", "mean of the five words that a known original would beat most"),
    Feature("wording.gains_over_3", _PER_1000, "words that a known original would beat by 3 nats"),
    Feature("wording.gains_over_5", _PER_1000, "words that a known original would beat by 5 nats"),
    Feature(
        "wording.length", "log words", "extremes grow with length by chance alone; this lets the verdict allow for it"
    ),
    Feature(
        "wording.odd_unswapped", _PER_1000, "words that look odd but that no spinner is known to put in: OCR, typing"
    ),
)


@dataclass(frozen=True)
class WordModel:
    """Log-odds that a word was swapped, from the first head's logit and the channel's gain; fitted on simulated spins.

    `prior` is the share of swapped words it was fitted with; taking it out leaves a likelihood ratio.
    """

    bias: float
    logit: float
    gain: float
    both: float
    unknown: float
    prior: float

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> WordModel:
        return cls(**{name: float(settings[name]) for name in cls.__dataclass_fields__})

    def log_odds(self, logits: Floats, gains: Floats) -> Floats:
        inputs = self.inputs(logits, gains)
        result: Floats = (self.bias + inputs @ np.array([self.logit, self.gain, self.both, self.unknown])).astype("f4")
        return result

    @staticmethod
    def inputs(logits: Floats, gains: Floats) -> NDArray[np.float64]:
        """One row a word. The products let a gain count only where the word itself looks out of place, and back."""
        unknown = gains <= NO_CANDIDATE
        gain = np.where(unknown, 0.0, gains)
        logit = np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT)
        return np.column_stack([logit, gain, logit * np.maximum(gain, 0) / 10, unknown])


@dataclass(frozen=True)
class Evidence:
    """The words of one document in order: where they are (prose offsets) and what was found about each."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    logits: Floats
    gains: Floats
    log_odds: Floats

    def __len__(self) -> int:
        return len(self.starts)

    def between(self, start: int, end: int) -> Evidence:
        first, last = np.searchsorted(self.starts, [start, end])
        span = slice(first, last)
        return Evidence(self.starts[span], self.ends[span], self.logits[span], self.gains[span], self.log_odds[span])


def features(evidence: Evidence, prior: float) -> dict[str, float]:
    """The numbers of `FEATURES` for a document or a part of it. There must be at least one word."""
    odds, gains = evidence.log_odds, evidence.gains
    count = len(odds)
    ratio = marginal_ratio(odds, prior)
    per_1000 = 1000 / count

    def over(probability: float) -> float:
        return float((odds > np.log(probability / (1 - probability))).sum() * per_1000)

    odd = (evidence.logits > 0) & (gains <= NO_CANDIDATE)
    values = (
        ratio,
        ratio / count * 100,
        over(0.1),
        over(0.5),
        over(0.9),
        strongest(odds, 3),
        strongest(odds, 10),
        strongest(odds, max(1, count // 10)),
        strongest(gains, 5),
        float((gains > 3).sum() * per_1000),
        float((gains > 5).sum() * per_1000),
        float(np.log(count)),
        float(odd.sum() * per_1000),
    )
    return {feature.name: value for feature, value in zip(FEATURES, values, strict=True)}


def marginal_ratio(log_odds: Floats, prior: float) -> float:
    """log of the mean over rates r of prod(1 − r + r·e^l), where l is a word's log likelihood ratio."""
    evidence = np.exp(np.clip(log_odds - np.log(prior / (1 - prior)), -RATIO_LIMIT, 12))
    sums = np.log1p(RATES[:, None] * (evidence[None, :] - 1)).sum(axis=1)
    return float(np.clip(np.logaddexp.reduce(sums) - np.log(len(RATES)), -RATIO_LIMIT, RATIO_LIMIT))


def suspicion(evidence: Evidence) -> float:
    """One number that is high where some words look swapped, whatever the length; for choosing what to read twice."""
    return strongest(evidence.log_odds, max(3, len(evidence) // 50))


def strongest(values: Floats, count: int) -> float:
    count = min(count, len(values))
    return float(np.partition(values, -count)[-count:].mean())


def join(parts: Sequence[Evidence]) -> Evidence:
    names = ("starts", "ends", "logits", "gains", "log_odds")
    return Evidence(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
