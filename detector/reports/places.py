"""Where a finding stands, for people and machines that count lines: line, column, and the words around it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePath
from typing import NamedTuple

from detector.corpus.record import Record
from detector.policy.identity import identify, rule_of
from detector.report import Finding, Report

_LINE_END = re.compile(r"\r\n|\r|\n")


class Place(NamedTuple):
    """Line and column, both from 1; columns count code points."""

    line: int
    column: int


class Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def place(self, offset: int) -> Place:
        """Return where an offset (code points) is."""
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


def file_of(report: Report, record: Record | None) -> str:
    """Return the path of the file that a report is about, without a leading `./`."""
    return tidy(record.file if record is not None else report.source)


def tidy(path: str) -> str:
    """Return a path as a person would write it; an address stays as it is.

    >>> tidy("./news//a.txt"), tidy("s3://bucket//a")
    ('news/a.txt', 's3://bucket//a')
    """
    return path if "://" in path else PurePath(path).as_posix()


def text_of(record: Record | None) -> str | None:
    """Return the text in which offsets count, where the file holds that very text."""
    if record is None or record.row is not None or record.document is None:
        return None
    return record.document.text


def lines_of(record: Record | None) -> Lines | None:
    """Return the lines of the file that a record is; None for a row of a container, whose text has no lines in the file."""
    text = text_of(record)
    return None if text is None else _lines(text)


@lru_cache(maxsize=4)
def _lines(text: str) -> Lines:
    return Lines(text)


def first_line(report: Report, record: Record | None) -> int:
    """Return the line of a document's first finding of wording, or where its record stands; 1 where that is not known."""
    if record is not None and record.row is not None:
        return record.row
    lines = lines_of(record)
    starts = [finding.start for finding in report.findings if finding.signal == "wording"]
    return lines.place(min(starts)).line if lines and starts else 1


def identity(report: Report, finding: Finding, record: Record | None) -> str:
    """Return what tells whether a finding of two runs is the same: rule, file or record, its words, and those around it.

    Neither the line nor the message nor the suggestions: moved lines and another model do not change it.
    """
    where = (
        report.id
        if record is not None and record.row is not None and report.id != report.source
        else file_of(report, record)
    )
    parts: tuple[str, ...]
    if record is not None and record.document is not None:
        parts = (where, *identify(record.document, finding))
    else:
        parts = (where, rule_of(finding), " ".join(finding.text.split()))
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
