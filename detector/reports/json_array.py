"""`json`: one array of the objects that `jsonl` writes, streamed, and valid however the run ends."""

from __future__ import annotations

from typing import TextIO

from detector.corpus.record import Record
from detector.report import Outcome
from detector.reports.json_lines import encode
from detector.summary import Summary


class JsonArrayWriter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._opening = "[\n"

    def begin(self) -> None:
        """Write nothing: an empty array is written in one piece."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        self._stream.write(self._opening + encode(outcome))
        self._opening = ",\n"

    def end(self, summary: Summary) -> None:
        self._stream.write("[]\n" if self._opening == "[\n" else "\n]\n")
