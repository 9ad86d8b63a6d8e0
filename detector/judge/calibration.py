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
from dataclasses import dataclass, field
from typing import Any

from detector.errors import ConfigError, ModelError
from detector.judge.calibration_file import NO_ENGINE, Calibration, read_calibration
from detector.judge.probability import DIGITS, HIGHEST, thresholds
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
    """Return the lowest threshold at which the upper bound of the false-positive rate is within `max_fpr`.

    `probabilities` are those of honest documents, in any order; where there were more `documents` than that, they must
    be the highest. If the rate would allow more documents than are listed, the threshold is just above the lowest one
    listed: nothing is known of those below it, so fewer documents reach it than the rate allows.

    Documents with the same probability are all above the threshold or all below it. Raises ConfigError when there are
    too few documents for the rate, and when no threshold up to 1 is high enough.

    >>> point = choose([0.9, 0.5, 0.5] + [0.1] * 997, 0.005)
    >>> point.threshold, point.false_positives
    (0.500001, 1)
    """
    given = [float(probability) for probability in probabilities]
    total = len(given) if documents is None else documents
    if not all(0 <= probability <= 1 for probability in given) or total < len(given):  # NaN, too
        raise ValueError("probabilities must be from 0 to 1, and no more of them than documents")
    allowed = _allowed(total, max_fpr)
    if not given:
        raise ValueError("no probability is known")
    ranked = sorted((min(round(probability, DIGITS), HIGHEST) for probability in given), reverse=True)
    below = ranked[min(allowed, len(ranked) - 1)]
    if below >= HIGHEST:
        raise ConfigError(
            f"no threshold holds a false-positive rate of {max_fpr:g}: {ranked.count(HIGHEST):,} of {total:,} documents"
            f" have {HIGHEST}, the highest probability there is; are they really good?"
        )
    threshold = (round(below * _STEP) + 1) / _STEP
    reached = sum(probability >= threshold for probability in ranked)
    return OperatingPoint(threshold, total, reached, upper_bound(reached, total))


def upper_bound(false_positives: int, documents: int) -> float:
    """Return the upper bound (one-sided, 95 %) of the false-positive rate, from 0 to 1, after these counts.

    >>> round(upper_bound(0, 300), 4), round(upper_bound(3, 1000), 4)
    (0.0099, 0.0077)
    """
    if false_positives >= documents:
        return 1.0
    from scipy.stats import beta

    return float(beta.ppf(CONFIDENCE, false_positives + 1, documents - false_positives))


def documents_needed(max_fpr: float) -> int:
    """Return the smallest number of honest documents that can show a rate, with a threshold that none of them reaches.

    >>> documents_needed(0.01), documents_needed(0.001)
    (299, 2995)
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-max_fpr))


def lowest_rate(documents: int) -> float:
    """Return the lowest rate that this number of honest documents can show, rounded up to two digits.

    >>> lowest_rate(2995), lowest_rate(300)
    (0.001, 0.01)
    """
    rate = 1 - (1 - CONFIDENCE) ** (1 / documents)
    unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return float(f"{math.ceil(rate / unit) * unit:.2g}")


def _allowed(documents: int, max_fpr: float) -> int:
    """Return how many of the documents may reach the threshold."""
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
    """The thresholds of a run, where they come from in words, and the calibration they rest on, if any.

    `by_group` are those of groups that have their own.
    """

    thresholds: Thresholds
    detail: str
    calibration: Calibration | None = None
    by_group: Mapping[str, Thresholds] = field(default_factory=dict)

    def of_group(self, group: str | None) -> Thresholds:
        """Return the thresholds for documents of a group; those of all where it has none of its own."""
        return self.by_group.get(group or "", self.thresholds)

    def remarks(self, signals: Mapping[str, SignalState]) -> tuple[str, ...]:
        """Return notes for the report of one document: what to know about its thresholds."""
        remark = self.calibration.remark(signals["grammar"]) if self.calibration else None
        return (remark,) if remark else ()


def resolve(options: Options, manifest: Manifest) -> Choice:
    """Return the thresholds that the options ask for.

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
        by_group = {
            name: thresholds(manifest, point.threshold, Origin.CALIBRATION, name)
            for name, point in (calibration.groups.thresholds.items() if calibration.groups else ())
        }
        groups = f", {len(by_group):,} by {calibration.groups.by}" if calibration.groups else ""
        return Choice(chosen, f"{path}: {rate}, {grammar}{groups}", calibration, by_group)
    if options.max_fpr is not None:
        point = shipped_point(manifest, options.max_fpr)
        chosen = thresholds(manifest, point.threshold, Origin.MAX_FPR)
        return Choice(chosen, f"max-fpr: {in_words(options.max_fpr, point.documents)}")
    if options.threshold is not None:
        return Choice(thresholds(manifest, options.threshold, Origin.THRESHOLD), "threshold: as asked")
    return Choice(thresholds(manifest), "the model's own")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The result of `detector calibrate`: the calibration, what the model's own thresholds say, which documents to check.

    `suspicious` are the documents with the highest probabilities, highest first; `spun` is how many are called spun by
    the model's own threshold.
    """

    calibration: Calibration
    own: Thresholds
    spun: int
    suspicious: tuple[Report, ...]


def in_words(max_fpr: float, documents: int) -> str:
    """Return a rate and its number of documents as part of a sentence.

    >>> in_words(0.001, 3000)
    'at most 0.1 % of good documents, by 3,000 of them'
    """
    return f"at most {max_fpr * 100:g} % of good documents, by {documents:,} of them"


def shipped_point(manifest: Manifest, max_fpr: float) -> OperatingPoint:
    """Return the operating point of the shipped model for a rate, from honest documents of left-out sources.

    Its threshold is never below that of `suspect`: a high rate must not make spun what the model calls clean. In that
    case, and when the manifest lists fewer documents than the rate would allow, fewer documents than allowed reach it.
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
    reached = sum(probability >= suspect for probability in honest)
    return OperatingPoint(suspect, documents, reached, upper_bound(reached, documents))


def lowest_shipped_rate(manifest: Manifest) -> float | None:
    """Return the lowest rate for which the model files have a threshold; None if they have none."""
    settings = manifest.settings.get("verdict", {})
    documents = settings["honest_documents"] if _has_operating_points(settings) else None
    return lowest_rate(documents) if isinstance(documents, int) and documents > 0 else None


def _has_operating_points(settings: Mapping[str, Any]) -> bool:
    return "honest" in settings and "honest_documents" in settings
