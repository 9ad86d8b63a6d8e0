"""Plain files: a file is copied as it is. What would be a field of a record stands in a file beside it, in JSON."""

from __future__ import annotations

import shutil

from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Split


def write_plain(split: Split) -> None:
    """Copy the file to its destination, compressed or not."""
    decision = split.take(None)
    if decision is not None and decision.destination is not None:
        with split.source.open_as_stored() as stream:
            shutil.copyfileobj(stream, split.outputs.open(decision.destination, compressed=False))
        if split.is_annotated(decision.destination):
            beside = split.outputs.beside(decision.destination, f".{split.field_name}.json")
            beside.write(encode(split.note(decision)) + b"\n")
    split.finish()
