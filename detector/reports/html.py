"""`html`: one file with all documents of a run, for people. It needs no network and no server.

A list that can be sorted and filtered, each document with its findings in place, and pictures of the whole. Texts are
kept in the file, packed; they come from the records.
"""

from __future__ import annotations

from html import escape
from pathlib import PurePath
from typing import TextIO

from detector.corpus.groups import host_of
from detector.corpus.record import Record
from detector.corpus.score_log import make_entry
from detector.corpus.tally import Tally
from detector.profile import usual_destination
from detector.report import Failure, Outcome, Verdict
from detector.reports.document_list import DocumentList, row_of
from detector.reports.page import pictures_of, summary_of
from detector.reports.places import lines_of
from detector.reports.shell import asset, head, script_of
from detector.reports.view import view_of, view_of_failure
from detector.summary import Summary

MARK = "unspun report"  # by which an earlier report is known
#: Documents that are listed. What is clean or has no verdict stops earlier, so that spun ones have their place.
MOST_DOCUMENTS, MOST_OTHERS = 50_000, 25_000

_SCRIPTS = ("view.js", "list.js", "report.js", "start.js")


class HtmlWriter:
    """Writes the documents as they come; the pictures are drawn at the end, and put in their place by the page."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._documents = DocumentList(stream)
        self._tally = Tally()
        self._listed = self._others = self._left_out = 0
        self._script = script_of(_SCRIPTS)

    def begin(self) -> None:
        self._stream.write(head("unspun report", self._script, mark=MARK))
        self._stream.write(f"<body>\n{asset('report.html')}")

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        group = group_of(outcome, record)
        entry = make_entry(record.row if record else None, outcome, group, with_findings=False)
        self._tally.add(entry, usual_destination(entry), record.file if record else outcome.source)
        if not self._has_room(outcome):
            self._left_out += 1
            return
        if isinstance(outcome, Failure):
            view = view_of_failure(outcome)
        else:
            view = view_of(outcome, record.document if record else None, lines_of(record))
        self._documents.add(row_of(view, group), view)

    def end(self, summary: Summary) -> None:
        self._documents.close()
        thresholds = summary.thresholds
        profile = {
            **self._tally.report(),
            "thresholds": {"suspect": thresholds.suspect, "spun": thresholds.spun} if thresholds else None,
            "complete": summary.complete,
            "keep_rate": None,
            "destinations": {},
        }
        notes = []
        if self._left_out:
            notes.append(f"{self._left_out:,} more documents are counted and not listed.")
        said = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
        self._stream.write(f'<template id="summary">{summary_of(profile)}{said}</template>\n')
        self._stream.write(f'<template id="pictures">{pictures_of(profile)}</template>\n')
        self._stream.write(f"<script>{self._script}</script>\n</body>\n</html>\n")

    def _has_room(self, outcome: Outcome) -> bool:
        is_other = not isinstance(outcome, Failure) and outcome.verdict in (Verdict.CLEAN, Verdict.UNSCORED)
        if self._listed >= MOST_DOCUMENTS or (is_other and self._others >= MOST_OTHERS):
            return False
        self._listed += 1
        self._others += is_other
        return True


def group_of(outcome: Outcome, record: Record | None) -> str:
    """Return the source of a document: the group it has, the host of its address, its container, or its folder."""
    group = None if isinstance(outcome, Failure) else outcome.group
    if group is None:
        group = host_of(outcome.id)
    if group or record is None:
        return group or ""
    return record.file if record.row is not None else PurePath(record.file).parent.as_posix()
