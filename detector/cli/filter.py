"""`detector filter`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from detector.cli.options import PathsArgument, WorkOption, with_settings
from detector.options import Settings
from detector.settings import RunSettings

_FOLDERS, _RECORDS = "Output", "Input"
TARGETS = ("parquet", "jsonl", "jsonl.gz", "jsonl.zst", "jsonl.bz2", "jsonl.xz")  # of detector.corpus.writers


@with_settings("filter")
def command(
    paths: PathsArgument,
    *,
    work: WorkOption = None,
    unscored: Annotated[
        Literal["keep", "reject"],
        typer.Option(
            metavar="WHAT",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="What becomes of records without a verdict (too short, not English): keep or reject. Default: keep.",
        ),
    ] = "keep",
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help=f"Write another container: {', '.join(TARGETS)}. Default: the one that is read.",
        ),
    ] = None,
    field: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Field that is added to rejected and suspect records: verdict, probability, reason, strongest"
            " findings. An empty name adds none. Default: unspun.",
        ),
    ] = "unspun",
    annotate_kept: Annotated[
        bool,
        typer.Option(
            "--annotate-kept", show_default=False, rich_help_panel=_FOLDERS, help="Add it to kept records, too."
        ),
    ] = False,
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Count by this field as well, or by the host of the records' addresses: host. Default: what a"
            " calibration groups by.",
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray", "spark"],
        typer.Option(
            metavar="ENGINE",
            show_default=False,
            rich_help_panel="Running",
            help="What scores: local; ray: --jobs actors of the Ray cluster of RAY_ADDRESS, or of a new one on this"
            " machine; spark: --jobs tasks of Spark, as it is configured. Default: local.",
        ),
    ] = "local",
    settings: Settings,
    chosen: RunSettings,
) -> None:
    """Split a corpus into records to keep and spun ones, in the format it has.

    A run that was interrupted goes on when the same command is given again. Exits with 2 when something could not be
    read or scored.
    """
    from detector.cli.filtering import run_task
    from detector.cli.options import calibrated_by
    from detector.corpus.filter_options import FilterOptions
    from detector.corpus.filter_task import FilterTask
    from detector.corpus.mirror import place_folders

    if to is not None and to not in TARGETS:
        raise typer.BadParameter(f"must be one of {', '.join(TARGETS)}, not {to!r}", param_hint="'--to'")
    group_by = group_by or calibrated_by(settings)
    given = {name: getattr(settings, name) for name in ("kept", "rejected", "suspect")}
    folders, mirror = place_folders({name: path and str(path) for name, path in given.items()}, work)
    options = FilterOptions(
        folders["kept"],
        folders["rejected"],
        folders.get("suspect"),
        unscored == "reject",
        to,
        field,
        annotate_kept,
        group_by,
    )
    task = FilterTask(options)
    raise typer.Exit(run_task(paths, task, settings, chosen, mirror=mirror, engine=engine))
