"""`short`: one line for each document, for a person. Errors go to standard error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.text import Text

from detector.corpus.record import Record
from detector.report import Failure, Finding, Outcome, Report, Verdict
from detector.reports.console import VERDICT_STYLE, open_console, probability
from detector.reports.printable import printable_line
from detector.summary import Summary

_SHOWN_FINDINGS = 3


class ShortWriter:
    """Writes one line for each report. A line is never wrapped: a terminal gets the findings that fit, a pipe three."""

    def __init__(self, stream: TextIO) -> None:
        self._console = open_console(stream)

    def begin(self) -> None:
        """Print nothing: there is no header."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if not isinstance(outcome, Failure):
            self.write(outcome)

    def end(self, summary: Summary) -> None:
        """Print nothing: every line is complete, and the counts go to standard error."""

    def write(self, report: Report, *, with_swaps: bool = True) -> None:
        """Print the line of a report; `with_swaps` its clearest ones, too."""
        line = Text.assemble(
            (f"{report.verdict:<8}", VERDICT_STYLE[report.verdict]),
            f"  {probability(report.probability):>5}",
            (f"  {report.words:>6,} {'word ' if report.words == 1 else 'words'}  ", "dim"),
            printable_line(report.source),
        )
        room = self._console.width if self._console.is_terminal else None
        separator = "  "
        for remark in _remarks(report, with_swaps):
            addition = Text.assemble((separator, "dim"), remark)
            if room is not None and line.cell_len + addition.cell_len > room:
                break
            line.append_text(addition)
            separator = " · "
        self._console.print(line, soft_wrap=True)


def in_short(finding: Finding) -> str:
    """Return a finding with its best suggestion: `“wings offer” ← “arms deal”`."""
    text = f"“{printable_line(finding.text)}”"
    return f"{text} ← “{printable_line(finding.suggestions[0].text)}”" if finding.suggestions else text


def strongest_findings(findings: Iterable[Finding]) -> list[str]:
    """Return the strongest findings as text. Wording comes first, since it decides the verdict; then the score counts."""
    strongest = sorted(findings, key=lambda finding: (finding.signal != "wording", -finding.score))
    return list(dict.fromkeys(map(in_short, strongest)))[:_SHOWN_FINDINGS]


def _remarks(report: Report, with_swaps: bool) -> Iterator[str]:
    """Yield what follows the document's name in its line, the most important first."""
    if report.reason:
        yield printable_line(report.reason)
    if with_swaps and report.verdict in (Verdict.SUSPECT, Verdict.SPUN):
        yield from strongest_findings(report.findings)
    for note in report.notes:
        yield f"({printable_line(note)})"
