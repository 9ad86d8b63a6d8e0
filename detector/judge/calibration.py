"""Thresholds by false-positive rate: the share of honest documents that may be called spun.

A threshold is chosen on documents known to be good. The share of them that reaches it is only an estimate of what other
documents of the kind will do, so it is the upper end of its confidence interval (Clopper and Pearson 1934, one-sided,
95 %) that has to stay within the wanted rate. The interval takes the documents as independent draws: copies of one
text, or chapters of one book, count for less than their number.

The model's own operating points, `detector calibrate` and the training of the classifier all choose with `choose`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from detector.errors import ConfigError, ModelError
from detector.judge.calibration_file import NO_ENGINE, Calibration, read_calibration
from detector.judge.verdict import DIGITS, HIGHEST, thresholds
from detector.model_files import MANIFEST, Manifest
from detector.options import Options
from detector.report import Origin, Report, SignalState, Thresholds

CONFIDENCE = 0.95
_STEP = 10**DIGITS


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold, how many of `documents` honest ones reach it, and the upper bound of their share."""

    threshold: float
    documents: int
    false_positives: int
    upper_bound: float


def choose(probabilities: Iterable[float], max_fpr: float, documents: int | None = None) -> OperatingPoint:
    """The lowest threshold that the upper bound of the share of honest documents reaching it allows.

    `probabilities` are those of honest documents, in any order; where there were more `documents` than that, they must
    be the highest. A rate that could let more through than are listed gets a threshold just above the lowest listed:
    what lies below is not known, so fewer reach it than might.

    Of documents that share a probability, all are let through or none. Raises ConfigError when there are too few
    documents for the rate, and when no probability is high enough.

    >>> point = choose([0.9, 0.5, 0.5] + [0.1] * 997, 0.005)
    >>> point.threshold, point.false_positives
    (0.500001, 1)
    """
    given = [float(one) for one in probabilities]
    total = len(given) if documents is None else documents
    if not all(0 <= one <= 1 for one in given) or total < len(given):  # NaN is not, either
        raise ValueError("probabilities must be from 0 to 1, and no more of them than documents")
    allowed = _allowed(total, max_fpr)
    if not given:
        raise ValueError("no probability is known")
    ranked = sorted((min(round(one, DIGITS), HIGHEST) for one in given), reverse=True)
    below = ranked[min(allowed, len(ranked) - 1)]
    if below >= HIGHEST:
        raise ConfigError(
            f"no threshold holds a false-positive rate of {max_fpr:g}: {ranked.count(HIGHEST):,} of {total:,} documents"
            f" have {HIGHEST}, the highest probability there is; are they really good?"
        )
    threshold = (round(below * _STEP) + 1) / _STEP
    reached = sum(one >= threshold for one in ranked)
    return OperatingPoint(threshold, total, reached, upper_bound(reached, total))


def upper_bound(false_positives: int, documents: int) -> float:
    """Of the share of honest documents that reach a threshold, when so many of these did.

    >>> round(upper_bound(0, 300), 4), round(upper_bound(3, 1000), 4)
    (0.0099, 0.0077)
    """
    if false_positives >= documents:
        return 1.0
    from scipy.stats import beta

    return float(beta.ppf(CONFIDENCE, false_positives + 1, documents - false_positives))


def documents_needed(max_fpr: float) -> int:
    """The fewest with which a rate can be held, by a threshold that none of them reaches.

    >>> documents_needed(0.01), documents_needed(0.001)
    (299, 2995)
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-max_fpr))


def lowest_rate(documents: int) -> float:
    """The lowest rate that so many documents can show to be held, rounded up to two digits.

    >>> lowest_rate(2995), lowest_rate(300)
    (0.001, 0.01)
    """
    rate = 1 - (1 - CONFIDENCE) ** (1 / documents)
    unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return float(f"{math.ceil(rate / unit) * unit:.2g}")


def _allowed(documents: int, max_fpr: float) -> int:
    """How many of the documents may reach the threshold."""
    if not 0 < max_fpr < 1:
        raise ConfigError(f"a false-positive rate must be above 0 and below 1, not {max_fpr}")
    needed = documents_needed(max_fpr)
    if documents < needed:
        least = f"; with so many, the lowest rate that can be held is {lowest_rate(documents):g}" if documents else ""
        raise ConfigError(
            f"a false-positive rate of {max_fpr:g} needs at least {needed:,} scored documents known to be good,"
            f" there were {documents:,}{least}"
        )
    bounds = bisect_right(range(documents), max_fpr, key=lambda reached: upper_bound(reached, documents))
    return max(bounds - 1, 0)


# --- what a run judges by ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """The thresholds of a run, where they come from in words, and the calibration they rest on, if any."""

    thresholds: Thresholds
    detail: str
    calibration: Calibration | None = None

    def remarks(self, signals: Mapping[str, SignalState]) -> tuple[str, ...]:
        """What a reader of one document's report has to know of the thresholds."""
        remark = self.calibration.remark(signals["grammar"]) if self.calibration else None
        return (remark,) if remark else ()


def resolve(options: Options, manifest: Manifest) -> Choice:
    """The thresholds that options ask for.

    Raises ConfigError when the calibration was made for something else, ModelError when the model files have no
    operating points to choose from.
    """
    if options.calibration is not None:
        path = str(options.calibration)
        calibration = read_calibration(path)
        calibration.require(path, manifest, options.wording)
        chosen = thresholds(manifest, calibration.threshold, Origin.CALIBRATION)
        rate = in_words(calibration.max_fpr, calibration.scored)
        grammar = "without grammar" if calibration.engine == NO_ENGINE else f"grammar by {calibration.engine}"
        return Choice(chosen, f"{path}: {rate}, {grammar}", calibration)
    if options.max_fpr is not None:
        point = shipped_point(manifest, options.max_fpr)
        chosen = thresholds(manifest, point.threshold, Origin.MAX_FPR)
        return Choice(chosen, f"max-fpr: {in_words(options.max_fpr, point.documents)}")
    if options.threshold is not None:
        return Choice(thresholds(manifest, options.threshold, Origin.THRESHOLD), "threshold: as asked")
    return Choice(thresholds(manifest), "the model's own")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What `detector calibrate` found out: the calibration, what the model's own thresholds say, whom to look at.

    `suspicious` are the documents with the highest probabilities, highest first; `spun` is how many are called spun by
    the model's own threshold.
    """

    calibration: Calibration
    own: Thresholds
    spun: int
    suspicious: tuple[Report, ...]


def in_words(max_fpr: float, documents: int) -> str:
    """
    >>> in_words(0.001, 3000)
    'at most 0.1 % of good documents, by 3,000 of them'
    """
    return f"at most {max_fpr * 100:g} % of good documents, by {documents:,} of them"


def shipped_point(manifest: Manifest, max_fpr: float) -> OperatingPoint:
    """The operating point of the shipped model for a rate, from honest documents of sources it had not seen.

    It is never below `suspect`: what the model calls clean is not called spun because somebody allows many false
    positives. There, and where the manifest lists fewer documents than the rate would let through, the rate is kept
    and fewer documents than allowed reach the threshold.
    """
    path = manifest.path(MANIFEST)
    suspect = thresholds(manifest).suspect
    settings = manifest.settings["verdict"]
    if not _has_operating_points(settings):
        raise ModelError(
            f"{path}: these model files carry no operating points, so max-fpr can't be used;"
            " calibrate on text of your own (detector calibrate) or give a threshold"
        )
    honest, documents = settings["honest"], settings["honest_documents"]
    try:
        point = choose(honest, max_fpr, documents)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{path}: its operating points can't be read ({error})") from error
    except ConfigError as error:
        raise ConfigError(f"the model's operating points: {error}; calibrate on more of your own") from error
    if point.threshold >= suspect:
        return point
    reached = sum(one >= suspect for one in honest)
    return OperatingPoint(suspect, documents, reached, upper_bound(reached, documents))


def lowest_shipped_rate(manifest: Manifest) -> float | None:
    """The lowest rate the model files have a threshold for; None where they have none at all."""
    settings = manifest.settings.get("verdict", {})
    documents = settings["honest_documents"] if _has_operating_points(settings) else None
    return lowest_rate(documents) if isinstance(documents, int) and documents > 0 else None


def _has_operating_points(settings: Mapping[str, Any]) -> bool:
    return "honest" in settings and "honest_documents" in settings
