"""One shard to be split: where each of its records goes, and what is written into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.corpus.input import Input
from detector.corpus.options import ReadOptions
from detector.corpus.score_log import Entry
from detector.corpus.writers.files import Outputs
from detector.errors import ConfigError, SourceError
from detector.restore import Replacement

if TYPE_CHECKING:
    import pyarrow as pa

Failed = Callable[[Entry, Any], None]  # the entry, and what stood there: bytes, fields, or None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a record goes; `destination` is None for one that could not be read or scored."""

    entry: Entry
    destination: str | None


@dataclass(frozen=True)
class Changes:
    """What is changed in records: one field is added to those of the destinations in `annotated`, and texts are edited.

    `field_name` is its name, an empty one adds none; `note` makes its value, and `note_field` its column. `takes_out`:
    the field is taken out of all records instead. `edits` returns the edits of a text.
    """

    field_name: str = ""
    annotated: frozenset[str] = frozenset()
    note: Callable[[Entry], Any] = lambda entry: entry.note
    note_field: Callable[[str], pa.Field] | None = None
    takes_out: bool = False
    edits: Callable[[Entry], Sequence[Replacement]] = lambda entry: ()


class UnwritableError(ConfigError):
    """A shard can't be written in the container that was asked for; others may be."""


@dataclass
class Split:
    """One shard to be split. `decisions` come in the order of its rows, `failed` takes records that have an error.

    `replay` yields the same decisions once more, for a writer that has to know what comes.
    """

    source: Input
    decisions: Iterator[Decision]
    outputs: Outputs
    changes: Changes
    options: ReadOptions
    failed: Failed
    replay: Callable[[], Iterator[Decision]]
    _next: Decision | None = field(default=None, init=False)
    _started: bool = field(default=False, init=False)

    def take(self, row: int | None, raw: Callable[[], Any] = lambda: None) -> Decision | None:
        """Return the decision about a row that has a destination; hand a failed one on with what stood there.

        None is also the answer for what is no record, such as a blank line.
        """
        decision = self._peek()
        if decision is None or decision.entry.row != row:
            return None
        self._next = next(self.decisions, None)
        if decision.destination is None:
            self.failed(decision.entry, raw())
            return None
        return decision

    def finish(self) -> None:
        """Pass on errors that have no row. Raise SourceError if rows are missing that were scored."""
        while (decision := self._peek()) is not None:
            if not decision.entry.rest_unread:
                problem = "records that were scored can't be read now; did the file change?"
                raise SourceError(self.source.name, f"{problem} --restart begins anew, --exclude leaves it out")
            self.failed(decision.entry, None)
            self._next = next(self.decisions, None)

    @property
    def field_name(self) -> str:
        return self.changes.field_name

    def is_annotated(self, destination: str | None) -> bool:
        """Tell whether the field is added to the records of a destination."""
        return bool(self.field_name) and not self.changes.takes_out and destination in self.changes.annotated

    @property
    def removed_field(self) -> str | None:
        """The name of the field that is taken out. A field can have an empty name, as the index has that pandas writes."""
        return self.field_name if self.changes.takes_out else None

    def edits(self, decision: Decision) -> Sequence[Replacement]:
        """Return the edits of a record's text, in order."""
        return self.changes.edits(decision.entry)

    def note(self, decision: Decision) -> Any:
        """Return the value of the field that is added to a record."""
        return self.changes.note(decision.entry)

    def note_field(self) -> pa.Field:
        """Return the column of the field."""
        assert self.changes.note_field is not None
        return self.changes.note_field(self.field_name)

    def _peek(self) -> Decision | None:
        if not self._started:
            self._started, self._next = True, next(self.decisions, None)
        return self._next
