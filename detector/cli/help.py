"""Help pages in plain text that fit 80 columns, options under headings."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from detector.cli.options import HEADINGS

_OTHER = "Options"


class Command(TyperCommand):
    """A command whose help shows its options by groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # typer's own copy of click has no public types
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], _OTHER: [], **{one: [] for one in HEADINGS}}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                sections["Arguments"].append((parameter.metavar or "", getattr(parameter, "help", None) or ""))
            else:
                sections[getattr(parameter, "rich_help_panel", None) or _OTHER].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records, col_max=26)
