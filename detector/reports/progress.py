"""How far a run has come, on standard error, for a person who waits; a pipe sees nothing of it."""

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

_MANY_RECORDS = 5  # fewer are done before anybody looks for a bar


class ScoringProgress:
    """Records are read lazily, so the total is known only once the last one has been read; until then the bar pulses."""

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
        """Take the bar away. May be called twice."""
        if self._shown:
            self._bar.stop()
            self._shown = False
            self._wanted = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar from its line while something else is printed to the terminal."""
        if not self._shown:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()


class BesideProgress:
    """A writer to the terminal that shows the progress bar, too: the bar makes room for each line."""

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
    """Return the writer, which makes room on the terminal where its stream is one."""
    return BesideProgress(writer, progress) if stream.isatty() else writer
