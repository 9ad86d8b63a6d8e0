"""`junit`: a JUnit XML file, which CI servers show: one test case for each document.

Spun documents are failures, those that could not be read or scored are errors, those without a verdict are skipped. A suspect
document passes, as it does in `detector check`, and says why it is suspect in its `system-out`. The file is the name of the
class: an attribute `file` is refused by the schema that the xUnit plugin of Jenkins holds reports against.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from typing import IO, TextIO
from xml.sax.saxutils import escape, quoteattr

from detector.corpus.record import Record
from detector.policy.notes import note_on
from detector.report import Failure, Outcome, Report, Verdict
from detector.reports.places import tidy
from detector.reports.short import strongest_findings
from detector.summary import Summary

# What XML 1.0 can't hold; a reader refuses the whole file for one of them.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_MEMORY = 1 << 20  # bytes of test cases that are kept there; more are kept in a temporary file


class JunitWriter:
    """Keeps the test cases until the end, since their numbers come first in the file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._cases: IO[str] | None = None
        self._counts: Counter[str] = Counter()

    def begin(self) -> None:
        self._cases = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115 - `end` closes it

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        assert self._cases is not None
        kind, content = _content(outcome)
        self._counts.update(("tests", kind))
        if isinstance(outcome, Report) and outcome.ignored is not None:
            self._counts["ignored"] += outcome.ignored.count
        file = tidy(record.file if record else outcome.source)
        self._cases.write(
            f"  <testcase classname={_attribute(file)} name={_attribute(outcome.id)}>{content}</testcase>\n"
        )

    def end(self, summary: Summary) -> None:
        assert self._cases is not None
        numbers = " ".join(f'{name}="{self._counts[name]}"' for name in ("tests", "failures", "errors", "skipped"))
        self._stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._stream.write(f'<testsuites>\n<testsuite name="unspun" {numbers}>\n')
        if ignored := self._counts["ignored"]:
            self._stream.write(f'  <properties><property name="ignored findings" value="{ignored}"/></properties>\n')
        self._cases.seek(0)
        for line in self._cases:
            self._stream.write(line)
        self._cases.close()
        if not summary.complete:
            self._stream.write("  <system-err>The run did not come to its end.</system-err>\n")
        self._stream.write("</testsuite>\n</testsuites>\n")


def _content(outcome: Outcome) -> tuple[str, str]:
    """Return what the test case counts as, and the XML in it."""
    if isinstance(outcome, Failure):
        return "errors", f"<error message={_attribute(outcome.message)}/>"
    if outcome.verdict is Verdict.SPUN and not outcome.is_accepted:
        head = (
            f"<failure type={_attribute('spun')} message={_attribute(f'spun, probability {outcome.probability:.2f}')}>"
        )
        return "failures", f"{head}{_text(_said(outcome))}</failure>"
    if outcome.verdict is Verdict.UNSCORED:
        return "skipped", f"<skipped message={_attribute(outcome.reason or '')}/>"
    if outcome.verdict in (Verdict.SUSPECT, Verdict.SPUN):
        head = _text(f"{outcome.verdict}, probability {outcome.probability:.2f}")
        return "passed", f"<system-out>{head}\n{_text(_said(outcome))}</system-out>"
    if outcome.ignored is not None and outcome.ignored.count:
        return "passed", f"<system-out>{_text(chr(10).join(note_on(outcome.ignored)))}</system-out>"
    return "passed", ""


def _said(report: Report) -> str:
    return "\n".join([*strongest_findings(report.findings), *report.notes])


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))
