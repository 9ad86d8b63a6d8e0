"""Putting together another threshold for stored scores: what is read, what is written, what is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from detector import __version__, model_files
from detector.cli.filtering import DECIDES, hash_of, places, reading_without, tell_end, write_report
from detector.cli.options import calibrated_by, read_options
from detector.corpus.filter_options import FilterOptions
from detector.corpus.outputs import protect_inputs
from detector.corpus.rethreshold_task import RethresholdTask, unscored
from detector.corpus.sharded import ShardedRun
from detector.corpus.shards import READING
from detector.corpus.stored_scores import StoredScores
from detector.errors import EXIT_ERROR, EXIT_OK, ConfigError
from detector.judge.calibration import Choice
from detector.judge.calibration_file import read_calibration
from detector.judge.probability import thresholds
from detector.options import OPERATING_POINTS, Settings
from detector.profile import Profile
from detector.reports.destination import open_destination
from detector.reports.messages import print_step
from detector.reports.profile import show_profile
from detector.reports.stored import tell_problems
from detector.rethreshold import choose_thresholds, rejudged, rejudged_lines, require_model


@dataclass(frozen=True)
class Folders:
    """Where records go."""

    kept: Path
    rejected: Path
    suspect: Path | None


def split_again(
    scores: StoredScores,
    paths: Sequence[str],
    folders: Folders,
    settings: Settings,
) -> int:
    """Split a corpus by stored scores, write the run report and return the exit code.

    What the run was told that made the scores holds here, too: the outputs are those of a `filter` with this threshold.
    """
    started = datetime.now(UTC)
    settings = _as_scored(scores, settings)
    choice = choose_thresholds(scores, settings.options)
    _tell_what_was_not_measured(scores, choice)
    calibration = None if settings.calibration is None else read_calibration(settings.calibration)
    manifest = model_files.read_manifest(model_files.locate())
    options = _filter_options(scores, folders, calibrated_by(settings))
    task = RethresholdTask(options, scores=scores, choice=choice, model=manifest.sha256)
    command = _command(scores, settings, manifest.sha256)
    errors, report = places(settings, task)
    with ShardedRun(paths, task, reading_without(settings, report), command, restart=settings.restart) as sharded:
        sharded.shards = task.use(sharded.shards)
        try:
            for _ in sharded.run(unscored):
                pass
        finally:
            tally = write_report(sharded, report, started, choice.thresholds, calibration=calibration)
        failed = tell_end(sharded, tally, errors)
    return EXIT_ERROR if failed or tell_problems([scores]) else EXIT_OK


def preview(scores: StoredScores, settings: Settings, output: Path | None, borderline: int) -> int:
    """Print the counts under another threshold, write the score file that was asked for, and return the exit code."""
    choice = choose_thresholds(scores, settings.options)
    _tell_what_was_not_measured(scores, choice)
    model = model_files.read_manifest(model_files.locate()).sha256
    calibration = None if settings.calibration is None else read_calibration(settings.calibration)
    group_by = calibrated_by(settings)
    profile = Profile(borderline)
    if output is None:
        for stored in scores.read(group_by):
            require_model(scores, model)
            profile.add([rejudged(stored, choice)])
    elif scores.command is not None:
        raise ConfigError("--output: a run has no score file; give its corpus, --kept and --rejected")
    else:
        protect_inputs(output, [scores.path], read_options(settings))
        with open_destination(output, for_machines=True) as stream:
            for line, stored in rejudged_lines(scores, choice, group_by, model):
                stream.write(line)
                profile.add([stored])
    with open_destination(None, for_machines=False) as stream:
        show_profile(profile.to_dict(calibration), stream)
    return tell_problems([scores])


def _as_scored(scores: StoredScores, settings: Settings) -> Settings:
    """Return the settings with how the run that made the scores read its corpus."""
    if scores.command is None:
        return settings
    return replace(settings, **{name: scores.command[_key(name)] for name in READING})


def _filter_options(scores: StoredScores, folders: Folders, group_by: str | None) -> FilterOptions:
    done = scores.command or {}
    return FilterOptions(
        folders.kept,
        folders.rejected,
        folders.suspect,
        reject_unscored=done.get("--unscored") == "reject",
        to=done.get("--to"),
        field=done.get("--field", FilterOptions.field),
        annotate_kept=bool(done.get("--annotate-kept")),
        group_by=group_by or scores.group_by,
    )


def _command(scores: StoredScores, settings: Settings, model: str) -> dict[str, Any]:
    """Return what decides about the result: what `filter` would note, where a run made the scores."""
    asked = {_key(name): getattr(settings, name) for name in DECIDES if name in OPERATING_POINTS}
    asked["--calibration"] = hash_of(settings.options)
    if scores.command is not None:
        here = {name: value for name, value in scores.command.items() if name != "--kept"}  # it may have been elsewhere
        return {**here, **asked}
    reading = {_key(name): getattr(settings, name) for name in READING}
    with open(scores.path, "rb") as stream:
        head = sha256(stream.read(1 << 16)).hexdigest()
    return {"version": __version__, "model": model, **reading, **asked, "scores": head}


def _tell_what_was_not_measured(scores: StoredScores, choice: Choice) -> None:
    suspect = thresholds(model_files.read_manifest(model_files.locate())).suspect
    if min(one.spun for one in (choice.thresholds, *choice.by_group.values())) < suspect:
        print_step(
            f"a threshold below that of suspect ({suspect:g}): what was not needed when {scores.name} was scored"
            " (grammar, parts of documents, or all but the first stage) is not in its probabilities"
        )


def _key(name: str) -> str:
    return f"--{name.replace('_', '-')}"
