"""`detector repair`."""

from __future__ import annotations

from typing import Annotated

import typer

from detector.cli.options import PathsArgument, WorkOption, option_like, with_settings
from detector.options import Settings
from detector.restore import MIN_PROBABILITY
from detector.settings import RunSettings

_FOLDERS = "Output"


@with_settings("repair")
def command(
    paths: PathsArgument,
    *,
    output: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Folder for the repaired corpus. It may be an address, such as s3://bucket/repaired.",
        ),
    ],
    work: WorkOption = None,
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
    chosen: RunSettings,
) -> None:
    """Put the likeliest words back into the spun records of a corpus, where that is sure; --undo takes it back.

    All records are written, in the format they have, with their edits. A run that was interrupted goes on when the same
    command is given again. Exits with 2 when something could not be read or scored.
    """
    from detector.cli.filtering import run_task, run_unscored
    from detector.corpus.mirror import place_folders
    from detector.corpus.repair_task import RepairTask, UndoTask

    folders, mirror = place_folders({"output": output}, work)
    if undo:
        raise typer.Exit(run_unscored(paths, UndoTask(folders["output"], field), settings, chosen, mirror))
    task = RepairTask(folders["output"], field, min_probability)
    raise typer.Exit(run_task(paths, task, settings, chosen, mirror=mirror))
