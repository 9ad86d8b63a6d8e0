"""`detector baseline audit`: entries in their sentences, and the question what is to become of each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

import typer
from rich.text import Text

from detector.policy.auditing import Question
from detector.policy.baseline import Decision
from detector.reports.console import open_console
from detector.reports.printable import printable_line

_KEYS = {"a": Decision.ACCEPTED, "r": Decision.REJECTED, "s": Decision.NONE}


def show_questions(asked: Iterable[Question], stream: TextIO) -> None:
    """Print entries, one below the other."""
    console = open_console(stream)
    for question in asked:
        console.print(_line(question), soft_wrap=True)


def ask(question: Question, number: int, total: int) -> tuple[Decision, str] | None:
    """Show an entry and return what the user decides, with a reason; None where the user has enough."""
    console = open_console(sys.stdout)
    console.print()
    console.print(Text(f"{number:,} of {total:,}  ", "dim").append_text(_line(question)), soft_wrap=True)
    key = ""
    while key not in (*_KEYS, "q"):
        key = typer.prompt("(a)ccept, (r)eject, (s)kip, (q)uit", default="s", show_default=True).strip().lower()[:1]
    if key == "q":
        return None
    decision = _KEYS[key]
    reason = typer.prompt("reason", default="", show_default=False).strip() if decision is not Decision.NONE else ""
    return decision, reason


def _line(question: Question) -> Text:
    entry = question.entry
    decided = (
        f"  ({entry.decision}{f': {printable_line(entry.reason)}' if entry.reason else ''})" if entry.decision else ""
    )
    return Text.assemble(
        (f"{printable_line(str(entry.place))}  ", "cyan"),
        (f"{printable_line(entry.identity.rule)}  ", "dim"),
        _spaced(question.before),
        ("[", "dim"),
        (printable_line(question.words), "bold red"),
        ("]", "dim"),
        _spaced(question.after),
        (decided, "dim"),
    )


def _spaced(text: str) -> str:
    """Return text that can be printed, with the blank at either end that it has."""
    shown = printable_line(text)
    return f"{' ' * text.startswith(' ')}{shown}{' ' * (text.endswith(' ') and bool(shown))}"
