"""What an editor shows of a document: its findings, the sections that are not clean, and the verdict on the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lsprotocol import types

from detector.lsp.positions import Positions
from detector.lsp.reading import Section
from detector.report import Finding, Report, Verdict
from detector.text.document import Document

SOURCE = "unspun"
_ORIGINALS = 3


@dataclass(frozen=True)
class Whole:
    """The verdict on a whole document, and the text that it is about."""

    text: str
    report: Report


@dataclass(frozen=True)
class Shown:
    """What is known of a version of a document: its sections, and the last verdict on the whole, if there is one."""

    version: int
    document: Document
    sections: Sequence[Section]
    positions: Positions
    whole: Whole | None = None

    @property
    def findings(self) -> Iterator[tuple[Finding, Section]]:
        """The findings that are shown: those of wording, and all where the section is not clean."""
        for section in self.sections:
            for finding in section.findings:
                if finding.signal == "wording" or section.verdict is not Verdict.CLEAN:
                    yield finding, section


def diagnostics(shown: Shown) -> list[types.Diagnostic]:
    """Return the diagnostics of a document, in the order of its text."""
    found = [*_of_whole(shown), *_of_sections(shown), *_of_findings(shown)]
    return sorted(found, key=lambda one: (one.range.start.line, one.range.start.character))


def phrase(finding: Finding) -> str:
    """Return the words of a finding as a directive has them: in one line."""
    return " ".join(finding.text.split())


def _of_findings(shown: Shown) -> Iterator[types.Diagnostic]:
    for finding, section in shown.findings:
        originals = [f"“{one.text}”" for one in finding.suggestions[:_ORIGINALS]]
        message = f"{finding.message} May have been: {', '.join(originals)}." if originals else finding.message
        yield types.Diagnostic(
            range=to_range(shown.positions, finding.start, finding.end),
            message=" ".join(message.split()),
            severity=types.DiagnosticSeverity.Information
            if section.verdict is Verdict.CLEAN
            else types.DiagnosticSeverity.Warning,
            code=f"{finding.signal}/{finding.rule}",
            source=SOURCE,
        )


def _of_sections(shown: Shown) -> Iterator[types.Diagnostic]:
    for section in shown.sections:
        if section.verdict in (Verdict.SPUN, Verdict.SUSPECT):
            text = shown.document.text
            line_end = text.find("\n", section.span.start, section.span.end)
            end = section.span.end if line_end < 0 else line_end
            yield types.Diagnostic(
                range=to_range(shown.positions, section.span.start, end),
                message=f"By itself, this section reads as {section.verdict} (probability {section.probability:.2f}).",
                severity=types.DiagnosticSeverity.Warning,
                code=f"verdict/{section.verdict.upper()}",
                source=SOURCE,
            )


def _of_whole(shown: Shown) -> Iterator[types.Diagnostic]:
    whole = shown.whole
    if whole is None or whole.report.verdict not in (Verdict.SPUN, Verdict.SUSPECT):
        return
    message = f"The document as a whole is {whole.report.verdict} (probability {whole.report.probability:.2f})."
    if whole.text != shown.document.text:
        message += " That was when it was last saved or opened; it has changed since."
    yield types.Diagnostic(
        range=types.Range(types.Position(0, 0), types.Position(0, 0)),
        message=message,
        severity=types.DiagnosticSeverity.Error
        if whole.report.verdict is Verdict.SPUN
        else types.DiagnosticSeverity.Warning,
        code=f"verdict/{whole.report.verdict.upper()}",
        source=SOURCE,
    )


def to_range(positions: Positions, start: int, end: int) -> types.Range:
    return types.Range(types.Position(*positions.position(start)), types.Position(*positions.position(end)))
