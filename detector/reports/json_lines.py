"""`jsonl`: one object a record, a report or why there is none, written out as soon as it is known."""

from __future__ import annotations

import json
from typing import TextIO

from detector.corpus.record import Record
from detector.report import Outcome
from detector.summary import Summary


def encode(outcome: Outcome) -> str:
    """Return the machine contract on one line. Lone surrogates stay in the string; the stream must escape them."""
    return json.dumps(outcome.to_dict(), ensure_ascii=False, allow_nan=False)


class JsonLinesWriter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self) -> None:
        """Write nothing: there is no header."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        self._stream.write(encode(outcome) + "\n")
        self._stream.flush()

    def end(self, summary: Summary) -> None:
        """Write nothing: every line is complete."""
