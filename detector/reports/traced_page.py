"""A page of families: the tree of each, and each copy beside what it was made of, with the swaps joined.

The page holds everything it needs and runs nothing: no script, no address. Texts of unknown origin are shown as text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from detector.reports.console import count
from detector.reports.destination import open_destination
from detector.reports.printable import printable, printable_line
from detector.reports.shell import asset
from detector.reports.traced import whose_family
from detector.trace.families import Family
from detector.trace.tracing import Result

FAMILIES, PAIRS = 50, 10  # shown, the largest first; of a family
_CHARACTERS = 40_000  # shown of a text
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MARK = "<!-- unspun families -->"  # by which an earlier page is known (detector.corpus.outputs)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+")
_STYLE = """
table.pair { table-layout: fixed; margin-top: 2rem; } table.pair caption { text-align: left; }
table.pair td, table.pair th { width: 50%; white-space: pre-wrap; overflow-wrap: anywhere; padding-right: 1.2rem; }
table.pair th { vertical-align: bottom; } ul.tree li { overflow-wrap: anywhere; }
table.pair mark { background: none; color: inherit; border-bottom: 2px solid var(--clean); }
table.pair td + td mark { border-color: var(--spun); } table.pair a { color: inherit; text-decoration: none; }
table.pair sup { color: var(--faint); font-size: .7em; } mark:target { outline: 2px solid var(--blue); }
ul.tree, ul.tree ul { list-style: none; border-left: 1px solid var(--line); padding-left: 1rem; }
"""

Segment = tuple[str, str, int | None]  # of the source, of the copy, and the number of the swap, if it is one


def write_families_page(result: Result, path: Path) -> None:
    """Write the page, whole or not at all. Raise OutputError where the file can't be written."""
    with open_destination(path, for_machines=True, option="--html ") as stream:
        stream.write(make_families_page(result))


def make_families_page(result: Result) -> str:
    """Return the page. Lone surrogates are spelt out, so that it can be written in UTF-8."""
    style = asset("base.css")
    body = "".join(_family(result, family) for family in result.families[:FAMILIES])
    families = len(result.families)
    lead = f"{families:,} {'family' if families == 1 else 'families'} of documents that say the same"
    if families > FAMILIES:
        lead += f"; the {FAMILIES} largest are shown"
    return (
        f'<!doctype html>\n{_MARK}\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>Families</title>\n<style>\n{style}{_STYLE}</style>\n</head>\n'
        f'<body>\n<header><h1>Families</h1>\n<p class="lead">{lead}</p></header>\n<main>\n{body}</main>\n</body>\n</html>\n'
    )


def _family(result: Result, family: Family) -> str:
    shown = result.family(family)
    whose = whose_family(shown)
    named = dict(zip(family.members, shown["members"], strict=True))
    children: dict[int, list[int]] = defaultdict(list)
    for member, parent in family.parents.items():
        children[parent].append(member)
    (root,) = (member for member in family.members if member not in family.parents)
    made = [member for member in _walk(root, children) if member is not None and member != root]
    beside = {member: f"f{family.number}-{number}" for number, member in enumerate(made[:PAIRS], 1)}
    pairs = "".join(_pair(result, family.edge(member), name) for member, name in beside.items())
    more = f'<p class="faint">… and {count(len(made) - PAIRS, "other pair")}</p>' if len(made) > PAIRS else ""
    heading = f"Family {family.number}: {count(len(family.members), 'document')}"
    return (
        f'<section id="family-{family.number}"><h2>{heading}</h2><p class="faint">{_line(whose[:1].upper() + whose[1:])}.</p>'
        f'<ul class="tree">{_tree(root, children, named, family, beside)}</ul>{pairs}{more}</section>\n'
    )


def _walk(root: int, children: Mapping[int, Sequence[int]]) -> Iterator[int | None]:
    """Yield the tree from a member on, and None where what hangs from one ends; without recursion: a chain may be long."""
    stack: list[int | None] = [root]
    while stack:
        member = stack.pop()
        yield member
        if member is not None:
            stack.append(None)
            stack += reversed(children.get(member, ()))


def _tree(
    root: int,
    children: Mapping[int, Sequence[int]],
    named: Mapping[int, Mapping[str, Any]],
    family: Family,
    beside: Mapping[int, str],
) -> str:
    """Return the tree as nested lists. `beside` tells where a member stands beside the one that it hangs from."""
    parts: list[str] = []
    for member in _walk(root, children):
        if member is None:
            parts.append("</ul></li>")
            continue
        relation = "original" if member == family.original else named[member]["relation"] or ""
        if member in family.sources:
            relation = "original of the one above"
        shown = f'<a href="#{beside[member]}">{escape(relation)}</a>' if member in beside else escape(relation)
        parts.append(f'<li>{_line(named[member]["source"])} <span class="faint">{shown}</span><ul>')
    return "".join(parts).replace("<ul></ul>", "")


def _pair(result: Result, edge: tuple[int, int], name: str) -> str:
    pair = result.pair(*edge)
    assert pair is not None
    texts = [result.library.text(member).prose[:_CHARACTERS] for member in edge]
    rows = "".join(f"<tr>{_cell(row, 0, name)}{_cell(row, 1, name)}</tr>" for row in rows_of(pair["swaps"], *texts))
    caption = f"{escape(pair['relation'])}: {pair['swapped']:,} of {count(pair['words'], 'word')} swapped"
    heads = "".join(f"<th>{_line(pair[side]['source'])}</th>" for side in ("a", "b"))
    return (
        f'<table class="pair" id="{name}"><caption>{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>\n"
    )


def rows_of(swaps: Sequence[Mapping[str, Any]], a: str, b: str) -> Iterator[list[Segment]]:
    """Yield rows of a pair: stretches of both texts that belong together, cut where both end a sentence."""
    row: list[Segment] = []
    for left, right, swap in _segments(swaps, a, b):
        ends = [[match.end() for match in _SENTENCE_END.finditer(side)] for side in (left, right)]
        at_a = at_b = 0
        if swap is None and len(ends[0]) == len(ends[1]):
            for end_a, end_b in zip(*ends, strict=True):
                row.append((left[at_a:end_a], right[at_b:end_b], None))
                yield row
                row, at_a, at_b = [], end_a, end_b
        row.append((left[at_a:], right[at_b:], swap))
    if row:
        yield row


def _segments(swaps: Sequence[Mapping[str, Any]], a: str, b: str) -> Iterator[Segment]:
    """Yield swaps and what stands between them. A swap that stands in another order in the second text is left out."""
    at_a = at_b = 0
    for number, swap in enumerate(swaps, 1):
        of_a, of_b = swap["a"], swap["b"]
        if of_a["start"] < at_a or of_b["start"] < at_b or of_a["end"] > len(a) or of_b["end"] > len(b):
            continue
        yield a[at_a : of_a["start"]], b[at_b : of_b["start"]], None
        yield of_a["text"], of_b["text"], number
        at_a, at_b = of_a["end"], of_b["end"]
    yield a[at_a:], b[at_b:], None


def _cell(row: Sequence[Segment], side: int, name: str) -> str:
    return f"<td>{''.join(_side(segment, side, name) for segment in row)}</td>"


def _side(segment: Segment, side: int, name: str) -> str:
    left, right, swap = segment
    text = escape(printable(right if side else left), quote=True)
    if swap is None:
        return text
    here, there = (f"{name}{letter}{swap}" for letter in ("ab" if side == 0 else "ba"))
    return f'<mark id="{here}"><a href="#{there}">{text}<sup>{swap}</sup></a></mark>'


def _line(text: str) -> str:
    return escape(printable_line(text), quote=True)
