"""`detector explain`."""

from __future__ import annotations

from dataclasses import replace

import typer

from detector.cli.options import PathArgument, RecordOption, read_options, with_settings
from detector.options import Settings


@with_settings("explain")
def command(path: PathArgument, *, record: RecordOption = None, settings: Settings) -> None:
    """Show one document with its findings marked, why each was raised, and what moved the probability."""
    from detector.cli.single import exit_code, score_one
    from detector.reports.destination import open_destination
    from detector.reports.explain import Explainer

    document, report = score_one(path, record, read_options(settings), replace(settings.options, measures="all"))
    with open_destination(None, for_machines=False) as stream:
        Explainer(stream).write(document, report)
    raise typer.Exit(exit_code(report))
