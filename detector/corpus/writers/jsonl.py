"""JSON Lines: lines are written as the bytes they are. A field is put in before the brace that ends the object, so that
numbers, spaces and the order of keys stay as they were. UTF-16 and UTF-32 become UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from detector.corpus.compression import BrokenStreamError
from detector.corpus.lines import read_lines
from detector.corpus.writers.split import Split


def write_jsonl(split: Split) -> None:
    """Write each line to the file of its destination."""
    streams = {destination: split.outputs.open(destination) for destination in split.outputs.destinations}
    for number, data in _lines(split):
        decision = split.take(number, lambda data=data: data)  # type: ignore[misc]
        if decision is None or data is None:
            continue
        assert decision.destination is not None
        note = split.notes(decision)
        streams[decision.destination].write(data + b"\n" if note is None else add_field(data, split.field_name, note))
    split.finish()


def _lines(split: Split) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines with their numbers; None is one that is too long to be read."""
    # Where the file breaks off was told when it was read; `Split.finish` checks that nothing else is missing.
    with suppress(BrokenStreamError, OSError), split.source.open() as stream:
        for number, line in enumerate(read_lines(stream, split.options.max_record_bytes), 1):
            yield number, line.data if line else None


def add_field(line: bytes, name: str, value: Mapping[str, Any]) -> bytes:
    """Return the line of an object with one more field, and a line end."""
    end = line.rindex(b"}")
    before = line[:end].rstrip()
    return before + b", " + encode(name) + b": " + encode(value) + line[end:] + b"\n"


def encode(value: object) -> bytes:
    """Return JSON in UTF-8. A lone surrogate is written as an escape, which is its JSON spelling."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
