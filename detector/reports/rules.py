"""The catalogue of rules, for a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.text import Text

from detector.reports.console import open_console
from detector.rules import RULES, VERDICT_RULES, Rule

_PLACEHOLDER = re.compile(r"\{\w+\}")  # what a finding puts there
ALL = "rules"  # the name for all of them


def rules_named(name: str) -> list[Rule]:
    """Return the rules that a name means: `signal/ID`, an ID alone, or `rules` for all. A file of that name comes first."""
    known = [*VERDICT_RULES.values(), *RULES.values()]
    if Path(name).exists():
        return []
    return known if name == ALL else [rule for rule in known if name in (rule.name, rule.id)]


def show_rules(rules: Sequence[Rule], stream: TextIO) -> None:
    """Print what each rule says and means; of many, one line each."""
    console = open_console(stream)
    for rule in rules:
        console.print(Text.assemble((rule.name, "bold"), f"  {rule.severity}"), soft_wrap=True)
        if len(rules) == 1:
            console.print(Text(f"\n{_PLACEHOLDER.sub('…', rule.message)}\n\n{rule.documentation}"))
