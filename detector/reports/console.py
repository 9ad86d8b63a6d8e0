"""How everything looks that a person reads, on a terminal or in a pipe."""

from __future__ import annotations

import errno
import os
from typing import TextIO

from rich.console import Console

from detector.report import Thresholds, Verdict

VERDICT_STYLE = {
    Verdict.SPUN: "bold red",
    Verdict.SUSPECT: "yellow",
    Verdict.CLEAN: "green",
    Verdict.UNSCORED: "dim",
}


class _PlainConsole(Console):
    """Prints what it is given: document text is never read as markup, emoji codes or numbers to colour."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(file=stream, markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Raise the error. Rich would exit with 1, which means something else here."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def open_console(stream: TextIO) -> Console:
    return _PlainConsole(stream)


def probability(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def thresholds_in_words(thresholds: Thresholds) -> str:
    """Return thresholds for a person.

    >>> thresholds_in_words(Thresholds(0.7221, 0.981234))
    'spun from 0.981234, suspect from 0.7221 (model)'
    """
    whose = thresholds.origin if thresholds.group is None else f"{thresholds.origin} for {thresholds.group}"
    return f"spun from {thresholds.spun:g}, suspect from {thresholds.suspect:g} ({whose})"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    >>> count(1, "word"), count(1200, "word"), count(2, "family", "families")
    ('1 word', '1,200 words', '2 families')
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
