"""How probable it is that a word was swapped, given how probable it is that its document was spun.

In an honest document no word was swapped. In a spun one some were, and the share of them, its rate, is not known: so it is
integrated over. With a rate r and a word's likelihood ratio l, the word was swapped with probability r·l / (1 − r + r·l).
What is expected of the rate follows from the document's log-odds alone. All words of the document went into these, so they
are not counted a second time (models/experiments/findings-given-the-verdict.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, prod

import numpy as np
from numpy.typing import NDArray

from detector.model_files import Settings
from detector.report import Grade
from detector.signals.wording.encoder import Floats
from detector.signals.wording.likelihood import HONEST, likelihood_ratios

RATES = np.geomspace(0.005, 0.5, 9)  # shares of the words that were replaced
EVEN = log(HONEST / (1 - HONEST))  # log-odds of a document that is as likely spun as not, where nine of ten are honest
SPREAD = 1.0  # standard deviation of the rate's logarithm


@dataclass(frozen=True)
class RateModel:
    """The rate that is expected of a spun document: log-normal.

    `median` is that of a document with even odds of being spun; with each of the document's log-odds the logarithm of the
    median grows by `growth`.
    """

    median: float
    growth: float

    def weights(self, document_log_odds: float) -> NDArray[np.float64]:
        """Return how probable each of `RATES` is in a spun document that has these log-odds."""
        middle = log(self.median) + self.growth * document_log_odds
        density = np.exp(-(((np.log(RATES) - middle) / SPREAD) ** 2) / 2)
        weights: NDArray[np.float64] = density / density.sum()
        return weights


def spun_probability(document_log_odds: float) -> float:
    """Return how probable it is that a document was spun, where nine of ten are honest; its log-odds are meant for one of
    two."""
    return 1 / (1 + exp(EVEN - document_log_odds))


@dataclass(frozen=True)
class FindingModel:
    """Makes findings of words: the probability of each, and the grade of a phrase by its probability."""

    rate: RateModel
    possible: float  # probability from which something is a finding
    likely: float  # probability from which it is a likely one

    @classmethod
    def from_settings(cls, settings: Settings) -> FindingModel:
        """Read it from the manifest. Raises ModelError, naming the key that is wrong."""
        names = ("rate", "growth", "possible", "likely")
        rate, growth, possible, likely = (settings.number(name) for name in names)
        for name, value in (("rate", rate), ("possible", possible), ("likely", likely)):
            if not 0 < value < 1:
                raise settings.refused(name, "is no share between 0 and 1")
        return cls(RateModel(rate, growth), possible, likely)

    def probabilities(self, word_log_odds: Floats, prior: float, document_log_odds: float) -> Floats:
        """Return for each word of a document how probable it is that it was swapped, 0 to 1.

        `word_log_odds` are the words' own, from a model fitted where the share `prior` of the words was swapped;
        `document_log_odds` are meant for a collection of which half was spun.
        """
        ratios = likelihood_ratios(word_log_odds, prior)
        swapped = RATES[:, None] * ratios / (1 + RATES[:, None] * (ratios - 1))
        given = self.rate.weights(document_log_odds) @ swapped
        result: Floats = (spun_probability(document_log_odds) * given).astype(np.float32)
        return result

    def grade(self, probability: float) -> Grade | None:
        """Return the grade of a finding, None for what is none."""
        if probability < self.possible:
            return None
        return Grade.LIKELY if probability >= self.likely else Grade.POSSIBLE


def any_swapped(probabilities: Iterable[float], document_log_odds: float) -> float:
    """Return how probable it is that one word at least of a phrase was swapped: in a spun document each for itself is."""
    spun = spun_probability(document_log_odds)
    return spun * (1 - prod(1 - min(one / spun, 1.0) for one in probabilities))
