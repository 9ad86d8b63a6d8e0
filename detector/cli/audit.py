"""`detector audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.options import with_settings
from detector.cli.profile import ScoresArgument
from detector.options import Settings


@with_settings("audit")
def command(
    scores: ScoresArgument,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="The sheet to fill in: CSV, JSON Lines (.jsonl), or a page to judge them on (.html).",
        ),
    ],
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            show_default=False,
            help="Draw from each source: host of the ids, or what the run grouped by. Default: that.",
        ),
    ] = None,
    each: Annotated[
        int, typer.Option(metavar="N", min=1, show_default=False, help="Documents of a source. Default: 40.")
    ] = 40,
    sources: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            show_default=False,
            help="Sources that are drawn from, those with most documents; all others are one. Default: 20.",
        ),
    ] = 20,
    seed: Annotated[
        int, typer.Option(metavar="S", show_default=False, help="Another seed draws other documents. Default: 0.")
    ] = 0,
    corpus: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", show_default=False, help="Put in texts from this corpus; may be repeated."),
    ] = None,
    settings: Settings,
) -> None:
    """Draw documents of each source for a person to judge, most of them near the threshold.

    What the sheet says in the end, `detector calibrate --answers` makes thresholds of.
    """
    from detector.audit import Plan
    from detector.cli.auditing import make_sheet
    from detector.cli.options import read_options

    plan = Plan(group_by, each, sources, seed)
    raise typer.Exit(make_sheet(scores, plan, output, corpus or [], read_options(settings)))
