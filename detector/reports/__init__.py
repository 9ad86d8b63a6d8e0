"""Reports show; they never compute.

A writer turns `Report`s into one output format, one at a time and in the order they come. `explain` is not a format:
it needs the document's text too, and has a command of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, TextIO

from detector.report import Report


class Format(StrEnum):
    TEXT = "text"  # for people
    JSON = "json"  # one array
    JSONL = "jsonl"  # one object a line, as they come

    @property
    def for_machines(self) -> bool:
        return self is not Format.TEXT


class Writer(Protocol):
    def write(self, report: Report) -> None: ...

    def close(self) -> None:
        """Complete the output, whatever happened before; the stream stays open."""
        ...


def open_writer(format: Format, stream: TextIO) -> Writer:
    match format:
        case Format.TEXT:
            from detector.reports.text import TextWriter

            return TextWriter(stream)
        case Format.JSON:
            from detector.reports.json_array import JsonArrayWriter

            return JsonArrayWriter(stream)
        case Format.JSONL:
            from detector.reports.json_lines import JsonLinesWriter

            return JsonLinesWriter(stream)
