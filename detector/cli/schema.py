"""`detector schema`."""

from __future__ import annotations

import typer


def command() -> None:
    """Print the JSON Schema of reports and errors as `json` and `jsonl` have them, with the unit of every measure."""
    from detector.schema import read_schema

    typer.echo(read_schema(), nl=False)
