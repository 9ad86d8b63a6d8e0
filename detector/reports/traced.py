"""What a trace found: families and pairs, as text for people, or as one object a line. It shows and never computes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TextIO

from rich.text import Text

from detector.reports.console import count, open_console
from detector.reports.printable import printable_line
from detector.trace.families import Family
from detector.trace.pairs import Relation
from detector.trace.tracing import Result

_STYLE = {
    "original": "bold green",
    "spun copy": "bold red",
    "spun siblings": "bold red",
    "copy": "cyan",
    "edited": "green",
    "translations": "green",
}
_SHOWN_SWAPS = 3
_SHOWN_QUOTES = 20
_SHOWN_MEMBERS = 200  # of a family
_SHOWN_ORIGINALS = 5


def write_json_lines(result: Result, stream: TextIO) -> None:
    """Write the pairs, then the families, one object a line."""
    for found in chain(result.pairs(), map(result.family, result.families)):
        stream.write(json.dumps(found, ensure_ascii=False) + "\n")


def write_text(result: Result, stream: TextIO) -> None:
    """Write each family with its members, the original first, then the passages that are quoted."""
    console = open_console(stream)
    for family in result.families:
        for line in _family(result, family):
            console.print(line, soft_wrap=True)
    quoted = result.relations[Relation.QUOTES]
    if quoted:
        console.print(Text(f"passages in common, of {count(quoted, 'pair')}"), soft_wrap=True)
        shown = (pair for pair in result.pairs() if pair["relation"] == Relation.QUOTES)
        for pair in islice(shown, _SHOWN_QUOTES):
            words = count(pair["words"], "word")
            console.print(Text(f"  {words}: {_name(pair['a'])} and {_name(pair['b'])}"), soft_wrap=True)
    if quoted > _SHOWN_QUOTES:
        console.print(Text(f"  … and {count(quoted - _SHOWN_QUOTES, 'other pair')}", "dim"), soft_wrap=True)


def _family(result: Result, family: Family) -> Iterator[Text]:
    shown = result.family(family)
    whose = whose_family(shown)
    yield Text.assemble((f"family {family.number}", "bold"), f": {count(len(family.members), 'document')}, {whose}")
    for number, member in zip(family.members[:_SHOWN_MEMBERS], shown["members"], strict=False):
        if member["relation"] is None:
            if shown["original"] is None:
                yield Text.assemble("  ", (f"{'':<14}", "dim"), _name(member))
            continue
        pair = result.pair(*family.edge(number))
        assert pair is not None
        line = Text.assemble(
            "  ",
            (f"{member['relation']:<14}", _STYLE.get(member["relation"], "")),
            _name(member),
            ("  of ", "dim"),
            _name(member["of"]),
        )
        line.append(f"  {_extent(pair)}", "dim")
        for swap in strongest_swaps(pair["swaps"]) if pair["original"] == "a" else ():
            line.append(f"  {swap}")
        yield line
    if len(family.members) > _SHOWN_MEMBERS:
        others = count(len(family.members) - _SHOWN_MEMBERS, "other document")
        yield Text(f"  … and {others}; --format jsonl lists all", "dim")


def whose_family(family: Mapping[str, Any]) -> str:
    """Return which of the members are originals. `family` is as it is written for machines."""
    originals = [_name(one) for one in family["originals"]]
    if not originals:
        return "the original is not among them" if _is_spun(family) else "nothing was spun"
    shown, more = originals[:_SHOWN_ORIGINALS], len(originals) - _SHOWN_ORIGINALS
    if more > 0:
        shown.append(f"{more:,} more")
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    if family["original"] is None:
        return f"one original is not among them, but {listed}"
    return f"the original is {listed}" if len(originals) == 1 else f"the originals are {listed}"


def _is_spun(family: Mapping[str, Any]) -> bool:
    return any(str(member["relation"]).startswith("spun") for member in family["members"])


def _extent(pair: Mapping[str, Any]) -> str:
    same = not pair["swaps"] and not pair["left_out"] and not pair["put_in"]
    parts = ["the same words" if same else f"{pair['swapped']:,} of {count(pair['words'], 'word')} swapped"]
    for name, words in (("left out", pair["left_out"]), ("put in", pair["put_in"])):
        if words:
            parts.append(f"{words:,} {name}")
    if min(pair["coverage"]) < 0.9:
        parts.append(f"{min(pair['coverage']):.0%} of the longer document")
    return ", ".join(parts)


def strongest_swaps(swaps: Sequence[Mapping[str, Any]], most: int = _SHOWN_SWAPS) -> list[str]:
    """Return swaps with most evidence for their direction, as “put in” ← “original”; the first text is the original."""
    ordered = sorted(swaps, key=lambda swap: -swap["direction"])
    shown = (f"“{printable_line(swap['b']['text'])}” ← “{printable_line(swap['a']['text'])}”" for swap in ordered)
    return list(dict.fromkeys(shown))[:most]


def _name(document: Mapping[str, str]) -> str:
    return printable_line(document["source"])
