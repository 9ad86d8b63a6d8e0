"""Plain files: a file is copied as it is, or with its edits. What would be a field of a record stands in a file beside
it, in JSON."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Split
from detector.restore import Replacement, apply
from detector.text.decoding import encoding_by_mark


def write_plain(split: Split) -> None:
    """Copy the file to its destination, compressed or not."""
    decision = split.take(None)
    if decision is not None and decision.destination is not None:
        if edits := split.edits(decision):
            with split.source.open() as stream:
                data = stream.read()
            split.outputs.open(decision.destination).write(_edited(data, edits))
        else:
            with split.source.open_as_stored() as stream:
                shutil.copyfileobj(stream, split.outputs.open(decision.destination, compressed=False))
        if split.is_annotated(decision.destination):
            beside = split.outputs.beside(decision.destination, f".{split.field_name}.json")
            beside.write(encode(split.note(decision)) + b"\n")
    split.finish()


def _edited(data: bytes, edits: Sequence[Replacement]) -> bytes:
    """Return a file with its text edited, in the encoding it has. Only texts without remarks have edits."""
    mark, encoding = encoding_by_mark(data)
    return mark + apply(data[len(mark) :].decode(encoding), edits).encode(encoding)
