"""JSON Lines, plain or gzipped: one record a line, read as a stream."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from detector.errors import SourceError
from detector.text.decoding import BinaryContentError, decode_utf8, refuse_binary, without_surrogates
from detector.text.document import Document


@dataclass(frozen=True)
class ReadOptions:
    """Where a record keeps its text and its id. Without an id it is called `file:line`."""

    text_field: str = "text"
    id_field: str = "id"


def read_jsonl(path: str, name: str, options: ReadOptions) -> Iterator[Document | SourceError]:
    """Every record of the file, or what is wrong with it. A broken stream ends the file; what came before it counts."""
    number = documents = 0
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, 1):
                if number == 1:
                    line = _first_line(line)  # noqa: PLW2901
                if line.strip():
                    documents += 1
                    yield _record(line, name, number, options)
    except BinaryContentError as error:
        yield SourceError(name, f"{error}; JSON Lines are UTF-8 text")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        yield SourceError(name, f"broken gzip data ({error})", number + 1)
    else:
        if not documents:
            yield SourceError(name, "the file has no records")


def _open(path: str) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.lower().endswith(".gz") else Path(path).open("rb")


def _first_line(line: bytes) -> bytes:
    refuse_binary(line)
    return line.removeprefix(b"\xef\xbb\xbf")


def _record(line: bytes, name: str, number: int, options: ReadOptions) -> Document | SourceError:
    decoded = decode_utf8(line)
    try:
        record = json.loads(decoded.text)
    except (ValueError, RecursionError) as error:
        return SourceError(name, f"not JSON: {_what(error)}", number)
    if not isinstance(record, dict):
        return SourceError(name, f"a record must be an object, this is {_kind(record)}", number)
    if options.text_field not in record:
        known = ", ".join(map(_printable, list(record)[:8])) or "none"
        return SourceError(
            name, f"no field {options.text_field!r} (fields: {known}); choose it with --text-field", number
        )
    text = record[options.text_field]
    if not isinstance(text, str):
        return SourceError(name, f"field {options.text_field!r} must be a string, it is {_kind(text)}", number)
    place = f"{name}:{number}"
    id = _id(record, options.id_field) or place
    return Document.from_text(text, id=id, source=place, notes=decoded.notes)


def _id(record: dict[str, Any], field: str) -> str | None:
    value = record.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return _printable(str(value))


def _printable(text: str) -> str:
    return without_surrogates(text).text


def _what(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _kind(value: object) -> str:
    kinds = {"NoneType": "null", "str": "a string", "list": "a list", "dict": "an object", "bool": "true or false"}
    return kinds.get(type(value).__name__, "a number")
