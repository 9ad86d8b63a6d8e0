"""Progress of a run on standard error: a bar on a terminal, or lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from detector.corpus.record import Record
from detector.options import ProgressShown
from detector.report import Outcome, Report, Verdict
from detector.reports import Writer
from detector.summary import Summary

Item = TypeVar("Item")

_MANY_RECORDS = 5  # fewer are done too soon for a bar
_LOG_EVERY = 30.0  # seconds


@dataclass
class Rates:
    """What has been done since a run began. `done` and `total` are bytes of the input, or records; None is unknown."""

    clock: Callable[[], float] = time.monotonic
    documents: int = 0
    words: int = 0
    spun: int = 0
    done: int = 0
    total: int | None = None
    at_start: int = 0  # done before this run began
    started: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def add(self, outcome: Outcome) -> None:
        self.documents += 1
        if isinstance(outcome, Report):
            self.words += outcome.words
            self.spun += outcome.verdict is Verdict.SPUN

    def __str__(self) -> str:
        seconds = max(self.clock() - self.started, 0.001)
        parts = [
            f"{self.documents:,} documents",
            f"{self.documents / seconds:,.1f} documents/s",
            f"{self.words / seconds:,.0f} words/s",
            f"{self.spun / self.documents if self.documents else 0:.1%} spun",
        ]
        if self.total:
            parts.append(f"{min(self.done / self.total, 1):.0%} read")
            if self.done > self.at_start:
                left = (self.total - self.done) * seconds / (self.done - self.at_start)
                parts.append(f"{_duration(left)} left")
        return ", ".join(parts)


class ScoringProgress:
    """Shows the progress of a run. Records are read lazily, so their total is known only after the last; bytes are known."""

    def __init__(self, when: ProgressShown = "auto", rates: Rates | None = None) -> None:
        console = Console(stderr=True)
        self.rates = rates or Rates()
        on_terminal = console.is_terminal and not console.is_dumb_terminal
        self._wanted = when == "bar" or (when == "auto" and on_terminal)
        self._logs = when == "log"
        self._logged = self.rates.started
        self._shown = False
        self._read = 0
        self._by_bytes = False
        self._bar = Progress(
            TextColumn("scoring"),
            BarColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: TaskID = self._bar.add_task("", total=None)

    def reading(self, records: Iterable[Item]) -> Iterator[Item]:
        """Pass the records on and count them."""
        for record in records:
            self._read += 1
            yield record
        self.rates.total = self._read

    def bytes_done(self, done: int, total: int) -> None:
        """Note how many bytes of the input are done, of how many."""
        if not self._by_bytes:
            self._by_bytes, self.rates.at_start = True, done
        self.rates.done, self.rates.total = done, total

    def advance(self, outcome: Outcome) -> None:
        """Count one record as done."""
        self.rates.add(outcome)
        if not self._by_bytes:
            self.rates.done = self.rates.documents
        if self._wanted:
            if not self._shown and self.rates.documents >= _MANY_RECORDS:
                self._shown = True
                self._bar.start()
            self._bar.update(self._task, completed=self.rates.done, total=self.rates.total, description=str(self.rates))
        elif self._logs and (now := self.rates.clock()) - self._logged >= _LOG_EVERY:
            self._logged = now
            print(self.rates, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Remove the bar, or write the last line of the log. May be called twice."""
        if self._shown:
            self._bar.stop()
        if self._logs:
            print(self.rates, file=sys.stderr, flush=True)
        self._shown = self._wanted = self._logs = False

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

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        with self._progress.aside():
            self._writer.outcome(outcome, record)

    def end(self, summary: Summary) -> None:
        with self._progress.aside():
            self._writer.end(summary)


def beside(writer: Writer, stream: TextIO, progress: ScoringProgress) -> Writer:
    """Return the writer; if its stream is a terminal, it hides the progress bar while it writes."""
    return BesideProgress(writer, progress) if stream.isatty() else writer


def _duration(seconds: float) -> str:
    """Return a time in the two largest units that it has.

    >>> _duration(42), _duration(3725), _duration(200_000)
    ('42 s', '1 h 2 min', '2 d 7 h')
    """
    whole = round(seconds)
    for unit, size, smaller, smaller_size in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller_size} {smaller}"
    return f"{whole} s"
