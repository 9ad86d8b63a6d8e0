"""What a whole run came to: kept while reports pass by, shown at the end, and the ground of the exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from detector.report import Report, SignalState, Status, Thresholds, Verdict


@dataclass
class Summary:
    """`silent` counts, per signal and its state, the scored documents in which that signal did not run.

    `thresholds` are the run's, None as long as no document has been reported.
    """

    documents: Counter[Verdict] = field(default_factory=Counter)
    words: int = 0
    errors: int = 0
    silent: Counter[tuple[str, SignalState]] = field(default_factory=Counter)
    thresholds: Thresholds | None = None

    def add(self, report: Report) -> None:
        self.documents[report.verdict] += 1
        self.words += report.words
        self.thresholds = report.thresholds
        if report.verdict is not Verdict.UNSCORED:  # there no signal was asked
            for name, state in report.signals.items():
                if state.status is not Status.OK:
                    self.silent[name, state] += 1

    def add_error(self) -> None:
        self.errors += 1
