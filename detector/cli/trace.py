"""`detector trace`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from detector.cli.options import PATHS, with_settings
from detector.options import Settings


@with_settings("trace")
def command(
    paths: Annotated[list[str], PATHS],
    *,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            show_default=False,
            rich_help_panel="Input",
            help="Look for originals here only: files, directories, or a folder of signatures; may be repeated."
            " Default: each document is compared with all others.",
        ),
    ] = None,
    signatures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            rich_help_panel="Running",
            help="Keep signatures and texts in this folder: a run that was interrupted goes on, and another corpus is"
            " added to what is there. It takes about as much room as the compressed corpus, twice.",
        ),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart", show_default=False, rich_help_panel="Running", help="Throw away what is in that folder."
        ),
    ] = False,
    format: Annotated[
        Literal["text", "jsonl"],
        typer.Option(
            metavar="FORMAT",
            show_default=False,
            rich_help_panel="Output",
            help="text for people: families; jsonl for one object a pair, then one a family. Default: text.",
        ),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            rich_help_panel="Output",
            help="Write to this file, whole or not at all. Default: standard output.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            rich_help_panel="Output",
            help="Write a page of the largest families to this file, too: each copy beside its source.",
        ),
    ] = None,
    settings: Settings,
) -> None:
    """Find documents that say the same with swapped words: families, their original, each swap.

    A PATH may be a folder of signatures. Exits with 2 when something could not be read; the rest is still compared.
    """
    from detector.cli.tracing import Request, trace

    raise typer.Exit(trace(Request(paths, against or [], signatures, restart, format, output, html), settings))
