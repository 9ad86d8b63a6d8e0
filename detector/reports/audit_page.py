"""The page of an audit: each document with what was found in it, and buttons for a person's answer.

It does not show what the program thinks of a document, which would lead the person. The browser writes the sheet, as
`detector.audit.write_sheet` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, TextIO

from detector.audit import COLUMNS, FORMULA, Row
from detector.report import Finding, Suggestion
from detector.reports.document_list import DocumentList, row_of
from detector.reports.shell import asset, head, script_of, to_json
from detector.reports.view import finding_view, shown_text
from detector.rules import RULES
from detector.text.document import Document

MARK = "unspun audit"
_SCRIPTS = ("view.js", "list.js", "report.js", "audit.js")
_SIGNAL_OF = {rule.id: rule.signal for rule in RULES.values()}


def write_audit_page(rows: Sequence[Row], stream: TextIO, name: str) -> None:
    """Write the page for rows that have their documents. `name` is what the sheet will be called, without a suffix."""
    script = script_of(_SCRIPTS)
    sheet = {
        "columns": COLUMNS,
        "formula": FORMULA,
        "name": name,
        "rows": [{column: row[column] for column in COLUMNS} for row in rows],
    }
    # Answers that the browser keeps belong to this draw and to no other.
    draw = sha256(json.dumps([(row["id"], row["place"]) for row in rows]).encode()).hexdigest()[:16]
    stream.write(head("unspun audit", script, mark=MARK))
    stream.write(f'<body data-audit="{draw}">\n{asset("audit.html")}')
    documents = DocumentList(stream)
    for row in rows:
        view = _view(row)
        documents.add(row_of(view, row["source"]), view)
    documents.close()
    stream.write(f'<script type="application/json" id="sheet">{to_json(sheet)}</script>\n')
    stream.write(f"<script>{script}</script>\n</body>\n</html>\n")


def _view(row: Row) -> dict[str, Any]:
    document: Document | None = row["document"]
    text, locate = shown_text(document)
    findings = [finding_view(_finding(one), document, locate, None) for one in row["findings"]]
    return {
        "id": row["id"],
        "source": row["place"],
        "verdict": "",
        "probability": None,
        "reason": None,
        "language": "en",
        "words": len(document.words) if document else 0,
        "notes": [],
        "thresholds": [1.0, 1.0],
        "group": row["source"] or None,
        "text": text,
        "cut": False,
        "findings": sorted(findings, key=lambda one: one["at"] or [0, 0]),
        "left_out": 0,
        "windows": [],
    }


def _finding(stored: Mapping[str, Any]) -> Finding:
    """Return a finding as a score file or the log of a run holds it; the log knows neither signal nor message."""
    suggestions = (
        Suggestion(one, 0.0) if isinstance(one, str) else Suggestion(one["text"], one["score"])
        for one in stored["suggestions"]
    )
    return Finding(
        stored["start"],
        stored["end"],
        stored["text"],
        stored.get("signal") or _SIGNAL_OF.get(stored["rule"], "grammar"),
        stored["rule"],
        stored.get("message", ""),
        stored["score"],
        tuple(suggestions),
    )
