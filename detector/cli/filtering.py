"""Putting together a run over the shards of a corpus: what decides about its result, its report, its messages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from detector import __version__, model_files
from detector.cli import scoring
from detector.cli.options import read_options
from detector.corpus.filter_options import KEPT
from detector.corpus.locations import place
from detector.corpus.mirror import Mirror
from detector.corpus.options import ReadOptions
from detector.corpus.paths import file_id, os_problem
from detector.corpus.repair_task import UndoTask, unscored
from detector.corpus.sharded import ShardedRun
from detector.corpus.tally import Tally
from detector.corpus.task import Task
from detector.corpus.whole_files import Place, beside, check_target, shown, write_file
from detector.corpus.writers.files import output_failed
from detector.errors import EXIT_ERROR, EXIT_OK, ConfigError, DetectorError
from detector.judge.calibration_file import Calibration, read_calibration
from detector.option_types import rows
from detector.options import Options, Settings
from detector.profile import with_calibration
from detector.report import Thresholds
from detector.reports.messages import RunMessages, print_error, print_step
from detector.reports.page import make_page
from detector.reports.progress import ScoringProgress
from detector.run import Scores, run, score_records
from detector.settings import Choice, RunSettings
from detector.signals.grammar import expected_engine
from detector.summary import Summary

_DECIDES_UNSCORED = ("text_field", "id_field", "max_document_size")
DECIDES = (
    "threshold",
    "max_fpr",
    "wording",
    "grammar",
    "last_reader",
    "speed",
    "text_format",
    "inline_ignores",
    "ignore_field",
    *_DECIDES_UNSCORED,
)
_SHOWN_ERRORS = 5
_PAGE = ".html"  # beside a report


def run_task(
    paths: Sequence[str],
    task: Task,
    settings: Settings,
    chosen: RunSettings,
    *,
    mirror: Mirror | None = None,
    engine: str = "local",
) -> int:
    """Do a task with the records of the paths, write the run report, and print the summary on standard error.

    Each file is done as its own settings (`chosen`) say; records of one that is `off` have no verdict.
    `engine` is what scores: `local`, `ray` or `spark`. It decides nothing about the result.
    Return the exit code: 2 also where an earlier run met the error that is there.
    """
    errors, report = places(settings, task)
    summary, progress = Summary(), ScoringProgress(settings.progress)
    started = datetime.now(UTC)
    calibration = None if settings.calibration is None else read_calibration(settings.calibration)
    command = command_of(settings)
    with ShardedRun(
        paths,
        task,
        _reading_by_file(settings, chosen, report),
        command,
        restart=settings.restart,
        log=summary.reading,
        watch=progress,
        mirror=mirror,
    ) as sharded:
        _announce(sharded)
        stages: dict[str, float] = {}
        load = partial(_timed, stages, _loader(engine))
        score = partial(score_records, load=scoring.with_sources(settings, partial(load, settings.options), summary))
        try:
            run(sharded.run(score), [RunMessages(progress)], summary=summary, max_errors=settings.max_errors)
        finally:
            # Those of all documents that have none of their group.
            same = None if summary.other_thresholds else summary.thresholds
            tally = write_report(sharded, report, started, same, calibration=calibration, stages=stages)
        failed = tell_end(sharded, tally, errors)
    if settings.trace and summary.source_errors is None:  # an earlier run has scored everything
        from detector.cli.tracing import look_at_sources

        look_at_sources(settings, summary)
    if failed:
        return EXIT_ERROR
    return summary.exit_code(strict=settings.strict, switched_off=scoring.switched_off(settings))


@contextmanager
def _timed(
    stages: dict[str, float], load: Callable[[Options], AbstractContextManager[Scores]], options: Options
) -> Iterator[Scores]:
    """Load what scores, and note in `stages` what it took, where it knows."""
    with load(options) as scores:
        try:
            yield scores
        finally:
            stages.update(getattr(scores, "stage_seconds", {}))


def _loader(engine: str) -> Callable[[Options], AbstractContextManager[Scores]]:
    """Return what loads what scores."""
    if engine == "ray":
        from detector.adapters import ray_actors

        return ray_actors.load
    if engine == "spark":
        from detector.adapters import spark_tasks

        return spark_tasks.load
    return scoring.load_detector


def run_unscored(
    paths: Sequence[str],
    task: UndoTask,
    settings: Settings,
    chosen: RunSettings,
    mirror: Mirror | None = None,
) -> int:
    """Take a repair back, for which nothing is scored; return the exit code."""
    errors, report = places(settings, task)
    summary, progress = Summary(), ScoringProgress(settings.progress)
    started = datetime.now(UTC)
    command = {"version": __version__, **_chosen(settings, _DECIDES_UNSCORED)}
    with ShardedRun(
        paths,
        task,
        _reading_by_file(settings, chosen, report),
        command,
        restart=settings.restart,
        log=summary.reading,
        watch=progress,
        mirror=mirror,
    ) as sharded:
        _announce(sharded)
        sharded.shards = task.use(sharded.shards)
        try:
            for _ in sharded.run(unscored):
                pass
        finally:
            progress.close()
            tally = write_report(sharded, report, started, None, calibration=None)
        for message in islice(sharded.error_messages(), _SHOWN_ERRORS):
            print_error(DetectorError(message))
        failed = tell_end(sharded, tally, errors)
    return EXIT_ERROR if failed else EXIT_OK


def tell_end(sharded: ShardedRun, tally: Tally, errors: Place | None) -> bool:
    """Say what could not be written, and write the errors of all records where they are wanted; tell if anything went wrong,
    in this run or an earlier one."""
    for unwritten in sharded.unwritten:
        print_error(unwritten)
    if errors is not None:
        sharded.write_errors(errors)
    return bool(tally.errors or sharded.unwritten)


def _announce(sharded: ShardedRun) -> None:
    for folder in sharded.took_over:
        print_step(f"{folder}: the run that wrote there is gone; its lock was taken over")
    if sharded.resumed:
        print_step(f"{sharded.run_folder.folder}: going on with the run that was begun")


def _chosen(settings: Settings, names: Sequence[str]) -> dict[str, Any]:
    return {f"--{name.replace('_', '-')}": getattr(settings, name) for name in names}


def command_of(settings: Settings) -> dict[str, Any]:
    """Return what decides about the result, in the words of the command line."""
    manifest = model_files.read_manifest(model_files.locate())
    return {
        "version": __version__,
        "model": manifest.sha256,
        **_chosen(settings, DECIDES),
        "grammar engine": expected_engine(settings.grammar, settings.languagetool_url),
        "--allow-phrases": list(settings.allow_phrases),
        "--allow": _hash_of("--allow", settings.allow),
        "--calibration": hash_of(settings.options),
        **_sources_of(settings),
    }


def _sources_of(settings: Settings) -> dict[str, Any]:
    """Return which sources documents are compared with, by their paths and by what is in them."""
    if not settings.trace:
        return {}
    from detector.trace.contents import hash_of_sources

    return {
        "--trace": list(settings.trace),
        "contents of --trace": hash_of_sources(settings.trace, read_options(settings)),
    }


def hash_of(options: Options) -> str | None:
    return _hash_of("--calibration", options.calibration)


def _hash_of(option: str, path: str | os.PathLike[str] | None) -> str | None:
    """Return what tells whether the file of an option is the same one."""
    if path is None:
        return None
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{option} {path}: {os_problem(error)}") from error


def places(settings: Settings, task: Task) -> tuple[Place | None, Place]:
    """Return where the errors of a run and its report go. Raise ConfigError, OutputError for what can't be written to."""
    errors = None if settings.errors is None else place(os.fspath(settings.errors))
    check_target("errors", errors)
    if settings.run_report is not None:
        report = place(os.fspath(settings.run_report))
        check_target("run-report", report)
        return errors, report
    _, folder = next(iter(task.folders.items()))
    return errors, folder.parent / ("run.json" if KEPT in task.folders else f"{folder.name}.run.json")


def reading_without(settings: Settings, report: Place) -> ReadOptions:
    """Return how files are read: not the report of an earlier run, nor its page."""
    reading = read_options(settings)
    own = (file_id(target) for target in (report, beside(report, _PAGE)))
    return replace(reading, outputs=reading.outputs | {one for one in own if one is not None})


def _reading_by_file(settings: Settings, chosen: RunSettings, report: Place) -> ReadOptions:
    """Return how files are read, each as its own settings say. One that is `off` is read, too: nothing is to be lost."""
    reading = reading_without(settings, report)
    by_file = read_options(settings, chosen).of_file
    assert by_file is not None
    of_run = _decides_by_file(chosen.run)

    def of_file(path: str) -> ReadOptions:
        options, choice = by_file(path), chosen.of_file(path)
        if options is None:
            return replace(reading, off=True, own={"off": True})
        own = {name: value for name, value in _decides_by_file(choice).items() if value != of_run[name]}
        return replace(options, own=own)

    return replace(reading, of_file=of_file)


def _decides_by_file(choice: Choice) -> dict[str, Any]:
    """Return what decides about the result and can be chosen for a file, in the words of the command line."""
    settings = choice.settings()
    names = [row.name for row in rows(Settings) if row.by_file and row.name in DECIDES]
    options = choice.by_file
    return {**_chosen(settings, names), "--grammar": options.grammar, "--calibration": hash_of(options)}


def write_report(
    sharded: ShardedRun,
    target: Place,
    started: datetime,
    thresholds: Thresholds | None,
    *,
    calibration: Calibration | None,
    stages: Mapping[str, float] | None = None,
) -> Tally:
    """Write `run.json` and the page that shows it, tell its most important numbers, and return them."""
    tally, done = sharded.tally()
    ended = datetime.now(UTC)
    counts = tally.report()
    if KEPT not in sharded.task.folders:
        del counts["keep_rate"]
    content = {
        "unspun": 1,
        "complete": done == len(sharded.shards),
        "command": sharded.command,
        "thresholds": asdict(thresholds) if thresholds else None,
        "shards": _shards(sharded, done),
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "seconds": _seconds(sharded, (ended - started).total_seconds()),
        "stages": {name: round(value, 3) for name, value in sorted((stages or {}).items())},
        **with_calibration(counts, calibration),
    }
    page = make_page(content, f"detector: run of {started:%Y-%m-%d %H:%M} UTC")
    try:
        write_file(target, [_encoded(json.dumps(content, ensure_ascii=False, indent=2) + "\n")])
        write_file(beside(target, _PAGE), [_encoded(page)])
    except OSError as error:
        raise output_failed(error) from error
    parts = [
        f"{number:,} {'written' if name == 'output' else name}" for name, number in sorted(tally.destinations.items())
    ]
    if tally.edits:
        parts.append(f"{tally.edits:,} edits in {tally.edited:,}")
    if tally.errors:
        parts.append(f"{tally.errors.total():,} could not be read or scored (see {sharded.run_folder.errors_place})")
    print_step(
        f"{done:,} of {len(sharded.shards):,} shards done: {', '.join(parts) or 'no records'}; see {shown(target)}"
    )
    return tally


def _shards(sharded: ShardedRun, done: int) -> dict[str, int]:
    """Return the counts of shards; `own_settings` of those whose settings are not all those of the run."""
    own = sum(bool(shard.options.own) for shard in sharded.shards)
    counts = {"all": len(sharded.shards), "done": done, "bytes": sharded.total_bytes}
    return {**counts, **({"own_settings": own} if own else {})}


def _seconds(sharded: ShardedRun, total: float) -> dict[str, float]:
    reading, writing = sharded.seconds["reading"], sharded.seconds["writing"]
    parts = {"reading": reading, "scoring": max(total - reading - writing, 0.0), "writing": writing}
    return {name: round(value, 3) for name, value in parts.items()}


def _encoded(text: str) -> bytes:
    """Return UTF-8; a lone surrogate is spelt out."""
    return text.encode("utf-8", "backslashreplace")
