"""Typed tables, Parquet and Arrow: rows go from table to table without becoming anything else. Schema, its metadata and
the compression are kept. Row groups and batches are as long as the longest that came in, unless they would take too
much memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from detector.corpus.compression import BrokenStreamError
from detector.corpus.tables import Open, Table, row_fields
from detector.corpus.writers.arrow_texts import edit_texts
from detector.corpus.writers.split import Decision, Split
from detector.corpus.writers.views import take_rows

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1024  # rows read at a time
_LARGEST_GROUP = 64 << 20  # bytes in memory


class TableFile(Protocol):
    """A table that is being written."""

    def write(self, rows: pa.Table, group_rows: int) -> None:
        """Write rows in groups of so many."""
        ...

    def close(self) -> None: ...


Begin = Callable[[Split, str, Table, "pa.Schema"], TableFile]  # for a destination, with the table that is split


def write_table(open: Open, begin: Begin, split: Split) -> None:
    """Write each row to the file of its destination, which `begin` makes."""
    destinations: dict[str, _Destination] = {}
    for table, before, batch in _batches(open, split):
        if not destinations:
            destinations = {one: _Destination(split, one, table, begin) for one in split.outputs.destinations}
        chosen: dict[str, list[tuple[int, Decision]]] = defaultdict(list)
        for at in range(batch.num_rows):
            decision = split.take(before + at + 1, lambda batch=batch, at=at: row_fields(batch, at))  # type: ignore[misc]
            if decision is not None and decision.destination is not None:
                chosen[decision.destination].append((at, decision))
        for destination, rows in chosen.items():
            destinations[destination].add(batch, rows)
    for written in destinations.values():
        written.close()
    split.finish()


def _batches(open: Open, split: Split) -> Iterator[tuple[Table, int, pa.RecordBatch]]:
    """Yield the rows of the table, each time with how many come before; the first batch has none."""
    import pyarrow as pa

    # Damage was told when the file was read; `Split.finish` checks that nothing else is missing.
    damage = (pa.ArrowException, BrokenStreamError, OSError, ValueError, MemoryError)
    with suppress(*damage), open(split.source) as table:
        yield table, 0, pa.RecordBatch.from_pylist([], schema=pa.schema([]))
        for before, batch in table.batches(_BATCH):
            yield table, before, batch


class _Destination:
    """The rows of one destination. They wait until there are enough of them for a row group."""

    def __init__(self, split: Split, destination: str, table: Table, begin: Begin) -> None:
        self._split, self._table = split, table
        self._annotated = split.is_annotated(destination)
        schema = table.schema
        if split.removed_field in schema.names:
            schema = schema.remove(schema.get_field_index(split.removed_field))
        self._schema = schema.append(split.note_field()) if self._annotated else schema
        self._begin = partial(begin, split, destination, table, self._schema)
        self._file: TableFile | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def add(self, batch: pa.RecordBatch, rows: Sequence[tuple[int, Decision]]) -> None:
        """Add rows of a batch, each with the decision about it."""
        import pyarrow as pa

        columns = [take_rows(column, [at for at, _ in rows]) for column in batch.columns]
        edits = {at: found for at, (_, decision) in enumerate(rows) if (found := self._split.edits(decision))}
        if edits:
            columns = edit_texts(columns, batch.schema, self._split.options.text_field, edits)
        if self._split.removed_field in batch.schema.names:
            del columns[batch.schema.get_field_index(self._split.removed_field)]
        if self._annotated:
            notes = [self._split.note(decision) for _, decision in rows]
            columns.append(pa.array(notes, self._schema.field(len(columns)).type))
        part = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        self._waiting.append(part)
        self._rows += part.num_rows
        self._bytes += part.get_total_buffer_size()
        if self._bytes >= _LARGEST_GROUP:
            self._write(self._rows)
        elif self._rows >= self._table.group_rows:
            self._write(self._rows - self._rows % self._table.group_rows)

    def close(self) -> None:
        if self._rows:
            self._write(self._rows)
        self._opened().close()

    def _write(self, rows: int) -> None:
        """Write so many of the rows that wait."""
        import pyarrow as pa

        table = pa.Table.from_batches(self._waiting, self._schema)
        self._opened().write(table.slice(0, rows), self._table.group_rows)
        left = table.slice(rows)
        self._waiting, self._rows, self._bytes = left.to_batches(), left.num_rows, left.get_total_buffer_size()

    def _opened(self) -> TableFile:
        if self._file is None:
            self._file = self._begin()
        return self._file


def note_field(name: str) -> pa.Field:
    """Return the type of what `Entry.note` makes."""
    import pyarrow as pa

    note = {
        "verdict": pa.string(),
        "probability": pa.float64(),
        "reason": pa.string(),
        "findings": pa.list_(finding_type()),
    }
    return pa.field(name, pa.struct(note))


def finding_type(**more: pa.DataType) -> pa.DataType:
    """Return the type of what `brief` of the score log makes of a finding, with more fields."""
    import pyarrow as pa

    finding = {
        "start": pa.int64(),
        "end": pa.int64(),
        "text": pa.string(),
        "rule": pa.string(),
        "score": pa.float64(),
        "suggestions": pa.list_(pa.string()),
    }
    return pa.struct({**finding, **more})
