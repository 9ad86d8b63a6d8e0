"""`detector diff`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from detector.cli.profile import OneScoresArgument


def command(
    old: OneScoresArgument,
    new: OneScoresArgument,
    *,
    listed: Annotated[
        int,
        typer.Option(metavar="N", min=0, show_default=False, help="Changed documents that are listed. Default: 20."),
    ] = 20,
    format: Annotated[
        Literal["text", "json"],
        typer.Option(metavar="FORMAT", show_default=False, help="text for people, or json. Default: text."),
    ] = "text",
) -> None:
    """Tell which verdicts changed between two sets of stored scores: by another model, threshold or version.

    Exits with 0 if none did, 1 if some did, 2 if a line could not be read.
    """
    import json

    from detector.comparison import compare
    from detector.corpus.stored_scores import StoredScores
    from detector.errors import EXIT_OK, EXIT_SPUN
    from detector.reports.comparison import show_comparison
    from detector.reports.destination import open_destination
    from detector.reports.stored import tell_problems

    opened = StoredScores(old), StoredScores(new)
    found = compare(opened[0].read(), opened[1].read(), listed=listed)
    with open_destination(None, for_machines=format == "json") as stream:
        if format == "json":
            content = {"models": [one.model for one in opened], **found.to_dict()}
            stream.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        else:
            show_comparison(found, [one.model for one in opened], stream)
    raise typer.Exit(tell_problems(list(opened)) or (EXIT_SPUN if found.changed else EXIT_OK))
