"""The progress bar on standard error. It is shown on a terminal only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from detector.report import Outcome
from detector.reports import Writer
from detector.summary import Summary

Item = TypeVar("Item")

_MANY_RECORDS = 5  # fewer are done too soon for a bar


class ScoringProgress:
    """The progress bar of a run. Records are read lazily, so the total is known only after the last; until then it pulses."""

    def __init__(self, *, wanted: bool = True) -> None:
        console = Console(stderr=True)
        self._wanted = wanted and console.is_terminal and not console.is_dumb_terminal
        self._shown = False
        self._read = 0
        self._bar = Progress(
            TextColumn("scoring"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("scoring", total=None)

    def reading(self, records: Iterable[Item]) -> Iterator[Item]:
        """Pass the records on and count them."""
        for record in records:
            self._read += 1
            if self._wanted and not self._shown and self._read >= _MANY_RECORDS:
                self._shown = True
                self._bar.start()
            yield record
        self._bar.update(self._task, total=self._read)

    def advance(self) -> None:
        """Count one record as done."""
        self._bar.advance(self._task)

    def close(self) -> None:
        """Remove the bar. May be called twice."""
        if self._shown:
            self._bar.stop()
            self._shown = False
            self._wanted = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hide the bar while something else is printed to the terminal."""
        if not self._shown:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()


class BesideProgress:
    """Wraps a writer to a terminal that also shows the progress bar, and hides the bar while it writes."""

    def __init__(self, writer: Writer, progress: ScoringProgress) -> None:
        self._writer = writer
        self._progress = progress

    def begin(self) -> None:
        self._writer.begin()

    def outcome(self, outcome: Outcome) -> None:
        with self._progress.aside():
            self._writer.outcome(outcome)

    def end(self, summary: Summary) -> None:
        with self._progress.aside():
            self._writer.end(summary)


def beside(writer: Writer, stream: TextIO, progress: ScoringProgress) -> Writer:
    """Return the writer; if its stream is a terminal, it hides the progress bar while it writes."""
    return BesideProgress(writer, progress) if stream.isatty() else writer
