"""JSON Lines: one record a line, read as a stream in bounded memory.

Lines are UTF-8, or UTF-16 or UTF-32 with a byte order mark; the raw bytes of their records are in UTF-8. A mark at the
start of any line is ignored: files that were joined have some. Where a key comes twice in an object, its last value
counts. NaN and Infinity are numbers. A record that can't be read is an error, and the next one is read. Where a file
breaks off, the last line still counts if it is whole.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from detector.corpus.compression import BrokenStreamError
from detector.corpus.fields import kind_of, make_record
from detector.corpus.input import Input
from detector.corpus.lines import read_lines
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import SourceError
from detector.text.decoding import BinaryContentError, decode_utf8, refuse_binary


def read_jsonl(source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield a record for each line that is not blank, and one with an error where something can't be read."""
    name = source.name
    number = 0
    first = True
    try:
        with source.open() as stream:
            for line in read_lines(stream, options.max_record_bytes):
                number += 1
                if number <= options.after_row:
                    first = False
                elif line is None:
                    problem = f"the record is longer than {options.max_record_bytes >> 20:,} MB (--max-document-size)"
                    yield _failed(name, number, SourceError(name, problem, number))
                elif line.complete or not _is_broken(line.data):
                    content = _content(line.data)
                    if first and content:
                        refuse_binary(content)
                        first = False
                    if content or b"\0" in line.data:
                        yield _record(line.data, name, number, options, log)
                else:
                    number -= 1  # the error about the break names this line
    except BinaryContentError as error:
        yield _failed(name, None, SourceError(name, f"{error}; JSON Lines are text", rest_unread=True))
    except BrokenStreamError as error:
        yield _failed(name, number + 1, SourceError(name, str(error), number + 1, rest_unread=True))
    except OSError as error:
        if not number:
            raise
        problem = error.strerror or "can't be read on"
        yield _failed(name, number + 1, SourceError(name, problem, number + 1, rest_unread=True))


def _content(line: bytes) -> bytes:
    """Return a line without byte order marks, white space and the zero bytes that a padded file ends with."""
    content = line
    while content.startswith(codecs.BOM_UTF8):
        content = content.removeprefix(codecs.BOM_UTF8)
    return content.strip(b" \t\r\n\0")


def _is_broken(line: bytes) -> bool:
    try:
        _parse(decode_utf8(_content(line)).text)
    except (ValueError, RecursionError):
        return True
    return False


def _record(line: bytes, name: str, number: int, options: ReadOptions, log: ReadLog) -> Record:
    content = _content(line)
    zeros = line.count(b"\0") if b"\0" in line else 0
    if not content:
        problem = f"{zeros:,} zero bytes in place of a record; was the file copied whole?"
        error = SourceError(name, problem, number, kind="zero bytes in place of a record")
        return _failed(name, number, error, line)
    decoded = decode_utf8(content)
    try:
        fields = _parse(decoded.text)
    except (ValueError, RecursionError) as error:
        return _failed(
            name, number, SourceError(name, f"not JSON: {_json_problem(error)}", number, kind="not JSON"), line
        )
    if not isinstance(fields, dict):
        problem = f"a record must be an object, this is {kind_of(fields)}"
        return _failed(name, number, SourceError(name, problem, number, repeated=True), line)
    notes = (*decoded.notes, *((f"{zeros:,} zero bytes stand around the record",) if zeros else ()))
    raw = line.rstrip(b"\r\n")
    return make_record(fields, name, number, options, log, notes=notes, raw=raw)


def _failed(name: str, number: int | None, error: SourceError, raw: bytes | None = None) -> Record:
    return Record(name if number is None else f"{name}:{number}", name, number, error=error, raw=raw)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python makes no int of more than 4,300 digits
        return json.loads(text, parse_int=Decimal)


def _json_problem(error: Exception) -> str:
    """Say in our words what is wrong with a line."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if not isinstance(error, json.JSONDecodeError):
        return "a number that can't be read"
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated string"):
        return "the line ends within the record"
    place = f"character {error.pos + 1}"
    if error.msg == "Extra data":
        return f"something follows the record, from {place} on; each record needs a line of its own"
    if error.msg.startswith("Invalid control"):
        return f"{place} is a control character, which must be escaped"
    return f"{place} can't stand there"
