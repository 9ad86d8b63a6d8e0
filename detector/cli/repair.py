"""`detector repair`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.options import PathsArgument, option_like, with_settings
from detector.options import Settings
from detector.restore import MIN_PROBABILITY

_FOLDERS = "Output"


@with_settings("repair")
def command(
    paths: PathsArgument,
    *,
    output: Annotated[
        Path,
        typer.Option(
            metavar="DIR", show_default=False, rich_help_panel=_FOLDERS, help="Folder for the repaired corpus."
        ),
    ],
    min_probability: Annotated[
        float,
        option_like(
            "threshold",
            help="Leave a word where it is less likely that it was swapped and that the best guess stood there."
            f" Default: {MIN_PROBABILITY:g}.",
            panel=_FOLDERS,
        ),
    ] = MIN_PROBABILITY,
    field: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Field that is added to records: their edits. Default: unspun_edits.",
        ),
    ] = "unspun_edits",
    undo: Annotated[
        bool,
        typer.Option(
            "--undo",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Take a repair back: read a repaired corpus, write the one that it was made of.",
        ),
    ] = False,
    settings: Settings,
) -> None:
    """Put the likeliest words back into the spun records of a corpus, where that is sure; --undo takes it back.

    All records are written, in the format they have, with their edits. A run that was interrupted goes on when the same
    command is given again. Exits with 2 when something could not be read or scored.
    """
    from detector.cli.filtering import run_task, run_unscored
    from detector.corpus.repair_task import RepairTask, UndoTask

    if undo:
        raise typer.Exit(run_unscored(paths, UndoTask(output, field), settings))
    task = RepairTask(output, field, settings.text_field, min_probability)
    raise typer.Exit(run_task(paths, task, settings))
