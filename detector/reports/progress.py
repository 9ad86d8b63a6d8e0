"""How far a run has come, on standard error, for a person who waits; a pipe sees nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")

_MANY_DOCUMENTS = 5  # fewer are done before anybody looks for a bar


class ScoringProgress:
    """Documents are read lazily, so the total is known only once the last one has been read; until then it pulses."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._wanted = console.is_terminal and not console.is_dumb_terminal
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shown:
            self._bar.stop()

    def reading(self, documents: Iterable[Item]) -> Iterator[Item]:
        """Passes the documents on and counts them."""
        for document in documents:
            self._read += 1
            if self._wanted and not self._shown and self._read >= _MANY_DOCUMENTS:
                self._shown = True
                self._bar.start()
            yield document
        self._bar.update(self._task, total=self._read)

    def advance(self) -> None:
        """One document is done."""
        self._bar.advance(self._task)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The bar leaves its line while something else is printed to the terminal."""
        if not self._shown:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()
