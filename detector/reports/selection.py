"""What a report shows of a run: which outcomes, and which findings of them. The same for every format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from detector.corpus.record import Record
from detector.options import FindingsShown
from detector.report import Failure, Outcome, Report, Verdict
from detector.reports import Writer
from detector.summary import DECISIVE, Summary, lacks_verdict


class Selection:
    """Passes to a writer the outcomes that are `wanted`, with the findings that the user chose."""

    def __init__(
        self, writer: Writer, findings: FindingsShown = "all", wanted: Callable[[Outcome], bool] | None = None
    ) -> None:
        self._writer = writer
        self._findings = findings
        self._wanted = wanted

    def begin(self) -> None:
        self._writer.begin()

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if self._wanted is None or self._wanted(outcome):
            shown = shorten(outcome, self._findings) if isinstance(outcome, Report) else outcome
            self._writer.outcome(shown, record)

    def end(self, summary: Summary) -> None:
        self._writer.end(summary)


def is_offender(outcome: Outcome) -> bool:
    """Tell whether an outcome keeps `detector check` from exiting with 0."""
    if isinstance(outcome, Failure):
        return True
    return (outcome.verdict is Verdict.SPUN and not outcome.is_accepted) or lacks_verdict(outcome)


def shorten(report: Report, findings: FindingsShown) -> Report:
    """Return the report with the findings that were asked for; those left out are counted in it.

    `auto` keeps what concerns the verdict: the findings of the wording signal, which carries it, and where the document
    is not clean, all.
    """
    if findings == "all" or (findings == "auto" and report.verdict is not Verdict.CLEAN):
        return report
    shown = () if findings == "none" else (DECISIVE,)
    kept = tuple(finding for finding in report.findings if finding.signal in shown)
    ignored = report.ignored
    if ignored is not None:
        ignored = replace(ignored, findings=tuple(one for one in ignored.findings if one.finding.signal in shown))
    return replace(report, findings=kept, findings_left_out=len(report.findings) - len(kept), ignored=ignored)
