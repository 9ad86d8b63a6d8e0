"""From features to a probability, and from the probability to a verdict.

The classifier is a sum of trees (`trees.py`) in which more evidence never lowers the probability; an absent signal is a case
of its own. Platt's scaling (1999) makes probabilities of its sums. A verdict is explained by Shapley values (1953): what a
signal adds to a usual honest document, averaged over all orders in which the signals can be added. They add up to the
log-odds.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelError
from detector.judge.decision import decide
from detector.judge.probability import CERTAIN, DIGITS, logistic, thresholds
from detector.judge.trees import load_trees
from detector.model_files import Manifest, Settings
from detector.report import Contribution, Grounds, Status, Thresholds, Verdict, WindowScore
from detector.signals import Feature, Measurement, Scale
from detector.signals.spintax import GROUPS

# Groups of choices that were left in, and how many per 1,000 words show that the text was made for a spinner.
_FEWEST_CHOICES, _MANY_CHOICES = 2, 10.0

# Words per 1,000 that may well be swapped: so many make a text garbled. Of 44 texts sent through another language and back as
# a whole 34 have more (24 by the light encoder alone); of 582 honest ones that are odd (learners, scans, machine translation,
# clipped style, old prose) 4 (6), of which 1 (3) is called clean without it.
_ODD_WORDS, _GARBLED = "wording.words_over_10", 200.0


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    probability: float
    contributions: tuple[Contribution, ...]
    grounds: Grounds
    remarks: tuple[str, ...] = ()  # why the verdict differs from what the probability alone says


class Judge:
    """Applies the classifier that a manifest names. Immutable, so thread- and fork-safe.

    `available` are the features that the signals here measure. Raises ModelError, naming the file and the key, when the
    model files lack something, or were fitted on a feature that is not measured here or has another scale here.
    """

    def __init__(self, manifest: Manifest, available: Iterable[Feature], threshold: float | None = None) -> None:
        settings = manifest.section("verdict")
        features = settings.sections("features")
        self.names: tuple[str, ...] = tuple(feature.text("name") for feature in features)
        self._log1p = _log1p_columns(features, {feature.name: feature.scale for feature in available})
        self._usual = np.array([feature.number("usual") for feature in features])
        self._coalitions = _Coalitions(self.names)
        probe = settings.section("probe")
        rows, expected = probe.array("values", dimensions=2), probe.array("log_odds")
        if rows.shape[1] != len(self.names):
            raise probe.refused("values", f"has {rows.shape[1]} columns, there are {len(self.names)} features")
        path = manifest.checked(settings.text("classifier"))
        self._trees = load_trees(path, rows, expected)
        calibration = settings.section("calibration")
        self._slope, self._intercept = calibration.number("slope"), calibration.number("intercept")
        self.thresholds = thresholds(manifest, threshold)
        self.suspect, self.spun = self.thresholds.suspect, self.thresholds.spun

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Return the calibrated log-odds of one document being spun, from its features by name."""
        return float(self._log_odds(vector(features, self.names, self._log1p)[None, :])[0])

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Return the probabilities for many sets of features at once, which takes little longer than one."""
        if not rows:
            return []
        odds = self._log_odds(np.array([vector(row, self.names, self._log1p) for row in rows]))
        return [logistic(float(value)) for value in odds]

    def highest_probabilities(self, rows: Sequence[Mapping[str, float]], unknown: Collection[str]) -> list[float]:
        """Return the highest probability of each set of features, whatever the features named in `unknown` are."""
        if not rows:
            return []
        values = np.array([vector(row, self.names, self._log1p) for row in rows])
        sums = self._trees.bounds(values, np.isin(self.names, sorted(unknown)))
        odds = np.maximum(*map(self._calibrated, sums))
        return [round(logistic(float(value)), DIGITS) for value in odds]

    def _log_odds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._calibrated(self._trees.log_odds(values))

    def _calibrated(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        odds = self._intercept + self._slope * sums
        clipped: NDArray[np.float64] = np.clip(odds, -CERTAIN, CERTAIN)
        return clipped

    def judge(
        self,
        measurements: Mapping[str, Measurement],
        *,
        clipped: bool = False,
        verse: bool = False,
        section: WindowScore | None = None,
        thresholds: Thresholds | None = None,
    ) -> Judgement | None:
        """Return the verdict on one document from what each signal measured, by the signal's name.

        `clipped`, `verse`: it is written in clipped style, or in lines of verse or a play (`judge.register`), so that only
        overwhelming evidence calls it spun.
        `section`: its strongest section, if it is long. `thresholds`: others than this judge's.
        None where the wording signal did not run: there is no verdict without it.
        """
        wording = measurements.get("wording")
        if wording is None or wording.status is not Status.OK:
            return None
        features = {name: value for m in measurements.values() for name, value in m.features.items()}
        outside = wording.outside_quotations()
        rows = [features, wording.features, *([] if outside is None else [{**features, **outside}])]
        values = np.array([vector(row, self.names, self._log1p) for row in rows])
        # All at once: a sum of trees takes about as long for twenty rows as for one.
        odds = self._log_odds(np.concatenate([values, np.where(self._coalitions.chosen, values[0], self._usual)]))
        probability, by_wording, *unquoted = (round(logistic(float(value)), DIGITS) for value in odds[: len(rows)])
        grounds = Grounds(
            wording=by_wording,
            # Of 98 spun documents that were tried 8 hold quotations, and all 8 are spun without them, too.
            unquoted=unquoted[0] if unquoted else None,
            clipped=clipped,
            choices=choices_left_in(measurements.get("spintax")),
            section=section,
            verse=verse,
            garbled=is_garbled(wording.features, verse=verse),
        )
        verdict, remarks = decide(probability, grounds, thresholds or self.thresholds)
        return Judgement(verdict, probability, self._coalitions.contributions(odds[len(rows) :]), grounds, remarks)

    def probability(self, features: Mapping[str, float]) -> float:
        return logistic(self.log_odds(features))


class _Coalitions:
    """Sets of signals, whose features are a document's and all others usual ones: what contributions are made of.

    `chosen` [sets, features] tells of each set which features are the document's.
    """

    def __init__(self, names: Sequence[str]) -> None:
        of_signal = np.array([name.partition(".")[0] for name in names])
        self._signals: list[str] = sorted(set(of_signal.tolist()))
        self._sets = [frozenset(s) for size in range(len(self._signals) + 1) for s in combinations(self._signals, size)]
        self.chosen = np.array([np.isin(of_signal, sorted(one)) for one in self._sets])

    def contributions(self, log_odds: NDArray[np.float64]) -> tuple[Contribution, ...]:
        """Return the Shapley value of each signal, relative to a usual honest document: near 0 means nothing unusual."""
        odds = dict(zip(self._sets, log_odds.tolist(), strict=True))
        result = [Contribution("base", round(odds[frozenset()], 4))]
        for name in self._signals:
            without = (one for one in self._sets if name not in one)
            added = sum(_share(len(one), len(self._signals)) * (odds[one | {name}] - odds[one]) for one in without)
            result.append(Contribution(name, round(added, 4)))
        return tuple(result)


def choices_left_in(measurement: Measurement | None) -> Verdict | None:
    """Return the lowest verdict for a text with a spinner's choices left in, None for a text without.

    One group may be a slip or a template; a few in a long text may be quoted.
    """
    if measurement is None or len(measurement.findings) < _FEWEST_CHOICES:
        return None
    return Verdict.SPUN if measurement.features[GROUPS] >= _MANY_CHOICES else Verdict.SUSPECT


def is_garbled(features: Mapping[str, float], *, verse: bool) -> bool:
    """Tell whether words all over a text look a little odd. Verse does it by itself."""
    return not verse and features.get(_ODD_WORDS, 0.0) >= _GARBLED


def _share(before: int, signals: int) -> float:
    """Return the share of the orders of all signals in which exactly these `before` come before one other signal."""
    return math.factorial(before) * math.factorial(signals - before - 1) / math.factorial(signals)


def _log1p_columns(features: Sequence[Settings], measured: Mapping[str, Scale]) -> NDArray[np.bool_]:
    """Tell which features the classifier reads as ln(1 + value); raise ModelError where a signal here has another scale."""
    names = [feature.text("name") for feature in features]
    missing = [name for name in names if name not in measured]
    if missing:
        raise ModelError(
            f"{features[0].path}: the classifier was fitted on features this program does not measure: {', '.join(missing)}"
        )
    if len(set(names)) < len(names):
        raise features[0].refused("name", "is not the only one of that name")
    for feature, name in zip(features, names, strict=True):
        if feature.text("scale") != measured[name]:
            raise feature.refused("scale", f"of {name} is {feature.text('scale')}, this program has {measured[name]}")
    return np.array([measured[name] is Scale.LOG1P for name in names])


def vector(features: Mapping[str, float], names: Sequence[str], log1p: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the features in the order of `names`, NaN where one is absent, ln(1 + value) where `log1p` says so."""
    values = np.array([features.get(name, math.nan) for name in names], dtype=np.float64)
    return np.where(log1p, np.log1p(np.maximum(values, 0)), values)
