"""Tables as text: CSV and TSV, whose first row names the columns. Cells may hold line breaks within quotes.

Of comma, semicolon, tab and bar the separator of a .csv is the one that makes the text field a column. A row with more
cells than columns is an error: a quote or separator is wrong, and nobody knows where its text ends; so is a quote that
is escaped by a backslash and not doubled. In a row with fewer cells, those that are missing are null.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from detector.corpus.compression import BrokenStreamError
from detector.corpus.fields import make_record, named
from detector.corpus.input import Input
from detector.corpus.lines import Line, read_lines
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import SourceError
from detector.text.decoding import BinaryContentError, decode, refuse_binary

_SEPARATORS = ",;\t|"
_OPEN_QUOTE = "a quote is opened and never closed; the file is cut off there, or the quote is wrong"

_ESCAPED_QUOTE = (
    "a quote within quotes has a backslash before it, as Spark writes it; write the table anew with quotes doubled "
    "(in Spark: option escape '\"')"
)


def read_delimited(source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield a record for each row below the first, and one with an error where something can't be read."""
    name = source.name
    try:
        with source.open() as stream:
            table = open_table(source, stream, options)
            if table is None:
                return
            if problem := _wrong_columns(table.columns, options):
                error = SourceError(name, problem, kind=problem.split(" (")[0], rest_unread=True)
                yield _failed(name, None, error)
                return
            for row in table.rows():
                if row.number <= options.after_row:
                    continue
                if row.error is not None:
                    yield _failed(name, row.number, row.error, row.raw)
                else:
                    fields, notes = _fields(table.columns, row.cells, options.text_field)
                    yield make_record(fields, name, row.number, options, log, unit="row", notes=notes, raw=row.raw)
    except csv.Error as error:
        yield _failed(name, None, SourceError(name, f"no names of columns: {_csv_problem(error)}", rest_unread=True))
    except BinaryContentError as error:
        yield _failed(name, None, SourceError(name, f"{error}; a table is text", rest_unread=True))
    except BrokenStreamError as error:
        yield _failed(name, None, SourceError(name, str(error), rest_unread=True))


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the first: its cells, or an error. `raw` are its lines as they stood, with their line ends."""

    number: int
    cells: Sequence[str]
    raw: bytes
    error: SourceError | None = None


@dataclass
class Table:
    """A table that is being read. `header` is the first row as it stood."""

    name: str
    columns: list[str]
    separator: str
    header: bytes
    _rows: Iterator[list[str]]
    _lines: _Lines
    _max_bytes: int

    def rows(self) -> Iterator[Row]:
        """Yield the rows with their numbers, and an error in place of one that can't be read or where the file breaks off."""
        number = 0
        while True:
            problem = kind = None
            try:
                cells = next(self._rows, None)
            except csv.Error as error:
                cells, problem = [], f"not a row: {_csv_problem(error)}"
            except (BrokenStreamError, OSError) as error:
                what = (error.strerror if isinstance(error, OSError) else str(error)) or "can't be read on"
                place = number + 1
                broken = SourceError(self.name, what, place, unit="row", rest_unread=True)
                yield Row(place, (), self._lines.take(), broken)
                return
            if cells is None:
                return
            raw = self._lines.take()
            if self._lines.ended:  # it was asked for another line, since a quote is open
                place = number + 1
                broken = SourceError(self.name, _OPEN_QUOTE, place, unit="row", rest_unread=True)
                yield Row(place, (), raw, broken)
                return
            if b'\\"' in raw and _has_escaped_quote(raw, self.separator):
                # Where the cell goes on in the next line, nobody knows which line begins a row.
                cut = re.sub(rb"\\.", b"", raw).count(b'"') % 2 == 1
                kind = _ESCAPED_QUOTE.partition(",")[0]
                number += 1
                yield Row(
                    number,
                    (),
                    raw,
                    SourceError(self.name, _ESCAPED_QUOTE, number, kind=kind, unit="row", rest_unread=cut),
                )
                if cut:
                    return
                continue
            if self._lines.too_long:
                self._lines.too_long = False
                problem = f"the row is longer than {self._max_bytes >> 20:,} MB (--max-document-size)"
            elif len(cells) > len(self.columns):
                problem = f"{len(cells)} cells where the first row names {len(self.columns)} columns"
                kind = "more cells than columns"
            elif not (cells or problem):
                continue  # a blank line
            number += 1
            error_here = SourceError(self.name, problem, number, kind=kind, unit="row") if problem else None
            yield Row(number, cells, raw, error_here)


def open_table(source: Input, stream: BinaryIO, options: ReadOptions) -> Table | None:
    """Begin to read a table; return None for a file without a line. Raise csv.Error and BinaryContentError."""
    # A setting of the whole process. The module's own limit is 131,072 characters, and books are longer.
    csv.field_size_limit(max(csv.field_size_limit(), options.max_record_bytes))
    lines = _Lines(read_lines(stream, options.max_record_bytes))
    first = next((line for line in lines if line.strip() or lines.too_long), None)
    if first is None:
        return None
    if lines.too_long:
        raise _FirstRowError(f"the first row is longer than {options.max_record_bytes >> 20:,} MB")
    refuse_binary(first.encode("utf-8", "surrogateescape"))
    separators = "\t" if source.stem.lower().endswith(".tsv") else _SEPARATORS
    separator = _separator(first, separators, options.text_field)
    rows = csv.reader(chain([first], lines), delimiter=separator)
    columns = next(rows)
    return Table(source.name, columns, separator, lines.take(), rows, lines, options.max_record_bytes)


@dataclass
class _Lines:
    """The lines as the csv module wants them. Bytes that are not UTF-8 go through as lone surrogates.

    `too_long`: the last line was; an empty one stands in its place. `ended`: there is no further line.
    """

    lines: Iterator[Line | None]
    too_long: bool = False
    ended: bool = False
    _started: bool = field(default=False, init=False)
    _taken: list[bytes] = field(default_factory=list, init=False)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self.lines)
        except StopIteration:
            self.ended = True
            raise
        if line is None:
            self.too_long = True
            return "\n"
        data = line.data
        self._taken.append(data + b"\n")
        if not self._started:
            self._started = True
            data = data.removeprefix(codecs.BOM_UTF8)
        return data.decode("utf-8", "surrogateescape") + "\n"

    def take(self) -> bytes:
        """Return the lines since the last call, as they stood."""
        taken = b"".join(self._taken)
        self._taken = []
        return taken


def _has_escaped_quote(raw: bytes, separator: str) -> bool:
    """Tell whether a quoted cell goes on after a quote with a backslash before it, where doubled quotes would end it."""
    between = re.escape(separator).encode()
    cell = rb'(?:^|%s)"(?:[^"]|"")*(?<=\\)"(?!["\r\n]|%s|\Z)' % (between, between)
    return re.search(cell, raw) is not None


def _separator(line: str, separators: str, text_field: str) -> str:
    """Return the separator that makes the text field a column, or else the one that makes most columns."""
    names = {separator: _split(line, separator) for separator in separators}
    fitting = [separator for separator in separators if text_field in names[separator]]
    return fitting[0] if fitting else max(separators, key=lambda separator: len(names[separator]))


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:
        return []


class _FirstRowError(csv.Error):
    """The first row can't be read; the message is for a person."""


def _csv_problem(error: csv.Error) -> str:
    if isinstance(error, _FirstRowError):
        return str(error)
    if "new-line" in str(error):
        return "a carriage return stands outside quotes"
    return "a quote is not closed, or a cell is too long"


def _wrong_columns(columns: Sequence[str], options: ReadOptions) -> str | None:
    if options.text_field not in columns:
        return f"no column {options.text_field!r} (columns: {named(columns)}); choose one with --text-field"
    for name in (options.text_field, options.id_field):
        if columns.count(name) > 1:
            return f"{columns.count(name)} columns are called {name!r}; rename all but one"
    return None


def _fields(
    columns: Sequence[str], cells: Sequence[str], text_field: str
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Return the cells by column, and notes on how the text was decoded."""
    fields: dict[str, str | None] = dict.fromkeys(columns)
    notes: tuple[str, ...] = ()
    for column, cell in zip(columns, cells, strict=False):
        fields[column] = cell
        if not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell):
            decoded = decode(cell.encode("utf-8", "surrogateescape"))
            fields[column] = decoded.text
            notes += decoded.notes if column == text_field else ()
    return fields, notes


def _failed(name: str, row: int | None, error: SourceError, raw: bytes | None = None) -> Record:
    return Record(name if row is None else f"{name}:{row}", name, row, error=error, raw=raw)
