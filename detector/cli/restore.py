"""`detector restore`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import typer

from detector.cli.options import PathArgument, RecordOption, option_like, read_options, with_settings
from detector.options import Settings
from detector.restore import SURE
from detector.settings import RunSettings


@with_settings("restore")
def command(
    path: PathArgument,
    *,
    record: RecordOption = None,
    format: Annotated[
        Literal["text", "json"],
        typer.Option(
            metavar="FORMAT", show_default=False, help="text: the text alone; json: with its edits. Default: text."
        ),
    ] = "text",
    sure: Annotated[
        float, option_like("threshold", help=f"Leave a word where the best guess has less. Default: {SURE:g}.")
    ] = SURE,
    settings: Settings,
    chosen: RunSettings,
) -> None:
    """Print a document with swapped words put back by the best guess, and list the edits, which can be undone."""
    from detector.cli.single import score_one
    from detector.reports.destination import open_destination
    from detector.reports.restored import write_restored

    options = replace(settings.options, grammar="off", measures="all")
    document, report, code = score_one(path, record, read_options(settings, chosen), options, settings)
    with open_destination(None, for_machines=True) as stream:
        write_restored(document, report, sure, stream, as_json=format == "json")
    raise typer.Exit(code)
