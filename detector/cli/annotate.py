"""`detector annotate`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import typer

from detector.cli.options import PathsArgument, WorkOption, with_settings
from detector.options import Settings
from detector.settings import RunSettings

_FOLDERS = "Output"


@with_settings("annotate")
def command(
    paths: PathsArgument,
    *,
    to: Annotated[
        Literal["dolma", "parquet"],
        typer.Option(
            metavar="FORMAT",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="dolma: attributes for Dolma's mixer; parquet: a table to be joined by id.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Folder for the tables; for dolma the one that holds documents/, which gets attributes/. It may be an"
            " address, such as s3://bucket/scores.",
        ),
    ],
    work: WorkOption = None,
    experiment: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Name of Dolma's attributes, and of their folder. Default: unspun.",
        ),
    ] = "unspun",
    settings: Settings,
    chosen: RunSettings,
) -> None:
    """Write what is found in a corpus into files beside it, a row for each record; the corpus stays as it is.

    A run that was interrupted goes on when the same command is given again. Exits with 2 when something could not be
    read or scored.
    """
    from detector.cli.filtering import run_task
    from detector.corpus.annotate_task import AnnotateTask
    from detector.corpus.mirror import place_folders

    folders, mirror = place_folders({"output": output}, work)
    task = AnnotateTask(to, folders["output"], experiment)
    raise typer.Exit(run_task(paths, task, settings, chosen, mirror=replace(mirror, below=task.below)))
