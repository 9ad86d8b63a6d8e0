"""Calibrating: score documents known to be good and find the threshold that holds a false-positive rate on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from heapq import nlargest
from typing import TextIO

from detector import __version__, model_files
from detector.audit import HONEST, Answers
from detector.corpus.groups import HOST
from detector.corpus.record import Record
from detector.errors import ConfigError
from detector.judge.by_group import Honest, lowest_threshold, own_thresholds
from detector.judge.calibration import Calibrated, choose
from detector.judge.calibration_file import Calibration, Groups, engine_of, write_calibration
from detector.judge.probability import thresholds
from detector.options import Options
from detector.report import Failure, ModelInfo, Outcome, Report, Verdict
from detector.summary import Summary

_SHOWN_SUSPICIOUS = 10  # documents to look at, of those said to be good


class GoodDocuments:
    """A writer that keeps what a calibration needs of each report."""

    def __init__(self) -> None:
        self.probabilities: list[float] = []
        self.groups: defaultdict[str, list[float]] = defaultdict(list)
        self.engines: Counter[str] = Counter()
        self.suspicious: list[Report] = []  # those with the highest probabilities, highest first

    def begin(self) -> None:
        """Do nothing: there is no output yet."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure) or outcome.probability is None:
            return
        self.probabilities.append(outcome.probability)
        self.groups[outcome.group or ""].append(outcome.probability)
        self.engines[engine_of(outcome.signals["grammar"])] += 1
        self.suspicious = nlargest(
            _SHOWN_SUSPICIOUS, [*self.suspicious, outcome], key=lambda report: report.probability or 0
        )

    def end(self, summary: Summary) -> None:
        """Do nothing: `write_threshold` writes the output."""


def write_threshold(
    good: GoodDocuments,
    summary: Summary,
    options: Options,
    max_fpr: float,
    stream: TextIO,
    *,
    group_by: str | None = None,
) -> Calibrated:
    """Write the calibration with the threshold that holds the rate, and with those of groups, by `group_by`.

    Raises ConfigError when there are too few documents.
    """
    point = choose(good.probabilities, max_fpr)
    first = good.suspicious[0]
    calibration = Calibration(
        program=__version__,
        model=first.model,
        wording=options.wording,
        grammar=options.grammar,
        engines=good.engines,
        max_fpr=max_fpr,
        scored=len(good.probabilities),
        unscored=summary.documents[Verdict.UNSCORED],
        unread=summary.failures,
        threshold=point.threshold,
        false_positives=point.false_positives,
        upper_bound=point.upper_bound,
        groups=None if group_by is None else _of_groups(good, group_by, max_fpr, point.threshold),
    )
    write_calibration(calibration, stream)
    return Calibrated(calibration, first.thresholds, summary.documents[Verdict.SPUN], tuple(good.suspicious))


def write_audited(
    answers: Answers, options: Options, max_fpr: float, stream: TextIO, *, group_by: str | None = None
) -> tuple[Calibrated, float | None]:
    """Write the calibration that the answers of an audit give, by source where they were drawn by source.

    Also return the share of the documents that were called spun by people that is at or above the threshold.
    Raises ConfigError when too few documents were called honest, or they were scored by something else.
    """
    manifest = model_files.read_manifest(model_files.locate())
    wording = answers.wording or options.wording
    _require_same(answers, manifest.sha256, group_by)
    honest = Honest(answers.all(HONEST))
    threshold = lowest_threshold(honest, max_fpr) if len(honest) else None
    if threshold is None:
        raise ConfigError(
            f"a false-positive rate of {max_fpr:g} can't be shown by {len(honest):,} documents that were called honest:"
            " draw more (--each), answer more, or choose a higher rate"
        )
    groups = None
    if answers.group_by is not None:
        by_source = {name: Honest(documents) for name, documents in answers.honest.items()}
        points, alike = own_thresholds(by_source, honest, max_fpr, threshold)
        groups = Groups(answers.group_by, alike, points)
    calibration = Calibration(
        program=__version__,
        model=ModelInfo(manifest.version, manifest.sha256),
        wording=wording,
        grammar=options.grammar,
        engines=answers.engines,
        max_fpr=max_fpr,
        scored=len(honest),
        unscored=answers.unsure,
        unread=0,
        threshold=threshold,
        false_positives=honest.reached(threshold),
        upper_bound=honest.upper_bound(threshold),
        groups=groups,
    )
    write_calibration(calibration, stream)
    own = thresholds(manifest)
    return Calibrated(calibration, own, honest.reached(own.spun), ()), _found(answers, calibration)


def _require_same(answers: Answers, model: str, group_by: str | None) -> None:
    if answers.model != model:
        raise ConfigError(
            f"the documents of the answers were scored by another model ({answers.model[:12]}…) than the one that is"
            f" here ({model[:12]}…); score and draw again"
        )
    if group_by not in (None, answers.group_by):
        drawn = f"by {answers.group_by}" if answers.group_by else "without a source"
        raise ConfigError(f"--group-by {group_by}: the documents of the answers were drawn {drawn}")


def _found(answers: Answers, calibration: Calibration) -> float | None:
    points = calibration.groups.thresholds if calibration.groups else {}
    found = total = 0.0
    for source, documents in answers.spun.items():
        threshold = points[source].threshold if source in points else calibration.threshold
        total += sum(weight for _, weight in documents)
        found += sum(weight for probability, weight in documents if probability >= threshold)
    return found / total if total else None


def _of_groups(good: GoodDocuments, group_by: str, max_fpr: float, threshold: float) -> Groups:
    if not any(good.groups.keys() - {""}):
        raise no_groups(group_by)
    groups = {name: _honest(probabilities) for name, probabilities in good.groups.items()}
    points, alike = own_thresholds(groups, _honest(good.probabilities), max_fpr, threshold)
    return Groups(group_by, alike, points)


def no_groups(group_by: str) -> ConfigError:
    """Return the error of documents that have no group."""
    what = "an address (a field url, or an id)" if group_by == HOST else f"a field {group_by!r} with a string or number"
    return ConfigError(f"--group-by {group_by}: no scored document has {what}")


def _honest(probabilities: Iterable[float]) -> Honest:
    return Honest((probability, 1.0) for probability in probabilities)
