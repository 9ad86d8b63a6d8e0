"""`text`: the documents with what was found in them, for a person: line and column, the phrase in its sentence, its original.

`full` is the same with every finding, of all signals, and the whole place of each; it shows what is not clean. Errors go
to standard error.
"""

from __future__ import annotations

import re
from typing import TextIO

from rich.text import Text

from detector.corpus.record import Record
from detector.report import Failure, Finding, Grade, Outcome, Report, Verdict
from detector.reports.console import count, open_console
from detector.reports.places import file_of, lines_of
from detector.reports.printable import printable, printable_line
from detector.reports.short import ShortWriter, clearness
from detector.summary import Summary

MOST_FINDINGS = 10  # of a document in `text`: the strongest; more are counted
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s|\n\s*\n")
_AROUND = 100  # code points of a sentence on either side of a finding
_STYLES = {"wording": "bold red", "grammar": "yellow", "typography": "cyan", "names": "magenta"}
_OTHER_STYLE = "underline"


class TextWriter:
    """Writes the line of `short` for each document, and below it one for each of its strongest swaps.

    A place is `line:column` where the file holds the text as it is read. Where there is
    colour, the phrase has one; elsewhere it stands between ⟦ and ⟧.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = open_console(stream)
        self._headline = ShortWriter(stream)
        self._is_plain = self._console.color_system is None or self._console.no_color

    def begin(self) -> None:
        """Print nothing: there is no header."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if isinstance(outcome, Failure):
            return
        shown = self._shown(outcome)
        self._headline.write(outcome, with_swaps=False)
        places = [self._place(outcome, finding, record) for finding in shown]
        width = max(map(len, places), default=0)
        for finding, place in zip(shown, places, strict=True):
            self._print(finding, place.rjust(width), record)
        if outcome.verdict in (Verdict.SPUN, Verdict.SUSPECT):
            if others := len(outcome.findings) - len(shown) + outcome.findings_left_out:
                self._console.print(Text(f"  … and {count(others, 'other finding')}", "dim"), soft_wrap=True)
            self._console.print()

    def end(self, summary: Summary) -> None:
        """Print nothing: the counts go to standard error."""

    def _shown(self, report: Report) -> list[Finding]:
        if report.verdict not in (Verdict.SPUN, Verdict.SUSPECT):
            return []
        wording = [finding for finding in report.findings if finding.signal == "wording"]
        strongest = sorted(wording, key=lambda finding: -clearness(finding))[:MOST_FINDINGS]
        return sorted(strongest, key=lambda finding: finding.start)

    def _place(self, report: Report, finding: Finding, record: Record | None) -> str:
        lines = lines_of(record)
        return ":".join(map(str, lines.place(finding.start))) if lines else ""

    def _print(self, finding: Finding, place: str, record: Record | None) -> None:
        line = Text.assemble("  ", (f"{place}  " if place else "", "cyan"))
        text = record.document.text if record is not None and record.document is not None else finding.text
        start, end = (finding.start, finding.end) if text is not finding.text else (0, len(text))
        before, after = sentence_around(text, start, end)
        style = "red" if finding.grade is Grade.POSSIBLE else _STYLES.get(finding.signal, _OTHER_STYLE)
        phrase = printable_line(finding.text)
        marked = f"⟦{phrase}⟧" if self._is_plain else phrase
        line.append_text(Text.assemble(before, (marked, style), after))
        if finding.suggestions:
            originals = ", ".join(f"“{printable_line(one.text)}”" for one in finding.suggestions[:3])
            line.append_text(Text.assemble(("  ← ", "dim"), (originals, "green")))
        elif finding.signal != "wording":
            line.append_text(Text(f"  ({printable_line(finding.message)})", "dim"))
        if finding.grade is not None:
            line.append_text(Text(f"  {finding.grade} {finding.score:.2f}", "dim"))
        self._console.print(line, soft_wrap=True)


class FullWriter(TextWriter):
    """Writes what is not clean, with every finding, and `file:line:column` for each, or `file:row` in a data file."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        if not isinstance(outcome, Failure) and outcome.verdict in (Verdict.SPUN, Verdict.SUSPECT):
            super().outcome(outcome, record)

    def _shown(self, report: Report) -> list[Finding]:
        return sorted(report.findings, key=lambda finding: (finding.start, finding.end))

    def _place(self, report: Report, finding: Finding, record: Record | None) -> str:
        file = printable_line(file_of(report, record))
        if record is not None and record.row is not None:
            return f"{file}:{record.row}"
        place = super()._place(report, finding, record)
        return f"{file}:{place}" if place else file


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
