"""Tables as text: CSV and TSV, whose first row names the columns. Cells may hold line breaks within quotes.

Of comma, semicolon, tab and bar the separator of a .csv is the one that makes the text field a column. A row with more
cells than columns is an error: a quote or separator is wrong, and nobody knows where its text ends. In a row with
fewer cells, those that are missing are null.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

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


def read_delimited(source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield a record for each row below the first, and one with an error where something can't be read."""
    name = source.name
    # A setting of the whole process. The module's own limit is 131,072 characters, and books are longer.
    csv.field_size_limit(max(csv.field_size_limit(), options.max_record_bytes))
    try:
        with source.open() as stream:
            lines = _Lines(read_lines(stream, options.max_record_bytes))
            first = next((line for line in lines if line.strip() or lines.too_long), None)
            if first is None:
                return
            if lines.too_long:
                size = f"{options.max_record_bytes >> 20:,} MB"
                yield _failed(
                    name, None, SourceError(name, f"no names of columns: the first row is longer than {size}")
                )
                return
            refuse_binary(first.encode("utf-8", "surrogateescape"))
            separators = "\t" if source.stem.lower().endswith(".tsv") else _SEPARATORS
            rows = csv.reader(chain([first], lines), delimiter=_separator(first, separators, options.text_field))
            columns = next(rows)
            if problem := _wrong_columns(columns, options):
                yield _failed(name, None, SourceError(name, problem, kind=problem.split(" (")[0]))
            else:
                for row, cells in _numbered(rows, lines, len(columns), name, options):
                    if isinstance(cells, SourceError):
                        yield _failed(name, row, cells)
                    else:
                        fields, notes = _fields(columns, cells, options.text_field)
                        yield make_record(fields, name, row, options, log, unit="row", notes=notes)
    except csv.Error as error:
        yield _failed(name, None, SourceError(name, f"no names of columns: {_what(error)}"))
    except BinaryContentError as error:
        yield _failed(name, None, SourceError(name, f"{error}; a table is text"))
    except BrokenStreamError as error:
        yield _failed(name, None, SourceError(name, str(error)))


def _numbered(
    rows: Iterator[list[str]], lines: _Lines, width: int, name: str, options: ReadOptions
) -> Iterator[tuple[int, list[str] | SourceError]]:
    """Yield the rows with their numbers, and an error in place of one that can't be read or where the file breaks off."""
    row = 0
    while True:
        problem = kind = None
        try:
            cells = next(rows, None)
        except csv.Error as error:
            cells, problem = [], f"not a row: {_what(error)}"
        except (BrokenStreamError, OSError) as error:
            what = error.strerror if isinstance(error, OSError) else str(error)
            yield row + 1, SourceError(name, what or "can't be read on", row + 1, unit="row")
            return
        if cells is None:
            return
        if lines.too_long:
            lines.too_long = False
            problem = f"the row is longer than {options.max_record_bytes >> 20:,} MB (--max-document-size)"
        elif len(cells) > width:
            problem, kind = f"{len(cells)} cells where the first row names {width} columns", "more cells than columns"
        elif not (cells or problem):
            continue  # a blank line
        row += 1
        yield row, SourceError(name, problem, row, kind=kind, unit="row") if problem else cells


@dataclass
class _Lines:
    """The lines as the csv module wants them. Bytes that are not UTF-8 go through as lone surrogates.

    `too_long`: the last line was; an empty one stands in its place.
    """

    lines: Iterator[Line | None]
    too_long: bool = False
    _started: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        if line is None:
            self.too_long = True
            return "\n"
        data = line.data
        if not self._started:
            self._started = True
            data = data.removeprefix(codecs.BOM_UTF8)
        return data.decode("utf-8", "surrogateescape") + "\n"


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


def _what(error: csv.Error) -> str:
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


def _failed(name: str, row: int | None, error: SourceError) -> Record:
    return Record(name if row is None else f"{name}:{row}", name, row, error=error)
