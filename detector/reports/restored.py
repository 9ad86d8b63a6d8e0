"""A restored document: the text on the output, what was changed beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TextIO

from detector.report import Report, Verdict
from detector.reports.console import count
from detector.reports.messages import print_step
from detector.reports.printable import printable_line
from detector.restore import apply, edits
from detector.text.document import Document


def write_restored(document: Document, report: Report, sure: float, stream: TextIO, *, as_json: bool) -> None:
    """Write JSON `{"text", "edits"}`, or the text alone, with a line for each edit on standard error."""
    changes = [] if report.verdict is Verdict.CLEAN else edits(document, report.findings, sure)
    text = apply(document.text, changes)
    if as_json:
        json.dump({"text": text, "edits": [asdict(edit) for edit in changes]}, stream, ensure_ascii=False)
        stream.write("\n")
        return
    stream.write(text)
    for edit in changes:
        print_step(f"{edit.start}: {printable_line(edit.before)} → {printable_line(edit.after)}")
    reason = report.reason or ("the document is clean" if report.verdict is Verdict.CLEAN else None)
    print_step(f"nothing changed: {reason}" if reason else count(len(changes), "edit"))
