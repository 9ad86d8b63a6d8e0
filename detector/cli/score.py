"""`detector score`."""

from __future__ import annotations

import typer

from detector.cli.options import PathsArgument, with_settings
from detector.options import Settings
from detector.settings import RunSettings


@with_settings("score")
def command(paths: PathsArgument, *, settings: Settings, chosen: RunSettings) -> None:
    """Score documents: which are spun, and what gives them away.

    Exits with 2 when something could not be read or scored; the rest is still scored.
    """
    from detector.cli.scoring import report, switched_off

    summary = report(paths, settings, chosen)
    raise typer.Exit(summary.exit_code(strict=settings.strict, switched_off=switched_off(settings)))
