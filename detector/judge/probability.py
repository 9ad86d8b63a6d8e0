"""Probabilities, their log-odds, and the thresholds that they are compared with: without numpy, for who only shows them."""

from __future__ import annotations

import math

from detector.model_files import Manifest
from detector.report import Origin, Thresholds

#: Digits of a probability. A report shows the very number that was compared with the threshold.
DIGITS = 6

#: Beyond these log-odds the probability says nothing more.
CERTAIN = 12.0


def logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def logit(probability: float) -> float:
    """Return the log-odds of a probability; infinite at 0 and 1."""
    if probability in (0.0, 1.0):
        return math.copysign(math.inf, probability - 0.5)
    return math.log(probability / (1 - probability))


#: No document gets more.
HIGHEST = round(logistic(CERTAIN), DIGITS)


def thresholds(
    manifest: Manifest, spun: float | None = None, origin: Origin = Origin.MODEL, group: str | None = None
) -> Thresholds:
    """Return the model's own thresholds, or those with `spun` moved. Raises ModelError where the manifest has none."""
    settings = manifest.section("verdict")
    result = Thresholds(min(settings.number("suspect"), settings.number("spun")), settings.number("spun"))
    return result if spun is None else result.moved(spun, origin, group)
