"""A comparison of stored scores, for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.text import Text

from detector.comparison import Comparison
from detector.report import Verdict
from detector.reports.console import VERDICT_STYLE, count, open_console, probability
from detector.reports.printable import printable_line

_MODEL_DIGITS = 12


def show_comparison(found: Comparison, models: Sequence[str | None], stream: TextIO) -> None:
    """Print how many verdicts changed, from what to what, and the documents with the largest steps."""
    console = open_console(stream)

    def show(line: str | Text) -> None:
        console.print(line, soft_wrap=True, markup=False, highlight=False)

    differ = sum(n for (old, new), n in found.verdicts.items() if old != new)
    show(f"{count(found.verdicts.total(), 'record')} in both: {differ:,} with another verdict")
    if found.moved:
        show(f"{count(found.moved, 'record')} with another probability, by {found.largest:.3f} at most")
    for number, where in ((found.only_old, "old"), (found.only_new, "new")):
        if number:
            show(f"{count(number, 'record')} in the {where} scores only")
    old_model, new_model = (model and model[:_MODEL_DIGITS] for model in models)
    if old_model and new_model and old_model != new_model:
        show(f"scored by two models: {old_model}…, {new_model}…")
    for (old, new), number in sorted(found.verdicts.items(), key=lambda item: -item[1]):
        if old != new:
            show(Text.assemble(f"{number:>11,}  ", _styled(old), " → ", _styled(new)))
    if found.changes:
        show("\nlargest steps")
    for one in found.changes:
        step = f"  {probability(one.old_probability):>5} → {probability(one.new_probability):>5}  "
        name = printable_line(one.place if one.id in one.place else f"{one.place}  {one.id}")
        show(Text.assemble(step, _styled(one.old), " → ", _styled(one.new), f"  {name}"))


def _styled(verdict: str) -> Text:
    return Text(verdict, VERDICT_STYLE[Verdict(verdict)] if verdict in set(Verdict) else "bold red")
