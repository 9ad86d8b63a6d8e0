"""`gitlab`: a Code Quality report, one issue for each document that is not clean and for each of its findings.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TextIO

from detector.corpus.record import Record
from detector.policy.notes import note_on
from detector.report import Failure, Outcome, Report
from detector.reports.places import file_of, first_line, identity, lines_of, tidy
from detector.reports.printable import printable
from detector.rules import IGNORED_RULE, RULES, VERDICT_RULES, Severity
from detector.summary import Summary

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


class GitlabWriter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._opening = "[\n"

    def begin(self) -> None:
        """Write nothing: an empty array is written in one piece."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure):
            file = tidy(record.file if record else outcome.source)
            row = (record.row if record else None) or 1
            issues = iter([_issue("error", outcome.message, "critical", key=f"{file}\0{row}", file=file, line=row)])
        else:
            issues = _issues(outcome, record)
        for issue in issues:
            self._stream.write(self._opening + json.dumps(issue, ensure_ascii=True))
            self._opening = ",\n"

    def end(self, summary: Summary) -> None:
        self._stream.write("[]\n" if self._opening == "[\n" else "\n]\n")


def _issues(report: Report, record: Record | None) -> Iterator[dict[str, Any]]:
    file, lines = file_of(report, record), lines_of(record)
    line = first_line(report, record)
    if report.ignored is not None and (report.ignored.count or report.ignored.accepted):
        said = ". ".join(f"{note[0].upper()}{note[1:]}" for note in note_on(report.ignored))
        key = f"{IGNORED_RULE.name}\0{file}\0{report.id}"
        yield _issue(IGNORED_RULE.name, f"{said}.", _SEVERITIES[IGNORED_RULE.severity], key=key, file=file, line=line)
    rule = VERDICT_RULES.get(report.verdict)
    if rule is None or report.is_accepted:
        return
    message = rule.message.format(probability=report.probability)
    key = f"{rule.name}\0{file}\0{report.id}"
    yield _issue(rule.name, message, _SEVERITIES[rule.severity], key=key, file=file, line=line)
    seen: Counter[str] = Counter()
    for finding in report.findings:
        name = f"{finding.signal}/{finding.rule}"
        known = RULES.get(name)
        severity = _SEVERITIES[known.severity if known else Severity.NOTE]
        at = lines.place(finding.start).line if lines else line
        key = identity(report, finding, record)
        seen[key] += 1  # the same words may stand there twice
        key = f"{key}\0{seen[key]}"
        yield _issue(name, finding.message, severity, key=key, file=file, line=at)


def _issue(rule: str, message: str, severity: str, *, key: str, file: str, line: int) -> dict[str, Any]:
    return {
        "description": printable(message),
        "check_name": rule,
        "fingerprint": sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "severity": severity,
        "location": {"path": printable(file), "lines": {"begin": line}},
    }
