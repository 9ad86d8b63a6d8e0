"""`detector explain`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from detector.cli.options import RecordOption, read_options, with_settings
from detector.options import Settings
from detector.settings import RunSettings

PathOrRule = Annotated[
    str, typer.Argument(metavar="PATH|RULE", show_default=False, help="A file, or a rule; - is standard input.")
]


@with_settings("explain")
def command(path: PathOrRule, *, record: RecordOption = None, settings: Settings, chosen: RunSettings) -> None:
    """Show one document with its findings marked, why each was raised, and what moved the probability.

    With the name of a rule, such as wording/SWAPPED_WORD, say what that rule finds; with `rules`, list all.
    """
    from detector.reports.rules import rules_named, show_rules

    if named := rules_named(path):
        show_rules(named, sys.stdout)
        return
    from detector.cli.single import score_one
    from detector.reports.destination import open_destination
    from detector.reports.explain import Explainer

    document, report, code = score_one(
        path, record, read_options(settings, chosen), replace(settings.options, measures="all"), settings
    )
    with open_destination(None, for_machines=False) as stream:
        Explainer(stream).write(document, report)
    raise typer.Exit(code)
