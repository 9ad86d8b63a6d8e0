"""JSON Lines: lines are written as the bytes they are. A field is put in before the brace that ends the object, so that
numbers, spaces and the order of keys stay as they were. UTF-16 and UTF-32 become UTF-8."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from detector.corpus.compression import BrokenStreamError
from detector.corpus.lines import read_lines
from detector.corpus.writers.json_source import edit_text, remove_field
from detector.corpus.writers.split import Decision, Split

_LINE_ENDS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}  # to str.splitlines
_MAX_DIGITS = 4000  # Python makes no int of more than 4,300


def write_jsonl(split: Split) -> None:
    """Write each line to the file of its destination."""
    streams = {destination: split.outputs.open(destination) for destination in split.outputs.destinations}
    for number, data in _lines(split):
        decision = split.take(number, lambda data=data: data)  # type: ignore[misc]
        if decision is None or data is None:
            continue
        assert decision.destination is not None
        streams[decision.destination].write(_changed(split, decision, data))
    split.finish()


def _changed(split: Split, decision: Decision, line: bytes) -> bytes:
    if edits := split.edits(decision):
        line = edit_text(line, split.options.text_field, edits)
    if split.removed_field is not None:
        line = remove_field(line, split.removed_field)
    annotated = split.is_annotated(decision.destination)
    return add_field(line, split.field_name, split.note(decision)) if annotated else line + b"\n"


def _lines(split: Split) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines with their numbers; None is one that is too long to be read."""
    # Where the file breaks off was told when it was read; `Split.finish` checks that nothing else is missing.
    with suppress(BrokenStreamError, OSError), split.source.open() as stream:
        for number, line in enumerate(read_lines(stream, split.options.max_record_bytes), 1):
            yield number, line.data if line else None


def add_field(line: bytes, name: str, value: object) -> bytes:
    """Return the line of an object with one more field, and a line end."""
    end = line.rindex(b"}")
    before = line[:end].rstrip()
    return before + b", " + encode(name) + b": " + encode(value) + line[end:] + b"\n"


def encode(value: object) -> bytes:
    """Return JSON in UTF-8.

    Lone surrogates are written as escapes, which are their JSON spelling, and so is what some readers take for the end of
    a line.
    """
    text = json.dumps(value, ensure_ascii=False, default=_in_json)
    if not text.isascii():
        text = text.translate(_LINE_ENDS)
    return text.encode("utf-8", "backslashreplace")


def _in_json(value: object) -> Any:
    """Return what stands in JSON for a value that it has no spelling for."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.adjusted() < _MAX_DIGITS else float(value)
    return str(value)
