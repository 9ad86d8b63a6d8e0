"""What is said beside a report, on standard error: errors as they come, and what a whole run came to."""

from __future__ import annotations

import sys

from rich.text import Text

from detector.report import Origin, Status, Verdict
from detector.reports.console import VERDICT_STYLE, count, open_console, thresholds_in_words
from detector.reports.printable import printable, printable_line
from detector.reports.summary import Summary

_SHOWN_SILENT_SIGNALS = 5


def print_error(error: Exception) -> None:
    message = Text.assemble(("error: ", "bold red"), printable(str(error)))
    open_console(sys.stderr).print(message, soft_wrap=True)


def print_step(step: str) -> None:
    """How far something that takes long has come."""
    open_console(sys.stderr).print(Text(printable(step)), soft_wrap=True)


def print_summary(summary: Summary) -> None:
    console = open_console(sys.stderr)
    documents = summary.documents.total()
    line = Text(f"{count(documents, 'document')}, {count(summary.words, 'word')}")
    joint = ": "
    for verdict in (Verdict.SPUN, Verdict.SUSPECT, Verdict.CLEAN, Verdict.UNSCORED):
        if number := summary.documents[verdict]:
            line.append(joint)
            line.append(f"{number:,} {verdict}", VERDICT_STYLE[verdict])
            joint = ", "
    if summary.errors:
        line.append("; ")
        line.append(f"{count(summary.errors, 'error')}", "bold red")
    console.print(line, soft_wrap=True)
    if summary.thresholds and summary.thresholds.origin is not Origin.MODEL:
        console.print(thresholds_in_words(summary.thresholds), soft_wrap=True)
    print_silent_signals(summary)


def print_silent_signals(summary: Summary) -> None:
    """Which signals did not run, in how many documents, and why."""
    console = open_console(sys.stderr)
    documents = summary.documents.total()
    for (name, state), number in summary.silent.most_common(_SHOWN_SILENT_SIGNALS):
        what = "failed" if state.status is Status.FAILED else "not run"
        where = "" if number == documents - summary.documents[Verdict.UNSCORED] else f" in {count(number, 'document')}"
        reason = f" ({printable_line(state.detail)})" if state.detail else ""
        console.print(f"{name}: {what}{where}{reason}", style="yellow", soft_wrap=True)
    if (more := len(summary.silent) - _SHOWN_SILENT_SIGNALS) > 0:
        console.print(
            f"… and {count(more, 'other reason')} for signals that did not run", style="yellow", soft_wrap=True
        )
