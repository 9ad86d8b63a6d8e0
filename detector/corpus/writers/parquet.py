"""Parquet: rows go from table to table without becoming anything else. Schema, its metadata and the compression of each
column are kept. Row groups are as long as the longest that came in, unless they would take too much memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from detector.corpus.parquet import batches
from detector.corpus.writers.arrow_texts import edit_texts
from detector.corpus.writers.split import Decision, Split

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile, ParquetWriter

_BATCH = 1024  # rows read at a time
_BUFFER = 1 << 20  # bytes read ahead in each column, instead of the whole column of a row group
_LARGEST_GROUP = 64 << 20  # bytes in memory


def write_parquet(split: Split) -> None:
    """Write each row to the file of its destination."""
    tables: dict[str, _Table] = {}
    row = 0
    for file, batch in _batches(split):
        if not tables:
            tables = {one: _Table(split, one, file.schema_arrow, file.metadata) for one in split.outputs.destinations}
        chosen: dict[str, list[tuple[int, Decision]]] = defaultdict(list)
        for at in range(batch.num_rows):
            row += 1
            decision = split.take(row, lambda batch=batch, at=at: _fields(batch, at))  # type: ignore[misc]
            if decision is not None and decision.destination is not None:
                chosen[decision.destination].append((at, decision))
        for destination, rows in chosen.items():
            tables[destination].add(batch, rows)
    for table in tables.values():
        table.close()
    split.finish()


def _batches(split: Split) -> Iterator[tuple[ParquetFile, pa.RecordBatch]]:
    """Yield the rows of the file; the first batch has none."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    # Damage was told when the file was read; `Split.finish` checks that nothing else is missing.
    with suppress(pa.ArrowException, OSError, ValueError), split.source.open() as stream:
        file = ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)
        yield file, pa.RecordBatch.from_pylist([], schema=pa.schema([]))
        for batch in batches(file, _BATCH, range(file.num_row_groups)):
            yield file, batch


class _Table:
    """A Parquet file that is being written. Rows wait until there are enough of them for a row group."""

    def __init__(self, split: Split, destination: str, schema: pa.Schema, metadata: FileMetaData) -> None:
        self._split, self._destination = split, destination
        self._annotated = split.is_annotated(destination)
        if split.removed_field in schema.names:
            schema = schema.remove(schema.get_field_index(split.removed_field))
        self._schema = schema.append(split.note_field()) if self._annotated else schema
        groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
        self._group_rows = max((group.num_rows for group in groups), default=1)
        codecs = (
            {column.path_in_schema: column.compression for column in map(groups[0].column, range(metadata.num_columns))}
            if groups
            else {}
        )
        self._compression = {path: "NONE" if codec == "UNCOMPRESSED" else codec for path, codec in codecs.items()}
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0
        self._writer: ParquetWriter | None = None

    def add(self, batch: pa.RecordBatch, rows: Sequence[tuple[int, Decision]]) -> None:
        """Add rows of a batch, each with the decision about it."""
        import pyarrow as pa

        part = _take(batch, [at for at, _ in rows])
        edits = {at: edits for at, (_, decision) in enumerate(rows) if (edits := self._split.edits(decision))}
        if edits:
            part = edit_texts(part, self._split.options.text_field, edits)
        if self._split.removed_field in part.schema.names:
            part = part.drop_columns([self._split.removed_field])
        if self._annotated:
            notes = [self._split.note(decision) for _, decision in rows]
            field = self._schema.field(self._split.field_name)
            part = pa.RecordBatch.from_arrays(
                [*part.columns, pa.array(notes, field.type)], names=[*part.schema.names, field.name]
            )
        self._waiting.append(part)
        self._rows += part.num_rows
        self._bytes += part.nbytes
        if self._bytes >= _LARGEST_GROUP:
            self._write_groups(self._rows)
        elif self._rows >= self._group_rows:
            self._write_groups(self._rows - self._rows % self._group_rows)

    def close(self) -> None:
        if self._rows:
            self._write_groups(self._rows)
        self._opened().close()

    def _write_groups(self, rows: int) -> None:
        """Write so many of the rows that wait."""
        import pyarrow as pa

        parts = [pa.RecordBatch.from_arrays(part.columns, schema=self._schema) for part in self._waiting]
        table = pa.Table.from_batches(parts, self._schema)
        self._opened().write_table(table.slice(0, rows), row_group_size=self._group_rows)
        left = table.slice(rows)
        self._waiting, self._rows, self._bytes = left.to_batches(), left.num_rows, left.nbytes

    def _opened(self) -> ParquetWriter:
        from pyarrow.parquet import ParquetWriter

        if self._writer is None:
            stream = self._split.outputs.open(self._destination)
            self._writer = ParquetWriter(stream, self._schema, compression=self._compression or "snappy")
        return self._writer


def _take(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    """Return some rows of a batch, copied, so that they do not keep all of it in memory."""
    import pyarrow as pa

    columns = []
    for column in batch.columns:
        try:
            columns.append(column.take(pa.array(rows, pa.int64())))
        except pa.ArrowNotImplementedError:  # such as views of strings
            columns.append(pa.concat_arrays([column.slice(at, 1) for at in rows]))
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


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


def _fields(batch: pa.RecordBatch, at: int) -> dict[str, Any]:
    """Return the fields of one row, for whoever looks into why it failed."""
    fields = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            fields[name] = column[at].as_py()
        except ValueError:  # of no Python type, such as a time in nanoseconds
            fields[name] = str(column[at])
    return fields
