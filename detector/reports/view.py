"""The view of a document: what a page shows of it, as plain data. The HTML report, `audit` and `serve` share it.

It holds the report, the text, and where the findings stand in the text that is shown. That text is the document's own;
of HTML, web pages and notebooks it is the prose, since nobody can read their source. All offsets in a view count code
points of the text that is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detector.judge.decision import OVERWHELMING, decide
from detector.report import Failure, Finding, Origin, Report
from detector.reports.places import Lines
from detector.restore import edits
from detector.text.document import Document
from detector.text.looks import looks_like_html
from detector.text.offsets import Span

MOST_TEXT = 1_000_000  # code points of a text that are shown
_MARKED_UP = frozenset(("html", "page", "notebook"))  # formats whose source is not for people
_SUGGESTIONS = 5

Locate = Callable[[int, int], Span | None]


def view_of_failure(failure: Failure) -> dict[str, Any]:
    """Return the view of a record that has no report."""
    return {"id": failure.id, "source": failure.source, "error": failure.message}


def view_of(report: Report, document: Document | None, lines: Lines | None = None) -> dict[str, Any]:
    """Return the view of a report. Without its document it has no text, and no place for its findings.

    `lines` are those of the file, where the file holds the text as it is: findings then have their line and column.
    """
    text, locate = shown_text(document)
    text_is_cut = text is not None and len(text) > MOST_TEXT
    return {
        "id": report.id,
        "source": report.source,
        "verdict": report.verdict,
        "probability": report.probability,
        "reason": report.reason,
        "language": report.language,
        "words": report.words,
        "notes": report.notes,
        "thresholds": [report.thresholds.suspect, report.thresholds.spun, report.thresholds.origin],
        "group": report.group,
        "model": report.model.version,
        "text": text[:MOST_TEXT] if text is not None and text_is_cut else text,
        "cut": text_is_cut,
        "findings": [finding_view(finding, document, locate, lines) for finding in report.findings],
        "left_out": report.findings_left_out,
        "windows": [
            [span.start, span.end, window.probability]
            for window in report.windows
            if (span := locate(window.start, window.end))
        ],
        "contributions": [[one.signal, round(one.log_odds, 3)] for one in report.contributions],
        "measures": {name: round(value, 4) for name, value in report.measures.items()},
        "signals": [[name, state.status, state.detail] for name, state in report.signals.items()],
        "steps": verdict_steps(report),
    }


def verdict_steps(report: Report) -> list[list[Any]]:
    """Return what the verdict is for every threshold of `spun`, by steps: from where, verdict there, verdict above it.

    >>> from detector.report import Grounds, ModelInfo, Thresholds, Verdict
    >>> report = Report("a", "a", Verdict.SPUN, 0.9, None, "en", 80, (), (), {}, ModelInfo("1", ""), Thresholds(0.5, 0.8),
    ...     grounds=Grounds(0.9))
    >>> verdict_steps(report)
    [[0.0, 'spun', 'spun'], [0.9, 'spun', 'suspect']]
    """
    probability, grounds = report.probability, report.grounds
    if probability is None or grounds is None:
        return []

    def verdict(threshold: float) -> str:
        thresholds = report.thresholds.moved(threshold, Origin.THRESHOLD)
        return str(decide(probability, grounds, thresholds)[0])

    section = grounds.section.probability if grounds.section else None
    turns = (0.0, 1.0, probability, report.thresholds.suspect, OVERWHELMING, grounds.wording, grounds.unquoted, section)
    points = sorted({point for point in turns if point is not None})
    steps: list[list[Any]] = []
    for point, following in zip(points, [*points[1:], None], strict=True):
        at = verdict(point)
        step = [point, at, at if following is None else verdict((point + following) / 2)]
        if not steps or step[1:] != [steps[-1][2]] * 2:
            steps.append(step)
    return steps


def shown_text(document: Document | None) -> tuple[str | None, Locate]:
    """Return the text that is shown, and what finds a span of the document's text in it."""
    if document is None:
        return None, lambda start, end: None
    if document.format in _MARKED_UP or (document.format == "auto" and looks_like_html(document.text)):
        return document.prose.text, document.prose.find
    return document.text, Span


def finding_view(finding: Finding, document: Document | None, locate: Locate, lines: Lines | None) -> dict[str, Any]:
    """Return a finding with its place in the text that is shown; None where it has none there."""
    span = locate(finding.start, finding.end)
    if document is not None and document.text[finding.start : finding.end] != finding.text:
        span = None  # of another version of the text
    restored = document is not None and span is not None and bool(edits(document, [finding]))
    return {
        "at": None if span is None else list(span),
        "text": finding.text,
        "signal": finding.signal,
        "rule": finding.rule,
        "message": finding.message,
        "score": finding.score,
        "suggestions": [[one.text, round(one.score, 3)] for one in finding.suggestions[:_SUGGESTIONS]],
        "place": ":".join(map(str, lines.place(finding.start))) if lines is not None else None,
        "restored": restored,
    }
