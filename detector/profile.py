"""A profile of a corpus: how much of it is spun, where it stands, and which words were swapped; from scores alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from detector.corpus.filter_options import KEPT, REJECTED
from detector.corpus.frequent import BORDERLINE, Borderline
from detector.corpus.score_log import Entry
from detector.corpus.stored_scores import Stored
from detector.corpus.tally import Tally
from detector.judge.calibration_file import Calibration


class Profile:
    """Counts stored scores in bounded memory."""

    def __init__(self, borderline: int = BORDERLINE) -> None:
        self.tally = Tally(borderline=Borderline(borderline))
        self._spun: set[float] = (
            set()
        )  # the thresholds that held for documents without one of their own; two say enough
        self._suspect: set[float] = set()

    def add(self, stored: Iterable[Stored]) -> None:
        for one in stored:
            self.tally.add(one.entry, usual_destination(one.entry), one.file)
            if one.entry.threshold is not None and not one.entry.own and len(self._spun) < 2:
                self._spun.add(one.entry.threshold)
            if one.suspect is not None and not one.entry.own and len(self._suspect) < 2:
                self._suspect.add(one.suspect)

    def to_dict(self, calibration: Calibration | None = None) -> dict[str, Any]:
        """Return what is printed and shown. `thresholds` has what was the same for all documents."""
        found = {"suspect": self._suspect, "spun": self._spun}
        thresholds = {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
        return with_calibration({"thresholds": thresholds or None, **self.tally.report()}, calibration)


def usual_destination(entry: Entry) -> str | None:
    """Return where `detector filter` sends a record unless it is told otherwise."""
    if entry.error is not None:
        return None
    return REJECTED if entry.verdict == "spun" else KEPT


def with_calibration(profile: Mapping[str, Any], calibration: Calibration | None) -> dict[str, Any]:
    """Return the profile with what the calibration says of the false positives of each source."""
    if calibration is None or calibration.groups is None:
        return dict(profile)
    points = calibration.groups.thresholds
    sources = [
        {**one, "false_positive_bound": points[one["source"]].upper_bound}
        if one["own_threshold"] is not None and one["source"] in points
        else one
        for one in profile["sources"]
    ]
    made = {"by": calibration.groups.by, "max_fpr": calibration.max_fpr, "threshold": calibration.threshold}
    return {**profile, "calibration": made, "sources": sources}
