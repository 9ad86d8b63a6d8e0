"""Putting together a run over the shards of a corpus: what decides about its result, its report, its messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from detector import __version__, model_files
from detector.cli import scoring
from detector.cli.options import read_options
from detector.corpus.filter_checks import check_here
from detector.corpus.filter_options import KEPT
from detector.corpus.mirror import Mirror
from detector.corpus.paths import os_problem
from detector.corpus.sharded import ShardedRun
from detector.corpus.tally import Tally
from detector.corpus.task import Task
from detector.corpus.writers.files import output_failed, write_whole
from detector.errors import EXIT_ERROR, ConfigError
from detector.options import Options, Settings
from detector.reports.messages import RunMessages, print_step
from detector.reports.progress import ScoringProgress
from detector.run import run, score_records
from detector.signals.grammar import expected_engine
from detector.summary import Summary

_DECIDES = ("threshold", "max_fpr", "wording", "grammar", "text_field", "id_field", "text_format", "max_document_size")


def run_task(
    paths: Sequence[str],
    task: Task,
    settings: Settings,
    *,
    errors: Path | None,
    report: Path | None,
    restart: bool,
    mirror: Mirror | None = None,
) -> int:
    """Do a task with the records of the paths, write the run report, and print the summary on standard error.

    Return the exit code: 2 also where an earlier run met the error that is there.
    """
    check_here("errors", errors)
    check_here("report", report)
    summary, progress = Summary(), ScoringProgress(settings.progress)
    started = datetime.now(UTC)
    command = _command(settings)
    with ShardedRun(
        paths,
        task,
        read_options(settings),
        command,
        restart=restart,
        log=summary.reading,
        watch=progress,
        mirror=mirror,
    ) as sharded:
        for folder in sharded.took_over:
            print_step(f"{folder}: the run that wrote there is gone; its lock was taken over")
        if sharded.resumed:
            print_step(f"{sharded.run_folder.folder}: going on with the run that was begun")
        score = partial(score_records, load=partial(scoring.load_detector, settings.options))
        try:
            run(sharded.run(score), [RunMessages(progress)], summary=summary, max_errors=settings.max_errors)
        finally:
            tally = _report(sharded, command, report or _report_place(sharded), started, summary)
        if errors is not None:
            sharded.write_errors(errors)
    if tally.errors:
        return EXIT_ERROR
    return summary.exit_code(strict=settings.strict, switched_off=scoring.switched_off(settings))


def _command(settings: Settings) -> dict[str, Any]:
    """Return what decides about the result, in the words of the command line."""
    manifest = model_files.read_manifest(model_files.locate())
    chosen = {f"--{name.replace('_', '-')}": getattr(settings, name) for name in _DECIDES}
    return {
        "version": __version__,
        "model": manifest.sha256,
        **chosen,
        "grammar engine": expected_engine(settings.grammar, settings.languagetool_url),
        "--calibration": _hash_of(settings.options),
    }


def _hash_of(options: Options) -> str | None:
    if options.calibration is None:
        return None
    try:
        return sha256(Path(options.calibration).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"--calibration {options.calibration}: {os_problem(error)}") from error


def _report_place(sharded: ShardedRun) -> Path:
    folder = sharded.run_folder.folder
    return folder.parent / ("run.json" if KEPT in sharded.task.folders else f"{folder.name}.run.json")


def _report(
    sharded: ShardedRun, command: Mapping[str, Any], target: Path, started: datetime, summary: Summary
) -> Tally:
    """Write `run.json`, tell its most important numbers, and return them."""
    tally, done = sharded.tally()
    ended = datetime.now(UTC)
    counts = tally.report()
    if KEPT not in sharded.task.folders:
        del counts["keep_rate"]
    content = {
        "unspun": 1,
        "complete": done == len(sharded.shards),
        "command": sharded.command,
        "thresholds": asdict(summary.thresholds) if summary.thresholds else None,
        "shards": {"all": len(sharded.shards), "done": done, "bytes": sharded.total_bytes},
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        **counts,
    }
    try:
        write_whole(target, [(json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()])
    except OSError as error:
        raise output_failed(error) from error
    parts = [
        f"{number:,} {'written' if name == 'output' else name}" for name, number in sorted(tally.destinations.items())
    ]
    if tally.errors:
        parts.append(f"{tally.errors.total():,} could not be read or scored (see {sharded.run_folder.errors_place})")
    print_step(f"{done:,} of {len(sharded.shards):,} shards done: {', '.join(parts) or 'no records'}; see {target}")
    return tally
