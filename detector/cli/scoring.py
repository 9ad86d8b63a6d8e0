"""Putting a run together for the commands that score many documents: records, model, reports."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from detector.cli.options import read_options
from detector.corpus.locations import place
from detector.corpus.outputs import protect_inputs
from detector.corpus.reading import ReadOptions, read
from detector.options import Options, Settings
from detector.report import Outcome
from detector.reports import FORMATS, Writer
from detector.reports.destination import open_destination
from detector.reports.messages import RunMessages
from detector.reports.progress import ScoringProgress, beside
from detector.reports.selection import Selection
from detector.run import run, score_records
from detector.summary import Summary

if TYPE_CHECKING:
    from detector.engine.detector import Detector


def report(paths: Sequence[str], settings: Settings, wanted: Callable[[Outcome], bool] | None = None) -> Summary:
    """Score documents and write the report of those outcomes that are `wanted` (default: all)."""
    format = FORMATS[settings.format]
    output = None if settings.output is None else place(os.fspath(settings.output))
    progress = ScoringProgress(settings.progress)
    reading = protect_inputs(output, paths, read_options(settings))
    with open_destination(output, for_machines=format.for_machines) as stream:
        writer = beside(Selection(format.open(stream), settings.findings, wanted), stream, progress)
        return run_over(paths, reading, settings, [RunMessages(progress), writer], progress)


def run_over(
    paths: Sequence[str],
    reading: ReadOptions,
    settings: Settings,
    writers: Sequence[Writer],
    progress: ScoringProgress,
) -> Summary:
    """Score the records of the paths and send the outcomes to the writers."""
    summary = Summary()
    records = progress.reading(read(paths, reading, log=summary.reading))
    with closing(score_records(records, partial(load_detector, settings.options))) as scored:
        return run(scored, writers, summary=summary, max_errors=settings.max_errors)


def load_detector(options: Options) -> Detector:
    from detector.engine.detector import Detector  # takes a while, and is not needed where nothing can be read

    return Detector(options, isolated=True)  # so that any document can be given up


def switched_off(settings: Settings) -> frozenset[str]:
    """Return the names of the signals that the user switched off."""
    return frozenset({"grammar"} if settings.grammar == "off" else ())
