"""`json`: one array of the objects that `jsonl` writes, streamed, and valid however the run ends."""

from __future__ import annotations

from typing import TextIO

from detector.report import Report
from detector.reports.json_lines import encode


class JsonArrayWriter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._empty = True

    def write(self, report: Report) -> None:
        self._stream.write(("[\n" if self._empty else ",\n") + encode(report))
        self._empty = False

    def close(self) -> None:
        self._stream.write("[]\n" if self._empty else "\n]\n")
