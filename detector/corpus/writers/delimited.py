"""CSV and TSV: rows are written as the bytes they are, below the same first row. A field is one more column, in JSON.
UTF-16 and UTF-32 become UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress

from detector.corpus.compression import BrokenStreamError
from detector.corpus.delimited import Row, Table, open_table
from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Split
from detector.text.decoding import BinaryContentError


def write_delimited(split: Split) -> None:
    """Write each row to the file of its destination, and the first row to all of them."""
    streams = {destination: split.outputs.open(destination) for destination in split.outputs.destinations}
    for table, row in _rows(split):
        if row is None:
            for destination, output in streams.items():
                annotated = split.is_annotated(destination)
                output.write(_add_cell(table.header, table, split.field_name) if annotated else table.header)
            continue
        decision = split.take(row.number, lambda row=row: row.raw)  # type: ignore[misc]
        if decision is None or decision.destination is None:
            continue
        data = row.raw
        if split.is_annotated(decision.destination):
            data = _add_cell(_padded(row, table), table, encode(split.note(decision)).decode())
        streams[decision.destination].write(data)
    split.finish()


def _rows(split: Split) -> Iterator[tuple[Table, Row | None]]:
    """Yield None for the first row, then each row below it, with their table."""
    # What can't be read was told when it was read; `Split.finish` checks that nothing else is missing.
    problems = (BrokenStreamError, BinaryContentError, csv.Error, OSError)
    with suppress(*problems), split.source.open() as stream:
        table = open_table(split.source, stream, split.options)
        if table is not None:
            yield table, None
            for row in table.rows():
                yield table, row


def _padded(row: Row, table: Table) -> bytes:
    """Return a row with the cells that it lacks."""
    missing = len(table.columns) - len(row.cells)
    content, end = _content(row.raw)
    return content + table.separator.encode() * missing + end


def _add_cell(raw: bytes, table: Table, cell: str) -> bytes:
    content, end = _content(raw)
    quoted = '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in f'"{table.separator}') else cell
    return content + table.separator.encode() + quoted.encode() + end


def _content(raw: bytes) -> tuple[bytes, bytes]:
    content = raw.rstrip(b"\r\n")
    return content, raw[len(content) :]
