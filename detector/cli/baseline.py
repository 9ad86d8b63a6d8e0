"""`detector baseline`: findings that were there before, in a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.help import Command
from detector.cli.options import PathsArgument, with_settings
from detector.options import Settings
from detector.settings import RunSettings

_HELP = "Keep the findings that are there in a file, so that only new ones count (see `check --baseline`)."

commands = typer.Typer(no_args_is_help=True, help=_HELP, rich_markup_mode=None)
MissingOption = Annotated[
    bool,
    typer.Option(
        "--missing", show_default=False, help="Also take out what is about files and records that were not read."
    ),
]


@commands.callback()
def _baseline() -> None:
    """Keep the findings that are there in a file, so that only new ones count (see `check --baseline`)."""


@commands.command(cls=Command)
@with_settings("baseline")
def create(paths: PathsArgument, *, settings: Settings, chosen: RunSettings) -> None:
    """Make a baseline of the findings that are there now."""
    from detector.cli import baselining

    raise typer.Exit(baselining.create(paths, settings, chosen))


@commands.command(cls=Command)
@with_settings("baseline")
def update(paths: PathsArgument, *, settings: Settings, chosen: RunSettings) -> None:
    """Add the findings that are new, and follow files that were renamed. Nothing is taken out, no decision is lost."""
    from detector.cli import baselining

    raise typer.Exit(baselining.update(paths, settings, chosen))


@commands.command(cls=Command)
@with_settings("baseline")
def prune(paths: PathsArgument, *, missing: MissingOption = False, settings: Settings, chosen: RunSettings) -> None:
    """Take out the entries whose findings are there no more."""
    from detector.cli import baselining

    raise typer.Exit(baselining.prune(paths, settings, chosen, missing=missing))


@commands.command(cls=Command)
@with_settings("baseline audit")
def audit(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            show_default=False,
            help="Where the records are that entries are about; files are found by themselves.",
        ),
    ] = None,
    *,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Write a sheet to fill in: CSV, or JSON Lines (.jsonl)."),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Take the decisions from a sheet that was filled in."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", show_default=False, help="Ask also about what was decided before.")
    ] = False,
    settings: Settings,
) -> None:
    """Show each entry in its sentence, and take a decision.

    An accepted entry stays as it is, a rejected one counts again. Asks on a terminal; elsewhere it prints the entries that
    nobody has decided about.
    """
    from detector.cli import baselining

    raise typer.Exit(baselining.audit(paths or [], settings, sheet=sheet, answers=answers, again=again))
