"""`detector manual`."""

from __future__ import annotations

import typer


def command(context: typer.Context) -> None:
    """Print the manual page, as man reads it, made from the same table of options as the help.

    To read it: detector manual | man -l -
    """
    from detector.reports.manual import make_manual

    typer.echo(make_manual(context.find_root().command), nl=False)
