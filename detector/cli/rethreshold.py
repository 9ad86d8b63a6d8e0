"""`detector rethreshold`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.options import with_settings
from detector.cli.profile import BorderlineOption, OneScoresArgument
from detector.options import Settings

_FOLDERS = "Output"


@with_settings("rethreshold")
def command(
    scores: OneScoresArgument,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", show_default=False, help="The corpus, as it was given when it was scored."),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            rich_help_panel=_FOLDERS,
            help="Write a score file with the new verdicts to this file.",
        ),
    ] = None,
    borderline: BorderlineOption = 20,
    settings: Settings,
) -> None:
    """Find the verdicts under another threshold from stored scores, and keep and reject again.

    Nothing is scored. Without a corpus to split, the new counts and the documents nearest to the threshold are printed.
    Exits with 2 when something could not be read or scored.
    """
    from detector.cli.rethresholding import Folders, preview, split_again
    from detector.corpus.stored_scores import StoredScores
    from detector.errors import ConfigError

    opened = StoredScores(scores)
    kept, rejected, suspect, errors, report = (
        None if path is None else Path(path)
        for path in (settings.kept, settings.rejected, settings.suspect, settings.errors, settings.run_report)
    )
    if paths and kept is not None and rejected is not None and output is None:
        folders = Folders(kept, rejected, suspect)
        raise typer.Exit(split_again(opened, paths, folders, settings))
    if paths or any(one is not None for one in (kept, rejected, suspect, errors, report)) or settings.restart:
        raise ConfigError("to keep and reject again, give SCORES, the corpus, --kept and --rejected, and no --output")
    raise typer.Exit(preview(opened, settings, output, borderline))
