"""`csv`: one row for each record, for spreadsheets and for whoever wants columns instead of objects."""

from __future__ import annotations

import csv
from typing import TextIO

from detector.corpus.record import Record
from detector.errors import error_type
from detector.report import Failure, Outcome
from detector.reports.short import strongest_findings
from detector.summary import Summary

COLUMNS = (
    "id",
    "source",
    "verdict",
    "probability",
    "words",
    "language",
    "reason",
    "strongest findings",
    "notes",
    "error",
    "ignored findings",
)


class CsvWriter:
    """A cell that a spreadsheet would run as a formula stands behind an apostrophe, as spreadsheets themselves write it."""

    def __init__(self, stream: TextIO) -> None:
        self._table = csv.writer(stream, lineterminator="\n")

    def begin(self) -> None:
        self._table.writerow(COLUMNS)

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure):
            error = f"{error_type(outcome.error)}: {outcome.error}"
            row = [outcome.id, outcome.source, "", "", "", "", "", "", "", error, ""]
        else:
            row = [
                outcome.id,
                outcome.source,
                str(outcome.verdict),
                "" if outcome.probability is None else str(outcome.probability),
                str(outcome.words),
                outcome.language or "",
                outcome.reason or "",
                "; ".join(strongest_findings(outcome.findings)),
                " ".join(outcome.notes),
                "",
                str(outcome.ignored.count if outcome.ignored else 0),
            ]
        self._table.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row])

    def end(self, summary: Summary) -> None:
        """Write nothing: every row is complete."""
