"""Markdown: headings, paragraphs and list items, each a paragraph of prose; markdown-it decides what is what."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from detector.text.html import INLINE_CODE
from detector.text.markdown_inline import Mark, Tracer
from detector.text.masking import MASK, cleaned
from detector.text.offsets import Prose, ProseBuilder

_FRONT_MATTER = re.compile(
    r"(---|\+\+\+)[ \t]*\r?\n(?![ \t]*\r?\n)(?:.*?\n)??(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")


class _Line(NamedTuple):
    """A line of a block's content: `start` and `end` in the content; where it and its line end are in the source."""

    start: int
    end: int
    source_start: int
    break_start: int
    break_end: int


def markdown_prose(text: str) -> Prose:
    return cleaned(text, _Extraction(text).prose())


class _Extraction:
    """One Markdown text on its way to prose."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._builder = ProseBuilder(source)
        match = _FRONT_MATTER.match(source)
        self._body = match.end() if match else 0
        self._line_ends = [match.span() for match in _LINE_END.finditer(source, self._body)]

    def prose(self) -> Prose:
        markdown = MarkdownIt("commonmark").enable("table").disable("inline")
        environment: dict[str, Any] = {}
        tracer = Tracer(markdown, environment)
        in_table = False
        for token in markdown.parse(self._source[self._body :], environment):
            if token.type in {"table_open", "table_close"}:
                in_table = token.type == "table_open"
            elif token.type == "inline" and token.map and not in_table:
                self._block(token.content, token.map, tracer.marks(token.content))
        return self._builder.build()

    def _block(self, content: str, block: Sequence[int], marks: list[Mark]) -> None:
        self._builder.break_block()
        lines = list(self._lines(content, *block))
        position = 0
        for mark in _with_code_elements(marks):
            if mark.start >= position:
                self._copy(content, lines, position, mark.start)
                self._replace(lines, mark)
                position = mark.end
        self._copy(content, lines, position, len(content))

    def _lines(self, content: str, first: int, last: int) -> Iterator[_Line]:
        """Where the lines of a block's content stand in the source: behind quote marks, bullets, indents and such.

        Lines of exotic white space at the beginning are in the block, but not in its content.
        """
        position, number = 0, first
        for line in content.split("\n"):
            found = -1
            while found < 0 and number < last:
                break_start, break_end = self._line_ends[number]
                source_start = self._line_ends[number - 1][1] if number else self._body
                found = self._source.rfind(line.strip(), source_start, break_start)
                number += 1
            if found >= 0:
                indent = len(line) - len(line.lstrip())
                yield _Line(position, position + len(line), found - indent, break_start, break_end)
            position += len(line) + 1

    def _copy(self, content: str, lines: list[_Line], start: int, end: int) -> None:
        """Copies content; of the white space around a line end only the line end itself."""
        for number in range(_line_at(lines, start), len(lines)):
            line = lines[number]
            if line.start >= end:
                break
            first, last = max(start, line.start), min(end, line.end)
            part = content[first:last]
            if first == line.start:
                first += len(part) - len(part.lstrip())
            if last == line.end:
                last -= len(part) - len(part.rstrip())
            shift = line.source_start - line.start
            self._builder.copy(first + shift, last + shift)
            if end > line.end:
                self._builder.copy(line.break_start, line.break_end)

    def _replace(self, lines: list[_Line], mark: Mark) -> None:
        if not mark.text or not lines:
            return
        first, last = lines[_line_at(lines, mark.start)], lines[_line_at(lines, mark.end - 1)]
        start = mark.start - first.start + first.source_start
        end = mark.end - last.start + last.source_start
        if end - start > len(mark.text):
            self._builder.replace(mark.text, start, end)


def _line_at(lines: list[_Line], position: int) -> int:
    return max(0, bisect_right(lines, position, key=lambda line: line.start) - 1)


def _with_code_elements(marks: list[Mark]) -> Iterator[Mark]:
    """Makes one mark of `<kbd>Ctrl</kbd>`, content and all; an element that is not closed is no more than its tag."""
    position = 0
    while position < len(marks):
        mark = marks[position]
        match = _TAG.match(mark.tag)
        position += 1
        if match and not match.group(1) and match.group(2).lower() in INLINE_CODE:
            closing = f"</{match.group(2)}".lower()
            for number in range(position, len(marks)):
                if marks[number].tag.lower().startswith(closing):
                    mark, position = Mark(mark.start, marks[number].end, MASK), number + 1
                    break
        elif match and match.group(2).lower() == "br":
            mark = mark._replace(text=" ")
        yield mark
