"""Jupyter notebooks: the Markdown cells. Offsets count the code points of the JSON text, escapes included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from detector.text.left_out import Tally, notes
from detector.text.marked import ProseAndNotes
from detector.text.offsets import Prose, ProseBuilder, Span
from detector.text.segments import WORD

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_CHARACTER = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)
_PROSE_CELLS = ("markdown", "heading")


class _Cell(NamedTuple):
    kind: str
    source: tuple[Span, ...]  # contents of the strings it is made of, without their quotes


def notebook_prose(text: str) -> ProseAndNotes:
    """Return the prose of the Markdown cells, a paragraph's end between two of them, and notes on what was left out."""
    from detector.text.formats import FORMATS

    builder, tally = ProseBuilder(text), Tally()
    remarks: list[str] = []
    cells = _apart(_cells(text))
    if not cells and not text.lstrip().startswith("{"):
        prose, remarks_of_plain = FORMATS["plain"].read(text)
        return prose, ("no notebook by its contents: read as plain text", *remarks_of_plain)
    for cell in cells:
        if cell.kind not in _PROSE_CELLS:
            words = sum(len(WORD.findall(text, *span)) for span in cell.source)
            tally.add("code cell" if cell.kind == "code" else "raw cell", words)
            continue
        content, places = _decoded(text, cell.source)
        prose, of_cell = FORMATS["markdown"].read(content)
        remarks += of_cell
        builder.break_block()
        _carry_over(builder, text, prose, places)
    built = builder.build()
    prose = Prose(built.text, built.pieces, tally.result())
    return prose, (*dict.fromkeys(remarks), *notes(prose.left_out, len(WORD.findall(prose.text))))


def _apart(cells: Iterable[_Cell]) -> list[_Cell]:
    """Return the cells in the order of the text; of nested ones, which broken JSON may have, the outer one."""
    result: list[_Cell] = []
    end = 0
    for cell in sorted(cells, key=lambda cell: cell.source[:1]):
        if cell.source and cell.source[0].start >= end:
            result.append(cell)
            end = cell.source[-1].end
    return result


def _cells(text: str) -> Iterator[_Cell]:
    """Yield the objects that have both a `cell_type` and a `source`, at any depth: versions of the format differ."""
    stack: list[_Frame] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        top = stack[-1] if stack else None
        if token in "{[":
            owner = top.key if top and top.kind == "{" else ""
            stack.append(_Frame(token, owner))
        elif token in "}]":
            if stack:
                closed = stack.pop()
                if closed.cell_type and closed.is_cell:
                    yield _Cell(closed.cell_type, tuple(closed.source))
        elif token[0] == '"' and top is not None and len(token) > 1 and token[-1] == '"':
            inner = Span(match.start() + 1, match.end() - 1)
            if top.kind == "{" and top.key is None:
                top.key = text[inner.start : inner.end]
            elif top.kind == "{" and top.key == "cell_type":
                top.cell_type = text[inner.start : inner.end]
            elif top.kind == "{" and top.key == "source":
                top.is_cell = True
                top.source.append(inner)
            elif top.kind == "[" and top.owner == "source" and len(stack) > 1:
                stack[-2].source.append(inner)
        elif token == "," and top is not None and top.kind == "{":
            top.key = None
        if stack and stack[-1].kind == "[" and stack[-1].owner == "source" and len(stack) > 1:
            stack[-2].is_cell = True


class _Frame:
    """An object or an array that is open."""

    __slots__ = ("cell_type", "is_cell", "key", "kind", "owner", "source")

    def __init__(self, kind: str, owner: str | None) -> None:
        self.kind = kind
        self.owner = owner  # the key whose value it is
        self.key: str | None = None
        self.cell_type = ""
        self.is_cell = False
        self.source: list[Span] = []


def _decoded(text: str, spans: tuple[Span, ...]) -> tuple[str, list[int]]:
    """Return what JSON strings say, and where in the source each of its characters begins; last, where the source ends."""
    parts: list[str] = []
    places: list[int] = []
    end = 0
    for span in spans:
        position = span.start
        for match in _CHARACTER.finditer(text, span.start, span.end):
            parts.append(text[position : match.start()])
            places += range(position, match.start())
            parts.append(_unescaped(match.group()))
            places += [match.start()] * len(parts[-1])
            position = match.end()
        parts.append(text[position : span.end])
        places += range(position, span.end)
        end = span.end
    return "".join(parts), [*places, end]


def _unescaped(escape: str) -> str:
    try:
        character = str(json.loads(f'"{escape}"'))
    except json.JSONDecodeError:  # an escape that JSON does not know
        return escape
    return character if character.isprintable() or character in "\n\r\t" else " "


def _carry_over(builder: ProseBuilder, text: str, prose: Prose, places: list[int]) -> None:
    """Write a cell's prose, with its offsets counted in the source."""
    for piece in prose.pieces:
        if not piece.verbatim:
            start, end = places[piece.source_start], places[piece.source_end]
            builder.replace(prose.text[piece.prose_start : piece.prose_end], start, max(start, end))
            continue
        at = piece.source_start
        while at < piece.source_end:
            character = prose.text[piece.prose_start + at - piece.source_start]
            if text[places[at]] != character or places[at + 1] - places[at] != 1:
                builder.replace(character, places[at], places[at + 1])
                at += 1
                continue
            first = at
            while at < piece.source_end and places[at] - places[first] == at - first:
                if text[places[at]] != prose.text[piece.prose_start + at - piece.source_start]:
                    break
                at += 1
            builder.copy(places[first], places[first] + at - first)
