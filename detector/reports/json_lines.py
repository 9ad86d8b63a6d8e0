"""`jsonl`: one object a document, written out as soon as it is known, so that a long run can be followed."""

from __future__ import annotations

import json
from typing import TextIO

from detector.report import Report


def encode(report: Report) -> str:
    """The machine contract on one line. Lone surrogates stay in the string; the stream must escape them."""
    return json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False)


class JsonLinesWriter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, report: Report) -> None:
        self._stream.write(encode(report) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to add: every line is complete."""
