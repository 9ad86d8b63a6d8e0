"""Messages on standard error: errors as they come, and the summary of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.text import Text

from detector.corpus.problems import Problems
from detector.corpus.record import Record
from detector.policy.notes import counts_in_words
from detector.report import BOTH_ENCODERS, LIGHT_ENCODER, Failure, Origin, Outcome, Status, Verdict
from detector.reports.console import VERDICT_STYLE, count, open_console, thresholds_in_words
from detector.reports.printable import printable, printable_line
from detector.reports.progress import ScoringProgress
from detector.summary import Summary

_SHOWN_STATES = 5
_SHOWN_NOTES = 5


def print_error(error: Exception) -> None:
    _print_error(str(error))


def print_step(step: str) -> None:
    """Print a step of a long task."""
    open_console(sys.stderr).print(Text(printable(step)), soft_wrap=True)


class RunMessages:
    """A writer to standard error: it shows a progress bar, each kind of error, and at the end the counts."""

    def __init__(self, progress: ScoringProgress) -> None:
        self._progress = progress
        self._problems = Problems()

    def begin(self) -> None:
        """Print nothing: the progress bar shows itself when there is something to wait for."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        self._progress.advance(outcome)
        if isinstance(outcome, Failure) and self._problems.add(outcome.error, outcome.source):
            with self._progress.aside():
                _print_error(outcome.message)

    def end(self, summary: Summary) -> None:
        self._progress.close()
        for remark in self._problems.remarks():
            _print_error(remark)
        if summary.complete:
            sys.stdout.flush()
            print_summary(summary)


def _print_error(message: str) -> None:
    open_console(sys.stderr).print(Text.assemble(("error: ", "bold red"), printable(message)), soft_wrap=True)


def print_summary(summary: Summary) -> None:
    """Print the summary of a run: documents by verdict, then what a reader of the scores has to know."""
    console = open_console(sys.stderr)
    console.print(_verdicts(summary), soft_wrap=True)
    if summary.thresholds and summary.thresholds.origin is not Origin.MODEL:
        console.print(thresholds_in_words(summary.thresholds), soft_wrap=True)
    for thresholds, number in summary.other_thresholds.most_common(_SHOWN_STATES):
        console.print(f"{thresholds_in_words(thresholds)} in {count(number, 'document')}", soft_wrap=True)
    if summary.by_group:
        console.print(f"{count(summary.by_group, 'document')} judged by the threshold of their group", soft_wrap=True)
    if summary.scanned or summary.handed_on:
        console.print(_readers(summary), soft_wrap=True)
    for line in _states(summary):
        console.print(line, soft_wrap=True)
    for remark in _remarks(summary):
        console.print(Text(printable_line(remark), "yellow"), soft_wrap=True)


def _readers(summary: Summary) -> str:
    """Return who read how many documents, where a first stage read them all."""
    readers = [("the first stage alone", summary.scanned), ("the light encoder, too", summary.encoders[LIGHT_ENCODER])]
    readers += [(BOTH_ENCODERS, summary.encoders[BOTH_ENCODERS])]
    readers += [("the encoders", summary.handed_on - summary.encoders.total())]  # the wording signal failed
    return "read by " + ", by ".join(f"{name}: {number:,}" for name, number in readers if number)


def _verdicts(summary: Summary) -> Text:
    line = Text(f"{count(summary.documents.total(), 'document')}, {count(summary.words, 'word')}")
    joint = ": "
    for verdict in (Verdict.SPUN, Verdict.SUSPECT, Verdict.CLEAN, Verdict.UNSCORED):
        if number := summary.documents[verdict]:
            line.append(joint)
            line.append(f"{number:,} {verdict}", VERDICT_STYLE[verdict])
            joint = ", "
    if summary.failures:
        line.append("; ")
        line.append(f"{count(summary.failures, 'error')}", "bold red")
    return line


def _ignored(summary: Summary) -> Iterator[str]:
    """Yield what was ignored, and what is to be ignored but is not there."""
    if total := summary.ignored.total():
        unaudited = f"; {summary.unaudited:,} of the baseline's were never audited" if summary.unaudited else ""
        yield f"{count(total, 'finding')} ignored ({counts_in_words(summary.ignored)}){unaudited}"
    if summary.accepted:
        yield f"{count(summary.accepted, 'spun document')} accepted by the baseline"
    yield from summary.unused
    if (more := summary.unused_ignores - len(summary.unused)) > 0:
        yield f"… and {count(more, 'other directive')} with nothing to ignore"
    if number := summary.unused_entries:
        no_more = "applies no more" if number == 1 else "apply no more"
        entries = "1 entry" if number == 1 else f"{number:,} entries"
        yield f"{entries} of the baseline {no_more}; `detector baseline prune` takes them out"


def _states(summary: Summary) -> Iterator[Text]:
    """Yield which grammar engine ran; which signals did not run, in how many documents, and why."""
    if summary.engines:
        several = len(summary.engines) > 1
        engines = (f"{name} in {number:,}" if several else name for name, number in summary.engines.most_common())
        yield Text(f"grammar: {printable_line(', '.join(engines))}", "yellow" if several else "")
    every = summary.documents.total()
    scored = every - summary.documents[Verdict.UNSCORED]
    for (name, state), number in summary.states.most_common(_SHOWN_STATES):
        what = {Status.FAILED: "failed", Status.SKIPPED: "not run"}.get(state.status, state.status.value)
        where = (
            "" if number == (every if state.status is Status.FAILED else scored) else f" in {count(number, 'document')}"
        )
        reason = f" ({printable_line(state.detail)})" if state.detail else ""
        yield Text(f"{name}: {what}{where}{reason}", "dim" if state.status is Status.NOT_NEEDED else "yellow")
    if (more := len(summary.states) - _SHOWN_STATES) > 0:
        yield Text(f"… and {count(more, 'other reason')} for signals that did not run", "yellow")


def _remarks(summary: Summary) -> Iterator[str]:
    if summary.unmeasured:
        yield f"no verdict in {count(summary.unmeasured, 'document')}, because the wording signal failed"
    yield from summary.reading.remarks()
    yield from _ignored(summary)
    for note, number in summary.notes.most_common(_SHOWN_NOTES):
        yield f"note in {count(number, 'document')}: {note}"
    if (more_notes := len(summary.notes) - _SHOWN_NOTES) > 0:
        yield f"… and {count(more_notes, 'other note')}"
