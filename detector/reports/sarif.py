"""`sarif`: SARIF 2.1.0, which code hosts and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. One result for each document that is not clean, and one for
each of its findings. Columns count code points. A row of a data file is a place of one line: its row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

from detector import __version__
from detector.corpus.record import Record
from detector.report import Failure, Finding, Grade, IgnoredBy, Outcome, Report
from detector.reports.places import file_of, identity, lines_of
from detector.reports.printable import printable
from detector.rules import RULES, VERDICT_RULES, Rule, Severity
from detector.summary import Summary

#: Results of one run that GitHub takes; of what is more it takes nothing at all.
MOST_RESULTS = 25_000
FINGERPRINT = "unspunFinding/v1"  # the key of our own: `primaryLocationLineHash` is GitHub's

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_GRADES = {Grade.LIKELY: "warning", Grade.POSSIBLE: "note"}
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_LINK = re.compile(r"\[(?=[^\]]*\]\()")  # what a viewer would take for a link of ours
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


class SarifWriter:
    """Writes results as they come; what is known at the end only, such as the rules, comes after them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._written = self._left_out = 0
        self._rules: dict[str, dict[str, Any]] = {}
        self._problems: list[dict[str, Any]] = []

    def begin(self) -> None:
        self._stream.write(f'{{"$schema": {_json(_SCHEMA)}, "version": "2.1.0", "runs": [{{"results": [')

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure):
            self._problems.append({"level": "error", "message": _message(outcome.message)})
        else:
            for result in self._results(outcome, record):
                self._write(result)

    def end(self, summary: Summary) -> None:
        if self._left_out:
            text = f"{self._left_out:,} results are left out, as code hosts take no more than {MOST_RESULTS:,}"
            self._problems.append({"level": "warning", "message": _message(text)})
        run = {
            "tool": {"driver": {"name": "unspun", "version": __version__, "rules": list(self._rules.values())}},
            "invocations": [
                {
                    "executionSuccessful": summary.complete and not summary.failures,
                    "toolExecutionNotifications": self._problems,
                }
            ],
            "columnKind": "unicodeCodePoints",
        }
        self._stream.write(f"\n], {_json(run)[1:]}]}}\n")

    def _write(self, result: dict[str, Any]) -> None:
        if self._written == MOST_RESULTS:
            self._left_out += 1
            return
        self._stream.write(f"{',' if self._written else ''}\n{_json(result)}")
        self._written += 1

    def _results(self, report: Report, record: Record | None) -> Iterator[dict[str, Any]]:
        if (rule := VERDICT_RULES.get(report.verdict)) is not None:
            text = rule.message.format(probability=report.probability)
            yield {
                **self._rule(rule.name, rule),
                "message": _message(f"{text} {' '.join(report.notes)}".rstrip()),
                "locations": [_location(report, record, None)],
                "properties": {"probability": report.probability, "id": report.id},
                **({"suppressions": [_suppression("external", "in the baseline")]} if report.is_accepted else {}),
            }
            for finding in report.findings:
                yield self._finding(report, finding, record)
        for one in report.ignored.findings if report.ignored else ():
            kind = "inSource" if one.by in (IgnoredBy.INLINE, IgnoredBy.FIELD) else "external"
            suppression = _suppression(kind, one.reason or one.entry)
            yield {**self._finding(report, one.finding, record), "suppressions": [suppression]}

    def _finding(self, report: Report, finding: Finding, record: Record | None) -> dict[str, Any]:
        name = f"{finding.signal}/{finding.rule}"
        result = {
            **self._rule(name, RULES.get(name), finding.message),
            "message": _message(finding.message),
            "locations": [_location(report, record, finding)],
            "partialFingerprints": {FINGERPRINT: identity(report, finding, record)},
            "properties": {
                "score": finding.score,
                "grade": finding.grade,
                "suggestions": [one.text for one in finding.suggestions],
            },
        }
        if finding.grade is not None:
            result["level"] = _GRADES[finding.grade]
        place = _location(report, record, finding)["physicalLocation"]
        if finding.suggestions and "startColumn" in place["region"]:
            best = finding.suggestions[0].text
            change = {"deletedRegion": place["region"], "insertedContent": {"text": best}}
            result["fixes"] = [
                {
                    "description": _message(f"Put “{best}” back."),
                    "artifactChanges": [{"artifactLocation": place["artifactLocation"], "replacements": [change]}],
                }
            ]
        return result

    def _rule(self, name: str, rule: Rule | None, message: str = "") -> dict[str, Any]:
        level = _LEVELS[rule.severity if rule else Severity.NOTE]
        if name not in self._rules:
            help = rule.documentation if rule else f"A rule of LanguageTool: {message}"
            more = f" `detector explain {name}` says this, too." if rule else ""
            self._rules[name] = {
                "id": name,
                "name": name.partition("/")[2].title().replace("_", ""),
                "shortDescription": _message(help.partition(". ")[0].rstrip(".") + "."),
                "fullDescription": _message(help),
                "help": _message(help + more),
                "defaultConfiguration": {"level": level},
            }
        return {"ruleId": name, "level": level}


def _suppression(kind: str, why: str) -> dict[str, str]:
    return {"kind": kind, "status": "accepted", "justification": printable(why)}


def _location(report: Report, record: Record | None, finding: Finding | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri_of(file_of(report, record))}}
    lines = lines_of(record)
    if record is not None and record.row is not None:
        physical["region"] = {"startLine": record.row}
    elif lines is not None and finding is not None:
        start, end = lines.place(finding.start), lines.place(finding.end)
        physical["region"] = {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        }
    else:
        physical["region"] = {"startLine": 1}
    location: dict[str, Any] = {"physicalLocation": physical}
    if record is not None and record.row is not None:
        location["logicalLocations"] = [{"name": printable(report.id), "kind": "object"}]
    return location


def uri_of(path: str) -> str:
    """Return a path as a URI: a relative one stays relative to where the command ran.

    >>> uri_of("news/a b.txt"), uri_of("/srv/ä.txt")
    ('news/a%20b.txt', 'file:///srv/%C3%A4.txt')
    """
    if re.match(r"[a-z][a-z0-9+.-]+://", path):
        return path
    pure = PurePath(path)
    quoted = quote(pure.as_posix(), errors="surrogatepass", safe="/")
    return f"file://{quoted}" if pure.is_absolute() else quoted


def _message(text: str) -> dict[str, str]:
    return {"text": _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\[", printable(text)))}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
