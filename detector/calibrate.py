"""Calibrating: score documents known to be good and find the threshold that holds a false-positive rate on them."""

from __future__ import annotations

from collections import Counter
from heapq import nlargest
from typing import TextIO

from detector import __version__
from detector.corpus.record import Record
from detector.judge.calibration import Calibrated, choose
from detector.judge.calibration_file import Calibration, engine_of, write_calibration
from detector.options import Options
from detector.report import Failure, Outcome, Report, Verdict
from detector.summary import Summary

_SHOWN_SUSPICIOUS = 10  # documents to look at, of those said to be good


class GoodDocuments:
    """A writer that keeps what a calibration needs of each report."""

    def __init__(self) -> None:
        self.probabilities: list[float] = []
        self.engines: Counter[str] = Counter()
        self.suspicious: list[Report] = []  # those with the highest probabilities, highest first

    def begin(self) -> None:
        """Do nothing: there is no output yet."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure) or outcome.probability is None:
            return
        self.probabilities.append(outcome.probability)
        self.engines[engine_of(outcome.signals["grammar"])] += 1
        self.suspicious = nlargest(
            _SHOWN_SUSPICIOUS, [*self.suspicious, outcome], key=lambda report: report.probability or 0
        )

    def end(self, summary: Summary) -> None:
        """Do nothing: `write_threshold` writes the output."""


def write_threshold(
    good: GoodDocuments, summary: Summary, options: Options, max_fpr: float, stream: TextIO
) -> Calibrated:
    """Write the calibration with the threshold that holds the rate. Raises ConfigError when there are too few documents."""
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
    )
    write_calibration(calibration, stream)
    return Calibrated(calibration, first.thresholds, summary.documents[Verdict.SPUN], tuple(good.suspicious))
