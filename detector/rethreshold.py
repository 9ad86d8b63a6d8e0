"""Another threshold for stored scores: every verdict is found again, and no text is read by a model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from detector import model_files
from detector.corpus.score_log import FINDINGS_FROM, Entry
from detector.corpus.stored_scores import Stored, StoredScores, grounds_of
from detector.errors import ConfigError
from detector.judge.calibration import Choice, resolve
from detector.judge.decision import decide
from detector.options import OPERATING_POINTS, Options, WordingDepth
from detector.report import Thresholds


def choose_thresholds(scores: StoredScores, options: Options) -> Choice:
    """Return the thresholds that the options ask for.

    Raise ConfigError where they ask for none, or where the scores are of another model than the one that is here: what
    a probability means and the threshold of `suspect` are the model's.
    """
    if all(getattr(options, name) is None for name in OPERATING_POINTS):
        raise ConfigError("which threshold? Give --threshold, --max-fpr or --calibration")
    manifest = model_files.read_manifest(model_files.locate())
    if scores.command is not None:
        options = replace(options, wording=cast(WordingDepth, scores.command["--wording"]))
    choice = resolve(options, manifest)
    require_model(scores, manifest.sha256)
    return choice


def require_model(scores: StoredScores, sha256: str) -> None:
    """Raise ConfigError if the scores, as far as they have been read, are of another model."""
    if scores.model not in (None, sha256):
        raise ConfigError(
            f"{scores.name}: was scored by another model ({scores.model[:12]}…) than the one that is here"
            f" ({sha256[:12]}…); score again"
        )


def rejudge(entry: Entry, thresholds: Thresholds, *, with_findings: bool = False) -> Entry:
    """Return the entry as it would be had the document been scored under these thresholds.

    `with_findings`: keep those of clean documents, too. What has no probability stays as it is.
    """
    if entry.probability is None or entry.error is not None:
        return entry
    verdict, _ = decide(entry.probability, entry.grounds, thresholds)
    kept = with_findings or verdict != "clean" or entry.probability >= FINDINGS_FROM
    return replace(
        entry,
        verdict=str(verdict),
        threshold=thresholds.spun,
        own=entry.group is not None and thresholds.group == entry.group,
        findings=entry.findings if kept else (),
    )


def rejudge_line(line: Mapping[str, Any], entry: Entry, choice: Choice) -> dict[str, Any]:
    """Return a line of a score file under other thresholds: its verdict, its thresholds, and the notes on them."""
    if entry.probability is None or entry.error is not None:
        return dict(line)
    before = Thresholds(**line["thresholds"])
    now = choice.of_group(entry.group)
    grounds = grounds_of(line["grounds"]) or entry.grounds
    _, old_remarks = decide(entry.probability, grounds, before)
    verdict, remarks = decide(entry.probability, grounds, now)
    notes = [note for note in line["notes"] if note not in old_remarks]
    return {**line, "verdict": str(verdict), "thresholds": asdict(now), "notes": [*notes, *remarks]}


def rejudged(stored: Stored, choice: Choice) -> Stored:
    """Return a stored score as it would be under other thresholds, but for its line."""
    thresholds = choice.of_group(stored.entry.group)
    return replace(stored, entry=rejudge(stored.entry, thresholds), suspect=thresholds.suspect)


def rejudged_lines(
    scores: StoredScores, choice: Choice, group_by: str | None, sha256: str
) -> Iterator[tuple[str, Stored]]:
    """Yield the lines of a score file with their verdicts under the new thresholds, and their scores."""
    for stored in scores.read(group_by):
        require_model(scores, sha256)
        assert stored.line is not None
        line = rejudge_line(stored.line, stored.entry, choice)
        yield json.dumps(line, ensure_ascii=False) + "\n", rejudged(stored, choice)
