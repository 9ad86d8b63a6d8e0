"""A profile on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from rich.text import Text

from detector.report import Verdict
from detector.reports.console import VERDICT_STYLE, count, open_console
from detector.reports.page import interval, percent, place, readers_in_words
from detector.reports.printable import printable_line

_SHOWN = 10
_SHOWN_SOURCES = 20
_BAR = 40  # characters
_NAME = 60


def show_profile(profile: Mapping[str, Any], stream: TextIO) -> None:
    """Print the counts, the most telling lines of each table, and how many lines there are in all."""
    console = open_console(stream)
    for line in _lines(profile):
        console.print(line, soft_wrap=True)


def _lines(profile: Mapping[str, Any]) -> Iterator[Text]:
    head = Text(f"{count(profile['records'], 'record')}, {count(profile['words'], 'word')}", "bold")
    joint = ": "
    for verdict in (Verdict.SPUN, Verdict.SUSPECT, Verdict.CLEAN, Verdict.UNSCORED):
        if number := profile["verdicts"].get(str(verdict), 0):
            head.append(joint)
            head.append(f"{number:,} {verdict}", VERDICT_STYLE[verdict])
            joint = ", "
    if errors := sum(profile["errors"].values()):
        head.append(f"; {count(errors, 'error')}", "bold red")
    yield head
    if profile.get("keep_rate") is not None:
        yield Text(f"{percent(profile['keep_rate'])} kept")
    thresholds = profile.get("thresholds") or {}
    if known := [f"{name} from {thresholds[name]:g}" for name in ("spun", "suspect") if name in thresholds]:
        yield Text(", ".join(known))
    if readers := readers_in_words(profile):
        yield Text(readers)
    if families := profile.get("families"):
        yield Text(f"traced to {count(families, 'family', 'families')}")
    yield from _histogram(profile["histogram"])
    yield from _sources(profile)
    yield from _table("most frequent swaps (word → original)", _swaps(profile["swaps"]), len(profile["swaps"]))
    yield from _table("nearest to the threshold", _borderline(profile["borderline"]), len(profile["borderline"]))
    for title, counts in (("without a verdict", profile["unscored"]), ("errors", profile["errors"])):
        yield from _table(title, [f"{number:>9,}  {_short(name)}" for name, number in counts.items()], len(counts))


def _histogram(found: Mapping[str, Any]) -> Iterator[Text]:
    counts: Sequence[int] = found["counts"]
    if not (highest := max(counts, default=0)):
        return
    yield Text("\nprobabilities", "bold")
    for number, documents in enumerate(counts):
        low = number * found["bin_width"]
        bar = "█" * -(-_BAR * documents // highest)
        yield Text(f"  {low:.2f}  {documents:>9,}  {bar}".rstrip())


def _sources(profile: Mapping[str, Any]) -> Iterator[Text]:
    lines = []
    for one in profile["sources"][:_SHOWN_SOURCES]:
        line = (
            f"{_short(one['source'] or '(not told)')}: {percent(one['spun_share'])} spun {interval(one)},"
            f" {count(one['documents'], 'document')}"
        )
        if one.get("families"):
            line += f" in {count(one['families'], 'family', 'families')}"
        if one["own_threshold"] is not None:
            line += f", own threshold {one['own_threshold']:g}"
        if one.get("false_positive_bound") is not None:
            line += f" for at most {percent(one['false_positive_bound'])} of good ones"
        lines.append(line)
    yield from _table("sources", lines, len(profile["sources"]), _SHOWN_SOURCES)


def _swaps(swaps: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{one['findings']:>9,}  {_short(one['word'])} → {_short(one['original'])}" for one in swaps]


def _borderline(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{one['probability']:.6f}  {one['verdict']}  {_short(one['id'])}  {_short(place(one))}" for one in documents
    ]


def _table(title: str, lines: Sequence[str], total: int, shown: int = _SHOWN) -> Iterator[Text]:
    if not lines:
        return
    yield Text(f"\n{title}", "bold")
    for line in lines[:shown]:
        yield Text(f"  {line}")
    if total > shown:
        yield Text(f"  … and {total - shown:,} more", "dim")


def _short(text: str) -> str:
    line = printable_line(text)
    return line if len(line) <= _NAME else f"{line[: _NAME - 1]}…"
