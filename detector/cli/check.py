"""`detector check`."""

from __future__ import annotations

import typer

from detector.cli.options import PathsArgument, with_settings
from detector.options import Settings
from detector.settings import RunSettings


@with_settings("check")
def command(paths: PathsArgument, *, settings: Settings, chosen: RunSettings) -> None:
    """Print only documents that are spun.

    Exits with 1 when there is one, with 2 when something could not be read or scored.
    """
    from detector.cli.scoring import report, switched_off
    from detector.reports.selection import is_offender

    summary = report(paths, settings, chosen, is_offender, usual_format="text")
    raise typer.Exit(
        summary.exit_code(is_gate=True, strict=settings.strict, switched_off=switched_off(settings)),
    )
