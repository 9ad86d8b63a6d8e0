"""`detector explain`: one document with its findings marked in place, and what its probability is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TextIO

from rich.text import Text

from detector.policy.notes import in_words
from detector.report import Finding, Ignored, Origin, Report, Status, Verdict
from detector.reports.console import VERDICT_STYLE, count, open_console, probability, thresholds_in_words
from detector.reports.printable import printable, printable_line
from detector.schema import measure_units
from detector.text.document import Document

# Wording decides the verdict, so it stands out.
_SIGNAL_STYLE = {"wording": "bold red", "grammar": "yellow", "typography": "cyan", "names": "magenta"}
_OTHER_STYLE = "underline"
_STYLES = [*_SIGNAL_STYLE.values(), _OTHER_STYLE]
_SHOWN_SUGGESTIONS = 5
_BAR_WIDTH = 20  # of the strongest contribution
_WORDING_MEASURES = ("wording.words_over_50", "wording.broken_words")  # the others are of use to the classifier only


class Explainer:
    """Prints documents to a terminal or, without colour and unwrapped, to a pipe.

    There findings stand between ⟦ and ⟧; the number after each is its place in the list below the text.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = open_console(stream)
        self._plain = not self._console.is_terminal or self._console.no_color

    def write(self, document: Document, report: Report) -> None:
        findings = sorted(report.findings, key=lambda finding: (finding.start, finding.end))
        self._print(_headline(report))
        for note in report.notes:
            self._print(Text(f"note: {printable_line(note)}", "yellow"))
        if report.verdict is not Verdict.UNSCORED:
            self._title("Text")
            marked = mark(document.text, findings, bracketed=self._plain)
            marked.rstrip()
            self._print(marked)
        if findings:
            self._title("Findings")
            for number, finding in enumerate(findings, 1):
                self._print(_described(number, finding))
        self._write_ignored(report.ignored)
        if report.contributions:
            self._title("What moved the probability (log-odds; more than 0 speaks for spinning)")
            strongest = max(abs(contribution.log_odds) for contribution in report.contributions)
            for contribution in sorted(report.contributions, key=lambda one: -abs(one.log_odds)):
                self._print(_weighed(contribution.signal, contribution.log_odds, strongest))
        if report.windows:
            self._title("Where (probability by stretch of the text)")
            for window in report.windows:
                opening = printable_line(document.text[window.start : min(window.end, window.start + 60)])
                place = f"  {window.start}-{window.end}  "
                self._print(Text.assemble(f"{probability(window.probability):>5}", (place, "dim"), f"“{opening}…”"))
        if shown := _shown_measures(report.measures):
            self._title("Measures")
            for line in _table(shown):
                self._print(line)
        if report.verdict is not Verdict.UNSCORED:
            self._title("Signals")
            for name, state in report.signals.items():
                detail = f" ({printable_line(state.detail)})" if state.detail else ""
                self._print(Text(f"{name}: {state.status}{detail}", "" if state.status is Status.OK else "yellow"))
        self._console.print()

    def _write_ignored(self, ignored: Ignored | None) -> None:
        if ignored is None:
            return
        if ignored.findings:
            self._title("Ignored")
        for one in ignored.findings:
            reason = f" ({printable_line(one.reason)})" if one.reason else ""
            name = f"{one.finding.signal}/{one.finding.rule}"
            by = f"  {name}, {in_words(one.by)}: {printable_line(one.entry)}{reason}"
            self._print(Text.assemble(f"“{printable_line(one.finding.text)}”", (by, "dim")))
        for unused in ignored.unused:
            self._print(Text(f"note: {printable_line(unused)}", "yellow"))

    def _title(self, title: str) -> None:
        self._console.print()
        self._print(Text(title, "bold"))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=not self._console.is_terminal)


def mark(text: str, findings: Iterable[Finding], *, bracketed: bool) -> Text:
    """Return the text with each finding in its signal's style, followed by its number; spans may overlap.

    >>> finding = Finding(3, 8, "wings", "wording", "replaced", "odd word", 0.9)
    >>> mark("an wings offer", [finding], bracketed=True).plain
    'an ⟦wings⟧[1] offer'
    """
    starting: dict[int, list[int]] = {}
    ending: dict[int, list[int]] = {}
    styles: dict[int, str] = {}
    for number, finding in enumerate(findings, 1):
        starting.setdefault(finding.start, []).append(number)
        ending.setdefault(finding.end, []).append(number)
        styles[number] = _SIGNAL_STYLE.get(finding.signal, _OTHER_STYLE)
    marked = Text()
    open_now: list[int] = []
    cuts = sorted({0, len(text), *starting, *ending})
    for position, following in pairwise([*cuts, len(text)]):
        for number in ending.get(position, ()):
            open_now.remove(number)
            marked.append(f"⟧[{number}]" if bracketed else f"[{number}]", "dim")
        for number in starting.get(position, ()):
            open_now.append(number)
            if bracketed:
                marked.append("⟦", "dim")
        # The strongest signal's style wins where findings overlap: styles are listed strongest first.
        style = min((styles[number] for number in open_now), key=_STYLES.index, default="")
        marked.append(printable(text[position:following]), style)
    return marked


def _headline(report: Report) -> Text:
    line = Text.assemble((report.verdict.upper(), VERDICT_STYLE[report.verdict]), f"  {printable_line(report.source)}")
    facts = [f"probability {probability(report.probability)}"] if report.probability is not None else []
    facts += [printable_line(report.reason)] if report.reason else []
    facts += [count(report.words, "word")]
    facts += [f"language {report.language}"] if report.language else []
    facts += [f"model {report.model.version}"]
    if report.thresholds.origin is not Origin.MODEL:
        facts += [thresholds_in_words(report.thresholds)]
    return line.append(f"\n{', '.join(facts)}")


def _described(number: int, finding: Finding) -> Text:
    """Return the lines of one finding.

    >>> print(_described(1, Finding(3, 8, "wings", "wording", "replaced", "odd word", 0.9)).plain)
    [1] “wings”  wording/replaced, score 0.90, at 3-8
        odd word
    """
    style = _SIGNAL_STYLE.get(finding.signal, _OTHER_STYLE)
    description = Text.assemble(
        (f"[{number}] ", "dim"),
        (f"“{printable_line(finding.text)}”", style),
        f"  {printable_line(f'{finding.signal}/{finding.rule}')}, {_sureness(finding)}",
        (f", at {finding.start}-{finding.end}", "dim"),
        f"\n    {printable_line(finding.message)}",
    )
    if finding.suggestions:
        best = finding.suggestions[:_SHOWN_SUGGESTIONS]
        originals = ", ".join(f"“{printable_line(suggestion.text)}” ({suggestion.score:.2f})" for suggestion in best)
        description.append(f"\n    may have been: {originals}")
    return description


def _sureness(finding: Finding) -> str:
    return f"score {finding.score:.2f}" if finding.grade is None else f"{finding.grade}, {finding.score:.2f}"


def _shown_measures(measures: Mapping[str, float]) -> dict[str, float]:
    """Return what says something of the text's quality: what was counted and found, and its register."""
    return {
        name: value
        for name, value in measures.items()
        if name.startswith("readability.") or (value and (name in _WORDING_MEASURES or not name.startswith("wording.")))
    }


def _table(measures: Mapping[str, float]) -> Iterator[Text]:
    units = measure_units()
    width = max(map(len, measures))
    for name, value in measures.items():
        yield Text.assemble(f"{name:<{width}}  {value:8.2f}", (f"  {units.get(name, '')}", "dim"))


def _weighed(signal: str, log_odds: float, strongest: float) -> Text:
    bar = "█" * round(_BAR_WIDTH * abs(log_odds) / strongest) if strongest else ""
    return Text.assemble(f"{log_odds:+6.2f}  {signal:<12}", (bar, "red" if log_odds > 0 else "green"))
