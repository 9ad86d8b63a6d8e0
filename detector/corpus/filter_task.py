"""Filtering: every record goes to one of several folders by what its text is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.corpus.filter_checks import check_columns, check_no_field
from detector.corpus.filter_options import KEPT, FilterOptions, group_of
from detector.corpus.record import Record
from detector.corpus.score_log import Entry, make_entry
from detector.corpus.shards import Shard
from detector.corpus.writers import Format, format_for
from detector.corpus.writers.split import Changes
from detector.corpus.writers.tables import note_field
from detector.report import Outcome


@dataclass(frozen=True)
class FilterTask:
    """Split a corpus into records to keep and spun ones."""

    options: FilterOptions
    verb = "filter"

    @property
    def folders(self) -> Mapping[str, Path]:
        return self.options.folders

    @property
    def decisive(self) -> Mapping[str, Any]:
        return self.options.decisive

    @property
    def fields(self) -> tuple[str, ...]:
        return self.options.fields

    @property
    def changes(self) -> Changes:
        annotated = frozenset(self.folders) - (frozenset() if self.options.annotate_kept else {KEPT})
        return Changes(self.options.field, annotated, lambda entry: entry.note, note_field)

    def format(self, shard: Shard) -> Format:
        return format_for(shard, self.options.to)

    def more_outputs(self, shard: Shard, relative: str) -> list[str]:
        return [f"{relative}.{self.options.field}.json"] if shard.container is None and self.options.field else []

    def check(self, shard: Shard) -> None:
        check_columns(shard, self.options.field, self.options.to)

    def check_record(self, record: Record) -> None:
        check_no_field(record, self.options.field)

    def entry(self, record: Record, outcome: Outcome | None, shard: Shard) -> Entry:
        assert outcome is not None
        group = group_of(record, self.options.group_by)
        return make_entry(record.row, outcome, group, with_findings=self.options.annotate_kept)

    def destination(self, entry: Entry) -> str | None:
        return self.options.destination(entry)
