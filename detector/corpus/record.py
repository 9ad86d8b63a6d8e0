"""A record: one unit of input as it was given, with the document in it or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from detector.errors import SourceError
from detector.text.document import Document


@dataclass(frozen=True)
class Record:
    """One row of a container, or one file that holds one document.

    Exactly one of `document` and `error` is set. `file` names the container for a person, as the user gave its path;
    `row` is the 1-based line or row in it, None for a file that holds one document. `fields` are all fields of the row
    in their order, untouched, or None for a file; `raw` are the row's bytes as they stood, without the line end, where
    the container has such a thing. `text_is_prose`: the text among the fields is the document's prose, since the document
    is a page with its markup.
    """

    id: str
    file: str
    row: int | None = None
    document: Document | None = None
    error: SourceError | None = None
    fields: Mapping[str, Any] | None = None
    raw: bytes | None = None
    text_is_prose: bool = False

    def __post_init__(self) -> None:
        if (self.document is None) == (self.error is None):
            raise ValueError("a record has either a document or an error")

    @property
    def source(self) -> str:
        """The file, and the row in it where it has rows: `corpus.jsonl:12`."""
        return self.file if self.row is None else f"{self.file}:{self.row}"

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the document's text in UTF-8 (hex digits); of nothing, where there is no document."""
        text = self.document.text if self.document else ""
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
