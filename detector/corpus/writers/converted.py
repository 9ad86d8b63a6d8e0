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
from detector.corpus.writers.parquet import new_parquet
from detector.corpus.writers.split import Decision, Split, UnwritableError
from detector.text.offsets import Prose

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

_ROWS = 1000  # of one piece, whose types are found together
_GROUP_ROWS = 10_000


def write_as_jsonl(split: Split) -> None:
    """Write each record as a line to the file of its destination."""
    streams = {destination: split.outputs.open(destination) for destination in split.outputs.destinations}
    for decision, record in _decided(split):
        assert decision.destination is not None
        streams[decision.destination].write(encode(_fields(split, decision, record)) + b"\n")
    split.finish()


def write_as_parquet(split: Split) -> None:
    """Write each record as a row to the file of its destination."""
    schema = _schema(split)
    writers: dict[str, tuple[pa.Schema, ParquetWriter]] = {}
    for destination in split.outputs.destinations:
        own = schema.append(split.note_field()) if split.is_annotated(destination) else schema
        writers[destination] = own, new_parquet(split.outputs.open(destination), own)
    waiting: dict[str, list[dict[str, Any]]] = {destination: [] for destination in writers}
    for decision, record in _decided(split):
        assert decision.destination is not None
        rows = waiting[decision.destination]
        rows.append(_fields(split, decision, record))
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
    """Return the types of the columns. Raise UnwritableError where a column has several that do not go together."""
    import pyarrow as pa

    rows = (record.fields for record in _records(split) if record.fields is not None)
    found: dict[str, pa.DataType] = {}
    while piece := list(islice(rows, _ROWS)):
        for name in dict.fromkeys(name for fields in piece for name in fields):
            try:
                found[name] = _wider(found.get(name), pa.array([fields.get(name) for fields in piece]).type)
            except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
                raise UnwritableError(
                    f"{split.source.name}: the field {name!r} holds values of several types, which Parquet can't; do this"
                    " file apart, with --to jsonl.zst"
                ) from error
    return pa.schema([(name, pa.string() if pa.types.is_null(one) else one) for name, one in found.items()])


def _wider(before: pa.DataType | None, now: pa.DataType) -> pa.DataType:
    """Return the type that values of both have. Raise ArrowException where there is none."""
    import pyarrow as pa

    if before is None:
        return now
    both = [pa.schema([("", one)]) for one in (before, now)]
    return pa.unify_schemas(both, promote_options="permissive").field(0).type


def _decided(split: Split) -> Iterator[tuple[Decision, Record]]:
    for record in _records(split):
        decision = split.take(record.row, lambda record=record: record.raw or record.fields)  # type: ignore[misc]
        if decision is not None and record.fields is not None:
            yield decision, record


def _records(split: Split) -> Iterator[Record]:
    reader = reader_of(split.source.path)
    assert reader is not None, printable_path(split.source.path)
    yield from read_input(split.source, reader, replace(split.options, all_fields=True), ReadLog())


def _fields(split: Split, decision: Decision, record: Record) -> dict[str, Any]:
    """Return the fields of a record, with what is written into it."""
    fields = dict(record.fields or {})
    if not split.is_annotated(decision.destination):
        return fields
    note = split.note(decision)
    if record.text_is_prose and record.document is not None and "findings" in note:
        prose = record.document.prose
        note = {**note, "findings": [_moved(finding, prose) for finding in note["findings"]]}
    return {**fields, split.field_name: note}


def _moved(finding: Mapping[str, Any], prose: Prose) -> dict[str, Any]:
    """Return a finding with its place in the prose instead of the page; null where it has none."""
    span = prose.find(finding["start"], finding["end"])
    return {**finding, "start": span.start if span else None, "end": span.end if span else None}
