"""`detector calibrate`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from detector.cli.options import PATHS, option_like, with_settings
from detector.options import Settings
from detector.settings import RunSettings


@with_settings("calibrate")
def command(
    paths: Annotated[list[str] | None, PATHS] = None,
    *,
    max_fpr: Annotated[
        float,
        option_like(
            "max_fpr",
            help="The share of good documents that may be called spun, such as 0.001. N documents can hold 3/N.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Write the calibration to this file, for --calibration.",
        ),
    ],
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            show_default=False,
            help="Find a threshold for each group of documents, too: by this field, or by the host of the records'"
            " addresses: host. Groups with few documents are judged more as all are.",
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Instead of good documents: a sheet of detector audit that a person filled in. Nothing is scored.",
        ),
    ] = None,
    settings: Settings,
    chosen: RunSettings,
) -> None:
    """Find the threshold for a false-positive rate on documents you know to be good.

    Those without a score don't count. Exits with 2 if something could not be read: the file is then made from the rest.
    """
    from detector.errors import ConfigError

    if answers is not None:
        if paths:
            raise ConfigError("give good documents or --answers, not both")
        from detector.cli.auditing import calibrate_audited

        calibrate_audited(answers, settings.options, max_fpr, output, group_by)
        return
    if not paths:
        raise ConfigError("which documents? Give a PATH to good ones, or --answers")
    from detector.calibrate import GoodDocuments, write_threshold
    from detector.cli.options import read_options
    from detector.cli.scoring import run_over, switched_off
    from detector.corpus.outputs import protect_inputs
    from detector.reports.calibrated import show_calibrated, show_suspicious
    from detector.reports.destination import open_destination
    from detector.reports.messages import RunMessages
    from detector.reports.progress import ScoringProgress

    settings = replace(settings, measures="all")  # a threshold is chosen among exact probabilities
    good, progress = GoodDocuments(), ScoringProgress(settings.progress)
    reading = protect_inputs(output, paths, read_options(settings, chosen, group_by=group_by))
    with open_destination(output, for_machines=True) as stream:
        summary = run_over(paths, reading, settings, [RunMessages(progress), good], progress)
        try:
            calibrated = write_threshold(good, summary, settings.options, max_fpr, stream, group_by=group_by)
        except ConfigError:
            show_suspicious(good.suspicious, sys.stdout)
            raise
    with open_destination(None, for_machines=False) as stream:
        show_calibrated(calibrated, output, stream)
    raise typer.Exit(summary.exit_code(strict=settings.strict, switched_off=switched_off(settings)))
