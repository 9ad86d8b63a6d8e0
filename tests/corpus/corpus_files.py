"""Inputs for the tests of reading, and what reading them gives in a short form."""

from __future__ import annotations

import json
from pathlib import Path

from detector.corpus.reading import ReadLog, ReadOptions, read
from detector.errors import SourceError
from detector.text.document import Document


def write(path: str, content: str | bytes = "Some text.") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def line(**fields: object) -> str:
    """Return one record of a JSON Lines file."""
    return json.dumps(fields) + "\n"


def outcomes(*paths: str, options: ReadOptions | None = None, log: ReadLog | None = None) -> list[str]:
    """Return ids of documents and messages of errors, in order."""
    records = read(paths, options or ReadOptions(), log=log)
    return [record.id if record.error is None else str(record.error) for record in records]


def only(path: str, options: ReadOptions | None = None) -> Document:
    (record,) = read([path], options or ReadOptions())
    assert record.document is not None, record.error
    return record.document


def problem(path: str, options: ReadOptions | None = None) -> str:
    (record,) = read([path], options or ReadOptions())
    assert isinstance(record.error, SourceError)
    assert record.error.source == path
    return record.error.problem
