"""`full`: each document that is not clean with its findings, line by line, each phrase in its sentence. For a person."""

from __future__ import annotations

import re
from typing import TextIO

from rich.text import Text

from detector.corpus.record import Record
from detector.report import Failure, Finding, Grade, Outcome, Report, Verdict
from detector.reports.console import count, open_console
from detector.reports.places import file_of, lines_of
from detector.reports.printable import printable, printable_line
from detector.reports.text import TextWriter
from detector.summary import Summary

MOST_FINDINGS = 20  # of a document; more are counted
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s|\n\s*\n")
_AROUND = 100  # code points of a sentence on either side of a finding


class FullWriter:
    """Writes the line of `text` for each document that is not clean, and below it a line for each finding of wording.

    `file:line:column` where the file holds the text as it is read, `file:row` for a row of a data file.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = open_console(stream)
        self._headline = TextWriter(stream)

    def begin(self) -> None:
        """Print nothing: there is no header."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure) or outcome.verdict not in (Verdict.SPUN, Verdict.SUSPECT):
            return
        self._headline.outcome(outcome, record)
        wording = [finding for finding in outcome.findings if finding.signal == "wording"]
        strongest = sorted(wording, key=lambda finding: -finding.score)[:MOST_FINDINGS]
        for finding in sorted(strongest, key=lambda finding: finding.start):
            self._print(outcome, finding, record)
        others = len(outcome.findings) - len(strongest)
        if others:
            self._console.print(Text(f"  … and {count(others, 'other finding')}", "dim"), soft_wrap=True)
        self._console.print()

    def end(self, summary: Summary) -> None:
        """Print nothing: the counts go to standard error."""

    def _print(self, report: Report, finding: Finding, record: Record | None) -> None:
        line = Text.assemble("  ", (f"{_place(report, finding, record)}  ", "cyan"))
        text = record.document.text if record is not None and record.document is not None else finding.text
        start, end = (finding.start, finding.end) if text is not finding.text else (0, len(text))
        before, after = sentence_around(text, start, end)
        style = "red" if finding.grade is Grade.POSSIBLE else "bold red"
        line.append_text(Text.assemble(before, (printable_line(finding.text), style), after))
        if finding.suggestions:
            originals = ", ".join(f"“{printable_line(one.text)}”" for one in finding.suggestions[:3])
            line.append_text(Text.assemble(("  ← ", "dim"), (originals, "green")))
        if finding.grade is not None:
            line.append_text(Text(f"  {finding.grade} {finding.score:.2f}", "dim"))
        self._console.print(line, soft_wrap=True)


def sentence_around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after a span in its sentence, in one line each, cut where it is long.

    >>> sentence_around("It rained. He denied an wings offer today! So it is.", 24, 35)
    ('He denied an ', ' today!')
    """
    opening = text[max(0, start - _AROUND) : start]
    ends = [match.end() for match in _SENTENCE_END.finditer(opening)]
    cut = ends[-1] if ends else 0
    before = ("…" if not ends and start > _AROUND else "") + _in_one_line(opening[cut:])
    closing = text[end : end + _AROUND]
    match = _SENTENCE_END.search(closing)
    after = _in_one_line(closing[: match.end()].rstrip() if match else closing)
    return before.lstrip(), after.rstrip() + ("…" if match is None and end + _AROUND < len(text) else "")


def _in_one_line(text: str) -> str:
    return printable(re.sub(r"\s+", " ", text))


def _place(report: Report, finding: Finding, record: Record | None) -> str:
    file = printable_line(file_of(report, record))
    if record is not None and record.row is not None:
        return f"{file}:{record.row}"
    lines = lines_of(record)
    return f"{file}:{':'.join(map(str, lines.place(finding.start)))}" if lines else file
