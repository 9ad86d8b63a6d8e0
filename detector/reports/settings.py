"""`detector config`: the settings of one file, and where each comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, TextIO

from rich.text import Text

from detector.option_types import Row, rows
from detector.options import Settings
from detector.reports.console import open_console
from detector.reports.printable import printable_line
from detector.settings import Choice, RunSettings


def show_settings(path: str, chosen: RunSettings, stream: TextIO) -> None:
    """Print the settings for a person: those of the file itself first, then those of a run from the current directory."""
    console = open_console(stream)
    own = chosen.of_file(path)
    console.print(Text(printable_line(path), "bold"), soft_wrap=True)
    console.print(printable_line(_summary(own)), soft_wrap=True)
    values = list(_values(path, chosen))
    width, height = (
        max(len(part) for part in parts) for parts in zip(*((r.key, r.in_words(v)) for r, v, _ in values), strict=True)
    )
    for title, by_file in (("For this file", True), ("For a run from here", False)):
        console.print(Text(f"\n{title}", "bold"))
        for row, value, origin in values:
            if row.by_file is by_file:
                shown = printable_line(row.in_words(value))
                style = "dim" if origin == "default" else ""
                console.print(
                    Text(f"  {row.key:<{width}}  {shown:<{min(height, 24)}}  {printable_line(origin)}", style),
                    soft_wrap=True,
                )


def write_settings(path: str, chosen: RunSettings, stream: TextIO) -> None:
    """Write the settings as one JSON object."""
    own = chosen.of_file(path)
    content = {
        "path": path,
        "file": str(own.file.path) if own.file else None,
        "overrides": [override.number for override in own.overrides],
        "read": not own.off,
        "options": {
            row.key: {"value": _for_json(value), "origin": origin} for row, value, origin in _values(path, chosen)
        },
    }
    stream.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _values(path: str, chosen: RunSettings) -> Iterator[tuple[Row, Any, str]]:
    own = chosen.of_file(path)
    for row in rows(Settings):
        choice = own if row.by_file else chosen.run
        if row.in_file:
            yield row, getattr(choice.settings(), row.name), choice.origin(row)


def _summary(own: Choice) -> str:
    if own.file is None:
        return "no settings file holds for it"
    numbers = ", ".join(str(override.number) for override in own.overrides)
    parts = [f"settings of {own.file.path}", f"overrides {numbers}" if numbers else ""]
    return ", ".join(filter(None, parts)) + ("; it is not read (off)" if own.off else "")


def _for_json(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value
