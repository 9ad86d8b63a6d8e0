"""`github`: commands that GitHub Actions turns into annotations, one for each document that is not clean.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions. A step shows ten errors and ten warnings and
drops the rest without a word, so these are counted in a notice.
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from detector.corpus.record import Record
from detector.report import Failure, Outcome, Verdict
from detector.reports.console import count
from detector.reports.places import file_of, first_line, tidy
from detector.reports.printable import printable
from detector.reports.short import strongest_findings
from detector.summary import Summary

MOST_ANNOTATIONS = 10  # of each kind, in a step


class GithubWriter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: Counter[str] = Counter()
        self._ignored = self._accepted = 0

    def begin(self) -> None:
        """Write nothing: there is no header."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure):
            file = tidy(record.file if record else outcome.source)
            self._annotate("error", file, (record.row if record else None) or 1, "not scored", outcome.message)
            return
        self._ignored += outcome.ignored.count if outcome.ignored else 0
        self._accepted += outcome.is_accepted
        if outcome.verdict in (Verdict.SPUN, Verdict.SUSPECT) and not outcome.is_accepted:
            kind = "error" if outcome.verdict is Verdict.SPUN else "warning"
            parts = [f"probability {outcome.probability:.2f}", *strongest_findings(outcome.findings), *outcome.notes]
            name = "" if record is None or record.row is None else f" record {outcome.id}"
            line = first_line(outcome, record)
            self._annotate(kind, file_of(outcome, record), line, f"{outcome.verdict}{name}", "\n".join(parts))

    def end(self, summary: Summary) -> None:
        for kind in ("error", "warning"):
            if (more := self._shown[kind] - MOST_ANNOTATIONS) > 0:
                self._write(f"::notice title=unspun::{more:,} more {kind}s are not shown here")
        if self._ignored or self._accepted:
            accepted = f", {count(self._accepted, 'spun document')} accepted" if self._accepted else ""
            self._write(f"::notice title=unspun::{count(self._ignored, 'finding')} ignored{accepted}")

    def _annotate(self, kind: str, file: str, line: int, title: str, message: str) -> None:
        self._shown[kind] += 1
        if self._shown[kind] <= MOST_ANNOTATIONS:
            place = f"file={_property(file)},line={line},title={_property(f'unspun: {title}')}"
            self._write(f"::{kind} {place}::{_data(message)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
