"""`detector doctor`: what was found, line by line, with the command that mends it."""

from __future__ import annotations

from typing import TextIO

from rich.text import Text

from detector.doctor import Diagnosis, Fact, Health
from detector.reports.console import open_console
from detector.reports.printable import printable_line

_STYLE = {Health.OK: "green", Health.MISSING: "yellow", Health.BROKEN: "bold red"}


def print_diagnosis(diagnosis: Diagnosis, stream: TextIO) -> None:
    console = open_console(stream)
    for title, facts in (
        ("Program", diagnosis.program),
        ("Models", diagnosis.models),
        ("Settings", diagnosis.settings),
        ("Grammar", diagnosis.grammar),
    ):
        console.print(Text(title, "bold"))
        width = max(len(fact.name) for fact in facts)
        for fact in facts:
            console.print(_line(fact, width), soft_wrap=True)
        console.print()
    verdict = "all is well" if diagnosis.healthy else "something is broken, see above"
    console.print(Text(verdict, _STYLE[Health.OK if diagnosis.healthy else Health.BROKEN]))


def _line(fact: Fact, width: int) -> Text:
    """Return the lines of one fact.

    >>> print(_line(Fact("models", Health.BROKEN, "encoder.onnx is altered", "pip install -e ."), 8).plain)
      broken   models    encoder.onnx is altered
                         → pip install -e .
    """
    line = Text.assemble(
        (f"  {fact.health:<7}", _STYLE[fact.health]), f"  {fact.name:<{width}}  {printable_line(fact.detail)}"
    )
    if fact.remedy:
        line.append(f"\n{' ' * (13 + width)}→ {printable_line(fact.remedy)}")
    return line
