"""Repairing: in spun records, the likeliest words are put back where that is sure; and undoing it.

The edits stand in a field of the record: `start` and `end` (code points of the repaired text), what stands there `now`,
and what `was` there before. A text that was not read as it stands (bytes that are no UTF-8, a guessed encoding) is left
as it is, since its edits could not be undone exactly.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.corpus.filter_checks import check_columns, check_no_field, check_texts
from detector.corpus.locations import is_remote, is_web
from detector.corpus.record import Record
from detector.corpus.remote import exists, read_whole
from detector.corpus.resume import RunFolder
from detector.corpus.score_log import Entry, make_entry
from detector.corpus.shards import Shard
from detector.corpus.writers import Format, format_for
from detector.corpus.writers.split import Changes
from detector.errors import ConfigError
from detector.report import Failure, Outcome, Report, Verdict
from detector.restore import MIN_PROBABILITY, Replacement, apply, edits, reversed_edits
from detector.text.document import Document
from detector.text.formats import text_format

if TYPE_CHECKING:
    import pyarrow as pa

FIELD = "unspun_edits"
_OUTPUT = "output"


@dataclass(frozen=True)
class _Rewriting:
    """What repairing and undoing have in common. `field` is the name of the field that holds the edits."""

    output: Path
    field: str = FIELD

    def __post_init__(self) -> None:
        if not self.field:
            raise ConfigError("--field: a repair that is noted nowhere can't be undone; give it a name")

    @property
    def folders(self) -> Mapping[str, Path]:
        return {_OUTPUT: self.output}

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def format(self, shard: Shard) -> Format:
        if shard.container == "warc":
            raise ConfigError(
                f"{shard.name}: a web archive tells what a server sent, with its length and digest, and is not edited; "
                "`detector filter --to jsonl.zst` makes records of its pages, which are"
            )
        return format_for(shard, None)

    def destination(self, entry: Entry) -> str | None:
        return _OUTPUT if entry.error is None else None


@dataclass(frozen=True)
class RepairTask(_Rewriting):
    """Put words back in spun records; `min_probability` is explained in `detector.restore.probability`."""

    min_probability: float = MIN_PROBABILITY

    @property
    def verb(self) -> str:
        return "repair"

    @property
    def decisive(self) -> Mapping[str, Any]:
        return {"--undo": False, "--field": self.field, "--min-probability": self.min_probability}

    @property
    def changes(self) -> Changes:
        return Changes(self.field, frozenset(self.folders), _note, _note_field, edits=_forward)

    def more_outputs(self, shard: Shard, relative: str) -> list[str]:
        return [f"{relative}.{self.field}.json"] if shard.container is None else []

    def check(self, shard: Shard) -> None:
        check_columns(shard, self.field, None)
        check_texts(shard, shard.options.text_field)

    def check_record(self, record: Record) -> None:
        check_no_field(record, self.field)

    def entry(self, record: Record, outcome: Outcome | None, shard: Shard) -> Entry:
        assert outcome is not None
        entry = make_entry(record.row, outcome, None, with_findings=False)
        document = record.document
        if not (isinstance(outcome, Report) and outcome.verdict is Verdict.SPUN and document and _is_exact(document)):
            return entry
        made = edits(document, outcome.findings, 0.0, self.min_probability)
        return replace(entry, edits=tuple(map(_noted, reversed_edits(made))))


@dataclass(frozen=True)
class UndoTask(_Rewriting):
    """Take a repair back: each text becomes what it was, and the field goes."""

    @property
    def verb(self) -> str:
        return "take back"

    @property
    def decisive(self) -> Mapping[str, Any]:
        return {"--undo": True, "--field": self.field}

    @property
    def changes(self) -> Changes:
        return Changes(self.field, takes_out=True, edits=_backward)

    def more_outputs(self, shard: Shard, relative: str) -> list[str]:
        return []

    def use(self, shards: Sequence[Shard]) -> list[Shard]:
        """Return the shards, each to be read as it was when it was repaired, where its folder tells."""
        return [shard if (own := _settings_then(shard)) is None else shard.read_as(own) for shard in shards]

    def check(self, shard: Shard) -> None:
        if shard.container is None and is_web(shard.path):
            raise ConfigError(f"{shard.name}: its edits stand in a file beside it; copy both here first")

    def check_record(self, record: Record) -> None:
        """Look at nothing: a record without the field is an error of its own."""

    def entry(self, record: Record, outcome: Outcome | None, shard: Shard) -> Entry:
        if outcome is not None:
            return make_entry(record.row, outcome, None, with_findings=False)
        assert record.document is not None
        try:
            noted = self._noted_edits(record, shard)
            if noted:
                apply(record.document.text, [_replacement(edit) for edit in noted])
                if not _is_exact(record.document):
                    raise ValueError
        except _FieldError as error:
            return _failed(record, str(error))
        except (KeyError, TypeError, ValueError):
            return _failed(record, f"the edits in {self.field!r} do not fit the text, which was changed after them")
        return Entry(record.row, record.id, "clean", edits=tuple(noted))

    def _noted_edits(self, record: Record, shard: Shard) -> Sequence[Mapping[str, Any]]:
        if record.fields is None:
            beside = f"{shard.path}.{self.field}.json"
            if not (exists(beside) if is_remote(beside) else Path(beside).exists()):
                raise _FieldError(f"there is no {Path(beside).name} beside it; was it repaired?")
            value: Any = read_whole(beside).decode() if is_remote(beside) else Path(beside).read_text(encoding="utf-8")
        elif self.field in record.fields:
            value = record.fields[self.field]
        else:
            raise _FieldError(f"no field {self.field!r}; was it repaired? Another name is chosen with --field")
        found = json.loads(value) if isinstance(value, str) else value
        return [{name: edit[name] for name in ("start", "end", "was", "now")} for edit in found]


class _FieldError(Exception):
    """A record has no edits; the message is for a person."""


def _settings_then(shard: Shard) -> Mapping[str, Any] | None:
    """Return the settings of its own that a shard was repaired with; None where no run left a note of it."""
    if is_remote(shard.path):
        return None
    path = Path(os.path.abspath(shard.path))
    for folder in path.parents:
        run = RunFolder(folder, _OUTPUT)
        if run.path.is_dir() and (marker := run.marker_at(path.relative_to(folder).as_posix())) is not None:
            settings: Mapping[str, Any] = marker["input"].get("settings", {})
            return settings
    return None


def unscored(records: Iterator[Record]) -> Generator[tuple[Record, Outcome | None], None, None]:
    """Yield each record with the failure of one that could not be read, and None for the others."""
    for record in records:
        yield record, Failure(record.id, record.source, record.error) if record.error else None


def _is_exact(document: Document) -> bool:
    """Tell whether the document's text is that of the record, so that edits can be made there and undone."""
    return not document.remarks and text_format(document.format).text_of is None


def _failed(record: Record, problem: str) -> Entry:
    return Entry(record.row, record.id, error={"type": "source", "message": f"{record.source}: {problem}"})


def _noted(edit: Replacement) -> dict[str, Any]:
    """Return an edit that leads back, as it stands in the field."""
    return {"start": edit.start, "end": edit.end, "was": edit.after, "now": edit.before}


def _replacement(edit: Mapping[str, Any]) -> Replacement:
    return Replacement(edit["start"], edit["end"], edit["now"], edit["was"])


def _backward(entry: Entry) -> Sequence[Replacement]:
    return [_replacement(edit) for edit in entry.edits]


def _forward(entry: Entry) -> Sequence[Replacement]:
    return reversed_edits(_backward(entry))


def _note(entry: Entry) -> list[dict[str, Any]]:
    return [dict(edit) for edit in entry.edits]


def _note_field(name: str) -> pa.Field:
    import pyarrow as pa

    edit = {"start": pa.int64(), "end": pa.int64(), "was": pa.string(), "now": pa.string()}
    return pa.field(name, pa.list_(pa.struct(edit)))
