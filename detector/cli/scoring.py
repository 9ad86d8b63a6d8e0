"""Putting a run together for the commands that score many documents: records, model, reports."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from detector.cli.options import read_options
from detector.corpus.locations import place
from detector.corpus.outputs import protect_inputs
from detector.corpus.paths import file_id
from detector.corpus.reading import ReadOptions, read
from detector.errors import ConfigError
from detector.options import Options, Settings
from detector.policy.baseline import Baseline
from detector.policy.usage import BaselineUse
from detector.report import Outcome
from detector.reports import FORMATS, Writer
from detector.reports.destination import open_destination
from detector.reports.messages import RunMessages
from detector.reports.progress import ScoringProgress, beside
from detector.reports.selection import Selection
from detector.run import Load, run, score_records
from detector.settings import RunSettings
from detector.summary import Summary

if TYPE_CHECKING:
    from detector.engine.detector import Detector


def report(
    paths: Sequence[str],
    settings: Settings,
    chosen: RunSettings,
    wanted: Callable[[Outcome], bool] | None = None,
    *,
    usual_format: str = "short",
) -> Summary:
    """Score documents and write the report of those outcomes that are `wanted` (default: all).

    `usual_format` is what is written where the user chose none.
    """
    progress = ScoringProgress(settings.progress)
    reading = read_options(settings, chosen)
    if settings.diff_base is not None:
        from detector.corpus.changes import Changes

        reading = replace(reading, changes=Changes(settings.diff_base))
    output = None if settings.output is None else place(os.fspath(settings.output))
    format_name = usual_format if settings.format == "auto" else settings.format
    targets = [(format_name, output, "--output "), *_reports(settings)]
    for _, path, option in targets:
        reading = protect_inputs(path, paths, reading, option)
    with ExitStack() as opened:
        writers: list[Writer] = [RunMessages(progress)]
        if settings.baseline is not None:
            baseline = Baseline.read(Path(settings.baseline))
            writers.append(BaselineUse(baseline))
            reading = without_baseline(reading, baseline)
        for name, path, option in targets:
            format = FORMATS[name]
            stream = opened.enter_context(open_destination(path, for_machines=format.for_machines, option=option))
            shown = Selection(format.open(stream), settings.findings, None if format.chooses else wanted)
            writers.append(beside(shown, stream, progress))
        return run_over(paths, reading, settings, writers, progress)


def without_baseline(reading: ReadOptions, baseline: Baseline) -> ReadOptions:
    """Return how files are read: not the baseline, where a directory leads to it."""
    own = file_id(baseline.path)
    return reading if own is None else replace(reading, outputs=reading.outputs | {own})


def _reports(settings: Settings) -> Iterator[tuple[str, Path | str, str]]:
    """Yield format, path and option of each further report. Raise ConfigError for one that can't be written."""
    taken = set() if settings.output is None else {_real(os.fspath(settings.output))}
    for given in settings.report:
        name, _, path = given.partition("=")
        if name not in FORMATS or not path:
            raise ConfigError(f"--report {given}: must be FORMAT=FILE with one of the formats {', '.join(FORMATS)}")
        if _real(path) in taken:
            raise ConfigError(f"--report {given}: two reports can't go to one file; choose another one")
        taken.add(_real(path))
        yield name, place(path), f"--report {name}="


def _real(path: str) -> str:
    return os.path.realpath(path) if isinstance(place(path), Path) else path


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
    load = with_sources(settings, partial(load_detector, settings.options), summary)
    with closing(score_records(records, load)) as scored:
        return run(scored, writers, summary=summary, max_errors=settings.max_errors)


def load_detector(options: Options) -> Detector:
    from detector.engine.detector import Detector  # takes a while, and is not needed where nothing can be read

    return Detector(options, isolated=True)  # so that any document can be given up


def with_sources(settings: Settings, load: Load, summary: Summary) -> Load:
    """Return what loads the detector together with the sources that documents are compared with, if there are any.

    What of those can't be read is counted in the summary.
    """
    if not settings.trace:
        return load
    from detector.cli.tracing import proving

    return partial(proving, settings, load, summary)


def switched_off(settings: Settings) -> frozenset[str]:
    """Return the names of the signals that the user switched off."""
    return frozenset({"grammar"} if settings.grammar == "off" else ())
