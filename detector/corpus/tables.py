"""Typed tables, Parquet and Arrow: from their columns to the fields of a row. Only the columns that are needed are read.

A text may be a string of any kind, a dictionary of strings, bytes, or JSON (what `datasets` makes of mixed columns and
DuckDB of its JSON type). A file without the text column is one error, not one a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from detector.corpus.compression import BrokenStreamError
from detector.corpus.fields import make_record, named
from detector.corpus.input import Input
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import SourceError
from detector.text.decoding import decode_utf8

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 256  # rows


class UnreadableError(ValueError):
    """A table is none, or does not go on; the message is for the user."""


class Table(Protocol):
    """A table that is open.

    `rows` is how many it has, where its file says so; `group_rows` how many the longest row group or batch has that is
    known of.
    """

    @property
    def schema(self) -> pa.Schema: ...
    @property
    def rows(self) -> int | None: ...
    @property
    def group_rows(self) -> int: ...

    def batches(
        self, size: int, after_row: int = 0, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the rows after a row, at most `size` at a time, each time with how many rows come before.

        `columns`: those to read, instead of all.
        """
        ...


class Open(Protocol):
    """Opens a table for reading. Raise UnreadableError, OSError, ValueError and what pyarrow raises."""

    def __call__(self, source: Input) -> AbstractContextManager[Table]: ...


@dataclass(frozen=True, slots=True)
class TableKind:
    """A container that holds a table. `name` is for messages."""

    name: str
    open: Open

    def read(self, source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
        """Yield a record for each row, and one with an error where the file can't be read."""
        name = source.name
        try:
            import pyarrow as pa
        except ImportError:
            problem = f"{self.name} needs pyarrow: pip install 'unspun[parquet]'"
            yield _failed(name, None, SourceError(name, problem, rest_unread=True))
            return
        row, opened = 0, False
        try:
            with self.open(source) as table:
                if wrong := _wrong_columns(table, options):
                    error = SourceError(name, wrong, kind=wrong.split(" (")[0], rest_unread=True)
                    yield _failed(name, None, error)
                    return
                opened = True
                for before, batch in table.batches(_BATCH, options.after_row, _needed(table.schema, options)):
                    row = before
                    for fields, notes in _rows(batch, options):
                        row += 1
                        yield make_record(fields, name, row, options, log, unit="row", notes=notes)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            if not opened and isinstance(error, OSError) and error.errno is not None:
                raise
            told = _known_cause(error)
            if row:
                problem = told or "the data is damaged from here on"
                yield _failed(name, row + 1, SourceError(name, problem, row + 1, unit="row", rest_unread=True))
            else:
                problem = told or f"this is no {self.name} file, or it is damaged or cut off"
                yield _failed(name, None, SourceError(name, problem, rest_unread=True))


def _known_cause(error: Exception) -> str | None:
    """Say in our words why a table can't be read, None where all that is known is that it can't."""
    import pyarrow as pa

    if isinstance(error, UnreadableError | BrokenStreamError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return error.strerror
    if isinstance(error, pa.ArrowNotImplementedError):
        problem = f"a column has a type or a compression that pyarrow {pa.__version__} can't read"
        return f"{problem}, such as whole numbers of 128 bits; write it anew without that column, or with another type"
    if "decrypt" in str(error):
        return "this file is encrypted; decrypt it first"
    return None


def _wrong_columns(table: Table, options: ReadOptions) -> str | None:
    """Check the fields against the schema: pyarrow reads columns that do not exist without a word."""
    schema = table.schema
    names = list(schema.names)
    for wanted in options.looked_at:
        top = column_of(schema, wanted)
        if top is not None and names.count(top) > 1:
            return f"{names.count(top)} columns are called {top!r}; rename all but one"
    if options.all_fields and (twice := sorted({name for name in names if names.count(name) > 1})):
        return f"{names.count(twice[0])} columns are called {twice[0]!r}; rename all but one"
    if column_of(schema, options.text_field) is None:
        known = named(names)
        rows = "" if table.rows is None else f"{table.rows:,} rows; "
        return f"no column {options.text_field!r} ({rows}columns: {known}); choose one with --text-field"
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
    wanted = (column_of(schema, name) for name in options.looked_at)
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
    except UnicodeDecodeError:  # neither Parquet nor Arrow checks that a string is UTF-8
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        values = column.cast(pa.large_binary()).to_pylist()
    except (ValueError, OverflowError):  # of no Python type, such as a time in nanoseconds or the year 10000
        values = list(map(_value, column))
    return [_from_json(value) for value in values] if is_json(part) else values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return str(scalar)


def is_json(part: pa.Field) -> bool:
    named = (part.metadata or {}).get(b"ARROW:extension:name")  # where pyarrow does not know the type
    return getattr(part.type, "extension_name", None) == "arrow.json" or named == b"arrow.json"


def _from_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def row_fields(batch: pa.RecordBatch, at: int) -> dict[str, Any]:
    """Return the fields of one row as they are, for whoever looks into why it failed."""
    return {name: _value(column[at]) for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _failed(name: str, row: int | None, error: SourceError) -> Record:
    return Record(name if row is None else f"{name}:{row}", name, row, error=error)
