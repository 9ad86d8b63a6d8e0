"""Filtering once more by stored scores: records are read and split again under another threshold, and none is scored."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detector.corpus.filter_options import group_of
from detector.corpus.filter_task import FilterTask
from detector.corpus.record import Record
from detector.corpus.resume import RunFolder
from detector.corpus.score_log import Entry, read_entries
from detector.corpus.shards import Shard
from detector.corpus.stored_scores import Stored, StoredScores
from detector.errors import ConfigError
from detector.judge.calibration import Choice
from detector.options import OPERATING_POINTS
from detector.report import Outcome
from detector.rethreshold import rejudge, require_model


@dataclass(frozen=True)
class RethresholdTask(FilterTask):
    """Split a corpus by scores that are stored. `choice` has the thresholds, `model` the SHA-256 of the model here."""

    scores: StoredScores = field(kw_only=True)
    choice: Choice = field(kw_only=True)
    model: str = field(kw_only=True)
    _relative: dict[str, str] = field(default_factory=dict, init=False)  # shards by the name that records have
    _open: list[tuple[str, Iterator[Stored]]] = field(default_factory=list, init=False)
    verb = "split again"

    def use(self, shards: Sequence[Shard]) -> list[Shard]:
        """Learn which shards there are; return them with how each was read when it was scored.

        Raise ConfigError for one that was not scored, or is another file now.
        """
        self._relative.update({shard.name: shard.relative for shard in shards})
        return [self._as_scored(shard) for shard in shards] if self.scores.command is not None else list(shards)

    def entry(self, record: Record, outcome: Outcome | None, shard: Shard) -> Entry:
        stored = self._find(record)
        require_model(self.scores, self.model)
        entry = replace(stored.entry, row=record.row, id=record.id, group=group_of(record, self.options.group_by))
        thresholds = self.choice.of_group(record.document.group if record.document else None)
        return rejudge(entry, thresholds, with_findings=self.options.annotate_kept)

    def _find(self, record: Record) -> Stored:
        """Return the score of a record. Scores and records come in the same order; those passed over were done before."""
        key = self._relative[record.file] if self.scores.command is not None else ""
        if not self._open or self._open[0][0] != key:
            self._open[:] = [(key, self._stored(key))]
        for stored in self._open[0][1]:
            if self.scores.command is None and stored.place != record.source:
                continue
            if stored.entry.row == record.row and stored.entry.id == record.id:
                return stored
        raise ConfigError(
            f"{record.source}: {self.scores.name} has no score of this record after those before it; give the files"
            " that were scored, as they were given then"
        )

    def _stored(self, relative: str) -> Iterator[Stored]:
        if self.scores.command is None:
            return self.scores.read()
        entries = read_entries(RunFolder(Path(self.scores.path)).scores_at(relative))
        return (Stored(entry, relative, relative) for entry in entries)

    def _as_scored(self, shard: Shard) -> Shard:
        run = RunFolder(Path(self.scores.path))
        marker = run.marker(shard)
        if marker is None:
            problem = "is not finished there" if run.scores(shard).exists() else "was not scored there"
            raise ConfigError(f"{shard.name}: {problem} ({self.scores.name}); detector filter scores")
        before, now = (_content(found) for found in (marker["input"], shard.fingerprint()))
        if before != now:
            raise ConfigError(f"{shard.name}: is not the file any more that was scored in {self.scores.name}")
        points = {f"--{name.replace('_', '-')}" for name in OPERATING_POINTS}  # the one that is asked for holds for all
        own = {key: value for key, value in marker["input"].get("settings", {}).items() if key not in points}
        return shard.read_as(own)


def unscored(records: Iterator[Record]) -> Generator[tuple[Record, None], None, None]:
    """Yield the records, with nothing to say of them: what stands in the place of scoring."""
    for record in records:
        yield record, None


def _content(fingerprint: Mapping[str, Any]) -> str:
    """Return what tells a file from others, wherever it was copied to and whatever the settings there."""
    content = {key: value for key, value in fingerprint.items() if key not in ("mtime_ns", "settings")}
    return json.dumps(content, sort_keys=True)
