"""Combines the log-odds of words into one likelihood ratio for the document.

How much of a spun document was replaced is not known, so likelihoods are averaged over spinning rates: with a rate r and a
word's likelihood ratio l, the word's factor is 1 − r + r·l.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import Floats
from detector.signals.wording.evidence import Evidence

RATES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.35])  # shares of the words that were replaced
RATIO_LIMIT = 40.0  # nats; far beyond certainty
HONEST = 0.9  # prior share of documents that nobody spun
INDEPENDENCE = (
    0.1  # the words of a text are not independent (an old book, a scan), so their evidence counts less than its sum
)


def marginal_log_ratio(log_odds: Floats, prior: float) -> float:
    """Return the log likelihood ratio of spun against honest, in nats: log of the mean over rates r of prod(1 − r + r·l).

    `log_odds` are the words' own, from a model fitted where the share `prior` of the words was swapped.
    """
    sums = np.log1p(RATES[:, None] * (likelihood_ratios(log_odds, prior)[None, :] - 1)).sum(axis=1)
    return float(np.clip(np.logaddexp.reduce(sums) - np.log(len(RATES)), -RATIO_LIMIT, RATIO_LIMIT))


def posterior_log_odds(log_odds: Floats, prior: float) -> Floats:
    """Return for each word of a document the log-odds that it was swapped, given all the words of the document.

    In a text of which a tenth was replaced a weak sign is enough, in one that seems untouched only a strong one is: the
    rates are weighted by how well they explain all the words, the rate 0 among them.
    """
    ratios = likelihood_ratios(log_odds, prior)
    rates = np.concatenate([[0.0], RATES])
    sums = np.log1p(rates[:, None] * (ratios[None, :] - 1)).sum(axis=1) * INDEPENDENCE
    sums += np.log(np.concatenate([[HONEST], np.full(len(RATES), (1 - HONEST) / len(RATES))]))
    weights = np.exp(sums - np.logaddexp.reduce(sums))
    swapped = weights @ (rates[:, None] * ratios / (1 + rates[:, None] * (ratios - 1)))
    result: Floats = np.log(np.clip(swapped, 1e-9, 1) / np.clip(1 - swapped, 1e-9, 1)).astype(np.float32)
    return result


def likelihood_ratios(log_odds: Floats, prior: float) -> NDArray[np.float64]:
    """Take the prior out of the log-odds."""
    ratios: NDArray[np.float64] = np.exp(np.clip(log_odds - np.log(prior / (1 - prior)), -RATIO_LIMIT, 12))
    return ratios


def suspicion(evidence: Evidence) -> float:
    """Return one number that is high where some words look swapped, whatever the length: the mean log-odds of the
    strongest fiftieth of the words, three at least."""
    return mean_of_highest(evidence.log_odds, max(3, len(evidence) // 50))


def mean_of_highest(values: Floats, count: int) -> float:
    """Return the mean of the `count` highest values, or of all where there are fewer."""
    count = min(count, len(values))
    return float(np.partition(values, -count)[-count:].mean())
