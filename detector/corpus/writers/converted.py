"""Another container than the one that came in: the fields of each record are read and written anew.

JSON has no dates, no bytes and no numbers of fixed size: they become ISO 8601, Base64 and digits. Parquet needs one type
a column, which is found by reading the shard once more before it is written; numbers of several kinds become the wider
one, and a column of nulls is one of strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from detector.corpus.containers import reader_of
from detector.corpus.locations import printable_path
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read_input
from detector.corpus.record import Record
from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Decision, Split
from detector.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

_ROWS = 1000  # of one piece, whose types are found together
_GROUP_ROWS = 10_000


def write_as_jsonl(split: Split) -> None:
    """Write each record as a line to the file of its destination."""
    streams = {destination: split.outputs.open(destination) for destination in split.outputs.destinations}
    for decision, fields in _decided(split):
        assert decision.destination is not None
        streams[decision.destination].write(encode(_with_note(split, decision, fields)) + b"\n")
    split.finish()


def write_as_parquet(split: Split) -> None:
    """Write each record as a row to the file of its destination."""
    from pyarrow.parquet import ParquetWriter

    schema = _schema(split)
    writers: dict[str, tuple[pa.Schema, ParquetWriter]] = {}
    for destination in split.outputs.destinations:
        own = schema.append(split.note_field()) if split.is_annotated(destination) else schema
        writers[destination] = own, ParquetWriter(split.outputs.open(destination), own, compression="zstd")
    waiting: dict[str, list[dict[str, Any]]] = {destination: [] for destination in writers}
    for decision, fields in _decided(split):
        assert decision.destination is not None
        rows = waiting[decision.destination]
        rows.append(_with_note(split, decision, fields))
        if len(rows) == _GROUP_ROWS:
            _write_rows(writers[decision.destination], rows)
    for destination, rows in waiting.items():
        _write_rows(writers[destination], rows)
        writers[destination][1].close()
    split.finish()


def _write_rows(to: tuple[pa.Schema, ParquetWriter], rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    schema, writer = to
    if rows:
        writer.write_table(pa.Table.from_pylist(rows, schema))
        rows.clear()


def _schema(split: Split) -> pa.Schema:
    """Return the types of the columns. Raise ConfigError where a column has several that do not go together."""
    import pyarrow as pa

    rows = (record.fields for record in _records(split) if record.fields is not None)
    found = pa.schema([])
    try:
        while piece := list(islice(rows, _ROWS)):
            names = dict.fromkeys(name for fields in piece for name in fields)
            table = pa.table({name: pa.array([fields.get(name) for fields in piece]) for name in names})
            found = pa.unify_schemas([found, table.schema], promote_options="permissive")
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{split.source.name}: a field holds values of several types, which Parquet can't; use --to jsonl.zst"
        ) from error
    return pa.schema([pa.field(one.name, pa.string()) if pa.types.is_null(one.type) else one for one in found])


def _decided(split: Split) -> Iterator[tuple[Decision, Mapping[str, Any]]]:
    for record in _records(split):
        decision = split.take(record.row, lambda record=record: record.raw or record.fields)  # type: ignore[misc]
        if decision is not None and record.fields is not None:
            yield decision, record.fields


def _records(split: Split) -> Iterator[Record]:
    reader = reader_of(split.source.path)
    assert reader is not None, printable_path(split.source.path)
    yield from read_input(split.source, reader, replace(split.options, all_fields=True), ReadLog())


def _with_note(split: Split, decision: Decision, fields: Mapping[str, Any]) -> dict[str, Any]:
    added = {split.field_name: split.note(decision)} if split.is_annotated(decision.destination) else {}
    return {**fields, **added}
