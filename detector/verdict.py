"""From features to a probability, and from the probability to a verdict.

A linear model in scikit-learn: what absent signals would have said is filled in with what is usual, and that they are
absent is itself an input. Being linear it explains itself: the contributions of the signals add up to the log-odds.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelError
from detector.models import MANIFEST, Manifest
from detector.report import Contribution, Origin, Status, Thresholds, Verdict
from detector.signals import Feature, Measurement

_PER_WORDS = "per 1,000 words"
_PROBE_TOLERANCE = 1e-6

# Beyond these log-odds the probability says nothing more.
_CERTAIN = 12.0

# Of a probability. What a report shows is what was compared with the threshold: both have this many digits.
DIGITS = 6


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    probability: float
    contributions: tuple[Contribution, ...]
    remarks: tuple[str, ...] = ()  # why the verdict is milder than the probability alone would have it


class Judge:
    """Loads the classifier a manifest names and applies it."""

    def __init__(self, manifest: Manifest, available: Iterable[Feature], threshold: float | None = None) -> None:
        settings: Mapping[str, Any] = manifest.settings["verdict"]
        self.names: tuple[str, ...] = tuple(settings["features"])
        units = {feature.name: feature.unit for feature in available}
        path = manifest.path(settings["classifier"])
        missing = [name for name in self.names if name not in units]
        if missing:
            raise ModelError(f"{path}: was fitted on features this program does not measure: {', '.join(missing)}")
        self._rates = np.array([units[name] == _PER_WORDS for name in self.names])
        self._terms = Terms.from_settings(settings["terms"], self.names)
        self._weights, self._usual, self._bias = _linear(path, settings, len(self._terms))
        chosen = thresholds(manifest, threshold)
        self.suspect, self.spun = chosen.suspect, chosen.spun

    def log_odds(self, features: Mapping[str, float]) -> float:
        return float(np.clip(self._bias + self._added(features).sum(), -_CERTAIN, _CERTAIN))

    def judge(self, measurements: Mapping[str, Measurement]) -> Judgement:
        """The verdict on one document from what each signal measured."""
        features = {name: value for m in measurements.values() for name, value in m.features.items()}
        probability = round(self.probability(features), DIGITS)
        verdict = self._verdict(probability)
        remarks: tuple[str, ...] = ()
        if verdict is Verdict.SPUN and not self._has_lexical_evidence(measurements):
            verdict = Verdict.SUSPECT
            remarks = ("no swapped words found: what else is odd is not enough to call a document spun",)
        return Judgement(verdict, probability, self._contributions(features), remarks)

    def probability(self, features: Mapping[str, float]) -> float:
        return logistic(self.log_odds(features))

    def _verdict(self, probability: float) -> Verdict:
        if probability >= self.spun:
            return Verdict.SPUN
        return Verdict.SUSPECT if probability >= self.suspect else Verdict.CLEAN

    def _has_lexical_evidence(self, measurements: Mapping[str, Measurement]) -> bool:
        wording = measurements.get("wording")
        if wording is None or wording.status is not Status.OK:
            return False
        return self.probability(wording.features) >= self.suspect

    def _added(self, features: Mapping[str, float]) -> NDArray[np.float64]:
        """What each term adds to the log-odds; first the values, then that they are absent."""
        values = self._terms.of(vector(features, self.names, self._rates))
        absent = np.isnan(values)
        added: NDArray[np.float64] = self._weights * np.concatenate([np.where(absent, self._usual, values), absent])
        return added

    def _contributions(self, features: Mapping[str, float]) -> tuple[Contribution, ...]:
        """Against a document in which every feature has its usual value, so that small numbers mean "nothing unusual"."""
        usual = self._weights * np.concatenate([self._usual, np.zeros(len(self._terms))])
        terms = (self._added(features) - usual).reshape(2, -1).sum(axis=0)
        signals = [self.names[column].partition(".")[0] for column in self._terms.columns]
        result = [Contribution("base", round(self._bias + float(usual.sum()), 4))]
        for signal, group in groupby(sorted(zip(signals, terms, strict=True)), key=lambda item: item[0]):
            result.append(Contribution(signal, round(sum(float(term) for _, term in group), 4)))
        return tuple(result)


@dataclass(frozen=True)
class Terms:
    """What the linear model weighs: features as they are, and ramps that rise from 0 to 1 between two values of one.

    A sum of ramps bends where the evidence does, and rises everywhere if no ramp's weight is negative.
    """

    columns: NDArray[np.int64]  # the feature of each term
    low: NDArray[np.float64]  # NaN where the feature is taken as it is
    high: NDArray[np.float64]

    @classmethod
    def from_settings(cls, settings: Sequence[tuple[str, float | None, float | None]], names: Sequence[str]) -> Terms:
        features, low, high = zip(*settings, strict=True)
        columns = np.array([names.index(feature) for feature in features], dtype=np.int64)
        return cls(columns, np.array(low, dtype=np.float64), np.array(high, dtype=np.float64))

    def __len__(self) -> int:
        return len(self.columns)

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Terms of one row of features, or of many."""
        chosen = values[..., self.columns]
        with np.errstate(invalid="ignore"):
            ramps = np.clip((chosen - self.low) / (self.high - self.low), 0, 1)
        result: NDArray[np.float64] = np.where(np.isnan(self.low), chosen, ramps)
        return result


def vector(features: Mapping[str, float], names: Sequence[str], rates: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The features in order, NaN where one is absent. Rates are compressed: the step from 0 to 5 says more than 50 to 55."""
    values = np.array([features.get(name, math.nan) for name in names], dtype=np.float64)
    return np.where(rates, np.log1p(np.maximum(values, 0)), values)


def logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


#: No document gets more.
HIGHEST = round(logistic(_CERTAIN), DIGITS)


def thresholds(manifest: Manifest, spun: float | None = None, origin: Origin = Origin.MODEL) -> Thresholds:
    """The model's own, or those with `spun` moved."""
    try:
        settings = manifest.settings["verdict"]
        suspect, own = float(settings["suspect"]), float(settings["spun"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{manifest.path(MANIFEST)}: names no thresholds of the verdict ({error!r})") from error
    result = Thresholds(min(suspect, own), own)
    return result if spun is None else result.moved(spun, origin)


def _linear(
    path: Any, settings: Mapping[str, Any], width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Weights (of values, then of their absence), usual values and bias of the pipeline on file, calibration included."""
    from skops.io import load

    try:
        with warnings.catch_warnings():
            # Another scikit-learn than the one it was fitted with: the probe below tells whether it still computes the same.
            warnings.simplefilter("ignore")
            pipeline = load(path, trusted=["numpy.dtype"])  # the imputer remembers the type of its numbers
        imputer, scaler, classifier = (step for _, step in pipeline.steps)
        usual = np.asarray(imputer.statistics_, dtype=np.float64)
        scaled = classifier.coef_[0] / scaler.scale_
        bias = float(classifier.intercept_[0] - (scaled * scaler.mean_).sum())
        weights = np.zeros(2 * width)
        weights[:width] = scaled[:width]
        weights[width + np.asarray(imputer.indicator_.features_)] = scaled[width:]
        probe = np.array(settings["probe"]["values"], dtype=np.float64)
        said = float(pipeline.decision_function(probe[None, :])[0])
    except Exception as error:
        raise ModelError(f"{path}: can't be loaded as the classifier ({type(error).__name__}: {error})") from error
    if abs(said - settings["probe"]["log_odds"]) > _PROBE_TOLERANCE:
        raise ModelError(f"{path}: does not compute what it did when it was fitted; install the scikit-learn it names")
    slope, intercept = settings["calibration"]["slope"], settings["calibration"]["intercept"]
    return weights * slope, usual, bias * slope + intercept
