"""Parquet: a record for each row, read lazily with pyarrow, and only the columns that are needed.

A text may be a string of any kind, a dictionary of strings, bytes, or JSON (what `datasets` makes of mixed columns and
DuckDB of its JSON type). A file without the text column is one error, not one a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from detector.corpus.fields import make_record, named
from detector.corpus.input import Input
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import SourceError
from detector.text.decoding import decode_utf8

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

NEEDS_PYARROW = "Parquet needs pyarrow: pip install 'unspun[parquet]'"
_BATCH = 256  # rows
_BUFFER = 1 << 20  # bytes read ahead in each column, instead of the whole column of a row group


def read_parquet(source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield a record for each row, and one with an error where the file can't be read."""
    name = source.name
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError:
        yield _failed(name, None, SourceError(name, NEEDS_PYARROW, rest_unread=True))
        return
    with source.open() as stream:
        if not stream.seekable():
            problem = "Parquet is read from a file, not from a pipe"
            yield _failed(name, None, SourceError(name, problem, rest_unread=True))
            return
        row = 0
        try:
            file = ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)
            if error := _wrong_columns(file, options):
                problem, kind = error, error.split(" (")[0]
                yield _failed(name, None, SourceError(name, problem, kind=kind, rest_unread=True))
                return
            skipped, groups = _after(file, options.after_row)
            row = skipped
            for whole in batches(file, _BATCH, groups, _needed(file.schema_arrow, options)):
                passed_over = min(max(options.after_row - row, 0), whole.num_rows)
                row += passed_over
                batch = whole.slice(passed_over)
                for fields, notes in _rows(batch, options):
                    row += 1
                    yield make_record(fields, name, row, options, log, unit="row", notes=notes)
        except (pa.ArrowException, OSError, ValueError):
            if row:
                problem = "the data is damaged from here on"
                error_here = SourceError(name, problem, row + 1, unit="row", rest_unread=True)
                yield _failed(name, row + 1, error_here)
            else:
                problem = "this is no Parquet file, or it is damaged or cut off"
                yield _failed(name, None, SourceError(name, problem, rest_unread=True))


def _after(file: ParquetFile, row: int) -> tuple[int, list[int]]:
    """Return how many rows the row groups have that end at a row or before it, and which groups come then."""
    before = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if before + size > row:
            return before, list(range(group, file.num_row_groups))
        before += size
    return before, []


def batches(
    file: ParquetFile, rows: int, groups: Iterable[int], columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of some row groups, so many at a time.

    Each group is read by itself: pyarrow 26 can't read a dictionary within a struct across the end of a group.
    """
    for group in groups:
        yield from file.iter_batches(rows, row_groups=[group], columns=columns)


def _wrong_columns(file: ParquetFile, options: ReadOptions) -> str | None:
    """Check the fields against the schema: pyarrow reads columns that do not exist without a word."""
    schema = file.schema_arrow
    names = list(schema.names)
    for wanted in (options.text_field, options.id_field):
        top = column_of(schema, wanted)
        if top is not None and names.count(top) > 1:
            return f"{names.count(top)} columns are called {top!r}; rename all but one"
    if options.all_fields and (twice := sorted({name for name in names if names.count(name) > 1})):
        return f"{names.count(twice[0])} columns are called {twice[0]!r}; rename all but one"
    if column_of(schema, options.text_field) is None:
        known = named(names)
        rows = f"{file.metadata.num_rows:,} rows"
        return f"no column {options.text_field!r} ({rows}; columns: {known}); choose one with --text-field"
    return None


def column_of(schema: pa.Schema, name: str) -> str | None:
    """Return the column that holds a field, which may be a field of a struct: `meta` for `meta.url`."""
    if name in schema.names:
        return name
    for column in schema:
        if name.startswith(column.name + ".") and _has(column.type, name[len(column.name) + 1 :]):
            return str(column.name)
    return None


def _has(kind: pa.DataType, name: str) -> bool:
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return False
    inner = [kind.field(n) for n in range(kind.num_fields)]
    return any(
        name == part.name or (name.startswith(part.name + ".") and _has(part.type, name[len(part.name) + 1 :]))
        for part in inner
    )


def _needed(schema: pa.Schema, options: ReadOptions) -> list[str] | None:
    """Return the columns to read; None is all of them."""
    if options.all_fields:
        return None
    wanted = (column_of(schema, name) for name in (options.text_field, options.id_field, *options.more_fields))
    return list(dict.fromkeys(column for column in wanted if column is not None))


def _rows(batch: pa.RecordBatch, options: ReadOptions) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield the fields of each row, and notes on its text."""
    names = batch.schema.names
    columns = [_values(column, part) for column, part in zip(batch.columns, batch.schema, strict=True)]
    for values in zip(*columns, strict=True):
        fields = dict(zip(names, values, strict=True))
        notes: tuple[str, ...] = ()
        for name in (options.text_field, options.id_field):
            if isinstance(data := fields.get(name), bytes):
                decoded = decode_utf8(data)
                fields[name] = decoded.text
                notes += decoded.notes if name == options.text_field else ()
        yield fields, notes


def _values(column: pa.Array, part: pa.Field) -> list[Any]:
    import pyarrow as pa

    try:
        values = column.to_pylist()
    except UnicodeDecodeError:  # Parquet does not check that a string is UTF-8
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        values = column.cast(pa.large_binary()).to_pylist()
    return [_from_json(value) for value in values] if is_json(part) else values


def is_json(part: pa.Field) -> bool:
    named = (part.metadata or {}).get(b"ARROW:extension:name")  # where pyarrow does not know the type
    return getattr(part.type, "extension_name", None) == "arrow.json" or named == b"arrow.json"


def _from_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _failed(name: str, row: int | None, error: SourceError) -> Record:
    return Record(name if row is None else f"{name}:{row}", name, row, error=error)
