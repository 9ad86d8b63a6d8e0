"""Finding the one document that a command is about."""

from __future__ import annotations

from collections.abc import Iterable

from detector.corpus.record import Record
from detector.errors import ConfigError, SourceError
from detector.text.document import Document

_NAMED_RECORDS = 5  # ids shown to somebody who must choose one


def find_one(records: Iterable[Record], path: str, id: str | None) -> Document:
    """Return the document with an id, or where `id` is None the only one there is.

    Raises `SourceError` when nothing can be read, `ConfigError` when it must be said which document is meant.
    """
    errors: list[SourceError] = []
    others: list[Document] = []
    for record in records:
        if record.error is not None:
            errors.append(record.error)
        elif record.document is not None and record.id == id:
            return record.document
        elif record.document is not None and len(others) <= _NAMED_RECORDS:
            others.append(record.document)
        elif id is None:
            break
    if len(others) == 1 and id is None and not errors:
        return others[0]
    if errors and not others:
        raise errors[0]
    if not others:
        raise SourceError(path, "holds no document")
    ids = ", ".join([one.id for one in others[:_NAMED_RECORDS]] + ["…"] * (len(others) > _NAMED_RECORDS))
    unread = f"; {len(errors)} could not be read, the first: {errors[0]}" if errors else ""
    if id is None:
        raise ConfigError(f"{path}: holds several documents; choose one with --record ID, which can be {ids}{unread}")
    raise ConfigError(f"{path}: holds no document with the id {id}; there are {ids}{unread}")
