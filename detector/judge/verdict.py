"""From features to a probability, and from the probability to a verdict.

Gradient-boosted trees from scikit-learn, in which more evidence never lowers the probability; an absent signal is a case of
its own. It is explained by Shapley values: what a signal adds to a usual honest document, averaged over the orders in which
the signals can be looked at. They add up to the log-odds.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelError
from detector.model_files import MANIFEST, Manifest
from detector.report import Contribution, Origin, Status, Thresholds, Verdict
from detector.signals import Feature, Measurement, Scale
from detector.signals.spintax import GROUPS

_PROBE_TOLERANCE = 1e-6

# Beyond these log-odds the probability says nothing more.
_CERTAIN = 12.0

# Groups of choices that were left in, and how many per 1,000 words show that the text was made for a spinner.
_FEWEST_CHOICES, _MANY_CHOICES = 2, 10.0

# Of a probability. What a report shows is what was compared with the threshold: both have this many digits.
DIGITS = 6


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    probability: float
    contributions: tuple[Contribution, ...]
    remarks: tuple[str, ...] = ()  # why the verdict is another than the probability alone would have it


class Judge:
    """Loads the classifier a manifest names and applies it."""

    def __init__(self, manifest: Manifest, available: Iterable[Feature], threshold: float | None = None) -> None:
        settings: Mapping[str, Any] = manifest.settings["verdict"]
        self.names: tuple[str, ...] = tuple(settings["features"])
        scales = {feature.name: feature.scale for feature in available}
        path = manifest.path(settings["classifier"])
        missing = [name for name in self.names if name not in scales]
        if missing:
            raise ModelError(f"{path}: was fitted on features this program does not measure: {', '.join(missing)}")
        self._rates = np.array([scales[name] is Scale.LOG1P for name in self.names])
        self._trees = _trees(path, settings)
        self._slope, self._intercept = (float(settings["calibration"][key]) for key in ("slope", "intercept"))
        self._usual = np.array(settings["usual"], dtype=np.float64)
        chosen = thresholds(manifest, threshold)
        self.suspect, self.spun = chosen.suspect, chosen.spun

    def log_odds(self, features: Mapping[str, float]) -> float:
        return float(self._log_odds(vector(features, self.names, self._rates)[None, :])[0])

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Of many sets of features at once, which takes little longer than one."""
        if not rows:
            return []
        odds = self._log_odds(np.array([vector(row, self.names, self._rates) for row in rows]))
        return [logistic(float(value)) for value in odds]

    def _log_odds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        odds: NDArray[np.float64] = np.clip(self._intercept + self._slope * self._trees.of(values), -_CERTAIN, _CERTAIN)
        return odds

    def judge(self, measurements: Mapping[str, Measurement]) -> Judgement:
        """The verdict on one document from what each signal measured."""
        features = {name: value for m in measurements.values() for name, value in m.features.items()}
        probability = round(self.probability(features), DIGITS)
        verdict = self._verdict(probability)
        remarks: tuple[str, ...] = ()
        if verdict is Verdict.SPUN and not self._has_lexical_evidence(measurements):
            verdict = Verdict.SUSPECT
            remarks = ("no swapped words found: what else is odd is not enough to call a document spun",)
        choices = choices_left_in(measurements.get("spintax"))
        if choices is Verdict.SPUN or (choices and verdict is Verdict.CLEAN):
            verdict = choices
            remarks = ("choices of a spinner were left in, which no probability is needed to see",)
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

    def _contributions(self, features: Mapping[str, float]) -> tuple[Contribution, ...]:
        """Against a usual honest document, so that small numbers mean "nothing unusual"."""
        values = vector(features, self.names, self._rates)
        of_signal = np.array([name.partition(".")[0] for name in self.names])
        signals = sorted(set(of_signal))
        subsets = [frozenset(s) for size in range(len(signals) + 1) for s in combinations(signals, size)]
        rows = [np.where(np.isin(of_signal, sorted(subset)), values, self._usual) for subset in subsets]
        odds = dict(zip(subsets, self._log_odds(np.array(rows)), strict=True))
        result = [Contribution("base", round(float(odds[frozenset()]), 4))]
        for name in signals:
            without = (subset for subset in subsets if name not in subset)
            added = sum(_share(len(s), len(signals)) * float(odds[s | {name}] - odds[s]) for s in without)
            result.append(Contribution(name, round(added, 4)))
        return tuple(result)


def choices_left_in(measurement: Measurement | None) -> Verdict | None:
    """The least verdict on a text in which a spinner's choices stand, None for one without.

    One group may be a slip or a template; a few in a long text may be quoted.
    """
    if measurement is None or len(measurement.findings) < _FEWEST_CHOICES:
        return None
    return Verdict.SPUN if measurement.features[GROUPS] >= _MANY_CHOICES else Verdict.SUSPECT


def _share(before: int, signals: int) -> float:
    """Of the orders of all signals, the share in which just these `before` come before one other."""
    return math.factorial(before) * math.factorial(signals - before - 1) / math.factorial(signals)


@dataclass(frozen=True)
class Trees:
    """Decision trees as arrays with a row for each tree; a leaf leads to itself."""

    features: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    absent_left: NDArray[np.bool_]
    values: NDArray[np.float64]
    depth: int
    base: float

    @classmethod
    def of_classifier(cls, classifier: Any) -> Trees:
        """Those of a `HistGradientBoostingClassifier` of two classes without categories."""
        nodes = [tree.nodes for (tree,) in classifier._predictors]
        width = max(map(len, nodes))
        table = np.zeros((len(nodes), width), dtype=nodes[0].dtype)
        for row, of_tree in zip(table, nodes, strict=True):
            row[: len(of_tree)] = of_tree
        leaf, here = table["is_leaf"].astype(bool), np.arange(width)
        return cls(
            table["feature_idx"].astype(np.int64),
            table["num_threshold"].astype(np.float64),
            np.where(leaf, here, table["left"]).astype(np.int64),
            np.where(leaf, here, table["right"]).astype(np.int64),
            table["missing_go_to_left"].astype(bool),
            table["value"].astype(np.float64),
            int(table["depth"].max()),
            float(classifier._baseline_prediction[0, 0]),
        )

    def of(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The trees' sum for each row of features."""
        tree = np.arange(len(self.features))
        at = np.zeros((len(rows), len(tree)), dtype=np.int64)
        for _ in range(self.depth):
            found = np.take_along_axis(rows, self.features[tree, at], axis=1)
            with np.errstate(invalid="ignore"):
                left = np.where(np.isnan(found), self.absent_left[tree, at], found <= self.thresholds[tree, at])
            at = np.where(left, self.left[tree, at], self.right[tree, at])
        result: NDArray[np.float64] = self.base + self.values[tree, at].sum(axis=1)
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


#: Types of scikit-learn's (the trees, the loss they were fitted with) that skops does not count among the harmless ones.
TRUSTED = [
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]


def _trees(path: Any, settings: Mapping[str, Any]) -> Trees:
    """The trees of the classifier on file, checked to compute what they did when they were fitted."""
    from skops.io import load

    try:
        with warnings.catch_warnings():
            # Another scikit-learn than the one it was fitted with: the probe below tells whether it still computes the same.
            warnings.simplefilter("ignore")
            trees = Trees.of_classifier(load(path, trusted=TRUSTED))
        probe = np.array(settings["probe"]["values"], dtype=np.float64)
        said = trees.of(probe)
    except Exception as error:
        raise ModelError(f"{path}: can't be loaded as the classifier ({type(error).__name__}: {error})") from error
    if np.abs(said - np.array(settings["probe"]["log_odds"])).max() > _PROBE_TOLERANCE:
        raise ModelError(f"{path}: does not compute what it did when it was fitted; install the scikit-learn it names")
    return trees
