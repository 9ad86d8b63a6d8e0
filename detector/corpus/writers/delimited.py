"""CSV and TSV: rows are written as the bytes they are, below the same first row. A field is one more column, in JSON.
UTF-16 and UTF-32 become UTF-8."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress

from detector.corpus.compression import BrokenStreamError
from detector.corpus.delimited import Row, Table, open_table
from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Split
from detector.restore import apply
from detector.text.decoding import BinaryContentError


def write_delimited(split: Split) -> None:
    """Write each row to the file of its destination, and the first row to all of them."""
    streams = {destination: split.outputs.open(destination) for destination in split.outputs.destinations}
    text_column, removed = 0, None
    for table, row in _rows(split):
        if row is None:
            text_column = table.columns.index(split.options.text_field)
            if (field := split.removed_field) is not None and field in table.columns:
                removed = table.columns.index(field)
            header = table.header if removed is None else _remove_cell(table.header, table, removed)
            for destination, output in streams.items():
                annotated = split.is_annotated(destination)
                output.write(_add_cell(header, table, split.field_name) if annotated else header)
            continue
        decision = split.take(row.number, lambda row=row: row.raw)  # type: ignore[misc]
        if decision is None or decision.destination is None:
            continue
        data = row.raw
        if edits := split.edits(decision):
            data = _edit_cell(data, table, text_column, apply(row.cells[text_column], edits))
        if removed is not None and removed < len(row.cells):
            data = _remove_cell(data, table, removed)
        if split.is_annotated(decision.destination):
            data = _add_cell(_padded(data, row, table), table, encode(split.note(decision)).decode())
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


def _padded(raw: bytes, row: Row, table: Table) -> bytes:
    """Return a row with the cells that it lacks."""
    missing = len(table.columns) - len(row.cells)
    if not missing:
        return raw
    content, end = _content(raw)
    if raw.count(b'"') % 2 and _is_open(raw, table):
        content, end = raw + b'"', b"\n"
    return content + table.separator.encode() * missing + end


def _add_cell(raw: bytes, table: Table, cell: str) -> bytes:
    content, end = _content(raw)
    if raw.count(b'"') % 2 and _is_open(
        raw, table
    ):  # the table ends within quotes, and all that follows is in the cell
        content, end = raw + b'"', b"\n"
    return content + table.separator.encode() + _quoted(cell, table).encode() + end


def _is_open(raw: bytes, table: Table) -> bool:
    """Tell whether the last cell of a row begins with a quote that nothing closes."""
    row = raw.decode("utf-8", "surrogateescape")
    start, end = _cells(row, table.separator)[-1]
    return re.fullmatch('"(?:[^"]|"")*', row[start:end]) is not None


def _quoted(cell: str, table: Table, *, always: bool = False) -> str:
    needed = always or any(mark in cell for mark in f'"\r\n{table.separator}')
    return '"' + cell.replace('"', '""') + '"' if needed else cell


def _edit_cell(raw: bytes, table: Table, column: int, cell: str) -> bytes:
    """Return a row with another cell; it is within quotes where it was."""
    row = raw.decode("utf-8", "surrogateescape")
    start, end = _cells(row, table.separator)[column]
    put = _quoted(cell, table, always=row[start : start + 1] == '"')
    return (row[:start] + put + row[end:]).encode("utf-8", "surrogateescape")


def _remove_cell(raw: bytes, table: Table, column: int) -> bytes:
    row = raw.decode("utf-8", "surrogateescape")
    start, end = _cells(row, table.separator)[column]
    without = row[: start - 1] + row[end:] if column else row[:start] + row[end + 1 :]
    return without.encode("utf-8", "surrogateescape")


def _cells(row: str, separator: str) -> list[tuple[int, int]]:
    """Return where each cell of a row stands, with its quotes and without the line end."""
    spans, at, length = [], len(row) - len(row.removeprefix("\ufeff")), len(row.rstrip("\r\n"))
    while True:
        start = at
        if row[at : at + 1] == '"':  # quotes within a cell are doubled
            at += 1
            while at < length and (row[at] != '"' or row[at + 1 : at + 2] == '"'):
                at += 2 if row[at] == '"' else 1
            at += 1
        while at < length and row[at] != separator:
            at += 1
        spans.append((start, min(at, length)))
        if at >= length:
            return spans
        at += 1


def _content(raw: bytes) -> tuple[bytes, bytes]:
    content = raw.rstrip(b"\r\n")
    return content, raw[len(content) :]
