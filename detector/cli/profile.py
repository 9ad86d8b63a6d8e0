"""`detector profile`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

_SCORES = "Score files (detector score --format jsonl), or the kept folder of a detector filter run."
ScoresArgument = Annotated[list[str], typer.Argument(metavar="SCORES", show_default=False, help=_SCORES)]
OneScoresArgument = Annotated[str, typer.Argument(metavar="SCORES", show_default=False, help=_SCORES)]
GroupByOption = Annotated[
    str | None,
    typer.Option(
        metavar="FIELD",
        show_default=False,
        help="Count by source: host of the ids, source (the file), id, or what the run grouped by. Default: that.",
    ),
]
BorderlineOption = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, show_default=False, help="Documents nearest to the threshold that are listed. Default: 20."
    ),
]


def command(
    scores: ScoresArgument,
    *,
    group_by: GroupByOption = None,
    borderline: BorderlineOption = 20,
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="The calibration by group that the documents were judged by: shows what it holds for each source.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Write a page with pictures to this file, too."),
    ] = None,
    format: Annotated[
        Literal["text", "json"],
        typer.Option(metavar="FORMAT", show_default=False, help="text for people, or json. Default: text."),
    ] = "text",
) -> None:
    """Tell how much of a corpus is spun, by source, from stored scores.

    No text is read or scored. Exits with 2 when a line could not be read; the rest is still counted.
    """
    import json

    from detector.corpus.stored_scores import StoredScores
    from detector.judge.calibration_file import read_calibration
    from detector.profile import Profile
    from detector.reports.destination import open_destination
    from detector.reports.page_file import write_page
    from detector.reports.profile import show_profile
    from detector.reports.stored import tell_problems

    opened = [StoredScores(path) for path in scores]
    profile = Profile(borderline)
    for one in opened:
        profile.add(one.read(group_by))
    content = profile.to_dict(None if calibration is None else read_calibration(calibration))
    if html is not None:
        write_page(content, html, "Profile of " + ", ".join(one.name for one in opened))
    with open_destination(None, for_machines=format == "json") as stream:
        if format == "json":
            stream.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        else:
            show_profile(content, stream)
    raise typer.Exit(tell_problems(opened))
