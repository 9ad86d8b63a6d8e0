"""`detector config`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from detector.cli.options import ConfigOption, NoConfigOption


def command(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", show_default=False, help="A file, which need not exist. Default: a run here."),
    ] = ".",
    *,
    format: Annotated[
        Literal["text", "json"],
        typer.Option(metavar="FORMAT", show_default=False, help="text for people, or json. Default: text."),
    ] = "text",
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Show which settings hold for a file, and where each comes from: a settings file, an override, or the default."""
    from detector.reports.destination import open_destination
    from detector.reports.settings import show_settings, write_settings
    from detector.settings import choose

    chosen = choose("check", {}, config, no_config=no_config)
    with open_destination(None, for_machines=format == "json") as stream:
        if format == "json":
            write_settings(path, chosen, stream)
        else:
            show_settings(path, chosen, stream)
