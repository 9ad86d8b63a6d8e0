"""Markdown: headings, paragraphs and list items, each a paragraph of prose; markdown-it decides what is what.

Blocks of HTML are read by the reader of HTML, all of one text together, since an element may begin in one and end in
another. Indented text is code to CommonMark; where it reads like prose it is the work of somebody who indents paragraphs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from detector.text.html import html_paragraphs
from detector.text.html_elements import is_preformatted_prose
from detector.text.left_out import Tally, notes
from detector.text.markdown_extensions import without_extensions
from detector.text.markdown_inline import Mark, Tracer
from detector.text.markdown_tags import with_elements
from detector.text.masking import cleaned
from detector.text.offsets import Piece, Prose, ProseBuilder

_FRONT_MATTER = re.compile(
    r"(---|\+\+\+)[ \t]*\r?\n(?![ \t]*\r?\n)(?:.*?\n)??(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
# A table to its writer, though to no reader: programs that make Markdown forget the row of dashes where there is a caption.
_ROWS = re.compile(r"(?:\|[^\n|]*){2,}\|[ \t]*(?:\n[ \t]*(?:\|[^\n|]*){2,}\|[ \t]*)+")


class _Line(NamedTuple):
    """A line of a block's content: `start` and `end` in the content; where it and its line end are in the source."""

    start: int
    end: int
    source_start: int
    break_start: int
    break_end: int


def markdown_prose(text: str) -> tuple[Prose, tuple[str, ...]]:
    """Return the prose of a Markdown text, and notes on what was left out."""
    tally = Tally()
    prose = cleaned(text, _Extraction(text, tally).prose())
    return prose, notes(tally.result(), len(prose.text.split()))


class _Extraction:
    """One Markdown text on its way to prose."""

    def __init__(self, source: str, tally: Tally) -> None:
        self._source = without_extensions(source, tally).replace("\0", "\ufffd")  # as markdown-it does
        self._tally = tally
        self._builder = ProseBuilder(source)
        match = _FRONT_MATTER.match(source)
        self._body = match.end() if match else 0
        self._line_ends = [match.span() for match in _LINE_END.finditer(source, self._body)]
        self._html: list[Piece] = []  # of the prose in blocks of HTML, what is not yet written, the last first
        self._html_text = ""
        self._html_starts: list[int] = []  # of the blocks of HTML
        self._end_of_indented = -1  # number of the line after indented prose

    def prose(self) -> Prose:
        markdown = MarkdownIt("commonmark").enable("table").disable("inline")
        environment: dict[str, Any] = {}
        tracer = Tracer(markdown, environment)
        tokens = markdown.parse(self._source[self._body :], environment)
        self._read_html(tokens)
        indented = [token.content for token in tokens if token.type == "code_block"]
        indents_prose = is_preformatted_prose("\n\n".join(indented))
        in_table = 0
        for token in tokens:
            if token.type == "table_open":
                in_table = 1
            elif token.type == "table_close":
                self._tally.add("table", in_table - 1)
                in_table = 0
            elif token.type == "inline" and in_table:
                in_table += len(token.content.split())
            elif token.type == "inline" and _ROWS.fullmatch(token.content):
                self._tally.add("table", len(token.content.split()))
            elif token.type == "inline" and token.map:
                self._block(token.content, token.map, tracer.marks(token.content))
            elif token.type == "code_block" and token.map:
                self._indented(token.content, token.map, indents_prose)
            elif token.type == "fence":
                self._tally.add("listing", len(token.content.split()))
        self._write_html(len(self._source))
        return self._builder.build()

    def _read_html(self, tokens: Sequence[Token]) -> None:
        """Read all blocks of HTML in one page that has nothing else on it, and stands where they stand."""
        parts: list[str] = []
        position = 0
        for token in tokens:
            if token.type != "html_block" or not token.map:
                continue
            lines = list(self._lines(token.content, *token.map))
            self._html_starts += [line.source_start for line in lines[:1]]
            for line in lines:
                start = max(position, line.source_start)
                end = line.source_start + line.end - line.start
                if end > start:
                    parts += (" " * (start - position), self._source[start:end])
                    position = end
                if line.break_start >= position:
                    parts.append(" " * (line.break_start - position) + "\n" * (line.break_end - line.break_start))
                    position = line.break_end
        if parts:
            prose = html_paragraphs("".join(parts), self._tally)
            self._html, self._html_text = list(reversed(prose.pieces)), prose.text

    def _write_html(self, end: int) -> None:
        """Write the prose of the blocks of HTML that stand before `end`; an element that ends after it is cut there."""
        if self._html and self._html[-1].source_start < end:
            self._builder.break_block()
        while self._html and (self._html[-1].source_start < end or self._html[-1].source_end == end):
            piece = self._html.pop()
            text = self._html_text[piece.prose_start : piece.prose_end]
            if self._ends_paragraph(piece):
                self._builder.break_block()
                continue
            if not self._html or self._ends_paragraph(self._html[-1]):
                text = text.rstrip()  # as at the end of a paragraph of Markdown
            if piece.verbatim:
                self._builder.copy(piece.source_start, piece.source_start + len(text))
            else:
                self._builder.replace(text, piece.source_start, min(piece.source_end, end))

    def _ends_paragraph(self, piece: Piece) -> bool:
        """Tell whether a piece of the HTML is a paragraph break, or the space between two blocks of it."""
        text = self._html_text[piece.prose_start : piece.prose_end]
        if text == "\n\n" and piece.source_start == piece.source_end:
            return True
        number = bisect_right(self._html_starts, piece.source_start)
        return text.isspace() and number < len(self._html_starts) and self._html_starts[number] <= piece.source_end

    def _indented(self, content: str, block: Sequence[int], among_prose: bool) -> None:
        if not is_preformatted_prose(content, of_prose=among_prose):
            self._tally.add("listing", len(content.split()))
            return
        self._block(content.rstrip("\n"), block, [])
        self._end_of_indented = block[1]

    def _block(self, content: str, block: Sequence[int], marks: list[Mark]) -> None:
        lines = list(self._lines(content, *block))
        start = lines[0].source_start if lines else 0
        self._write_html(start)
        if block[0] == self._end_of_indented and lines:
            # Where only the first line of a paragraph is indented, CommonMark cuts the paragraph in two.
            self._builder.copy(*self._line_ends[block[0] - 1])
        else:
            self._builder.break_block()
        position = 0
        for mark in with_elements(marks, content):
            if mark.start >= position:
                self._copy(content, lines, position, mark.start)
                self._replace(lines, mark)
                position = mark.end
        self._copy(content, lines, position, len(content))

    def _lines(self, content: str, first: int, last: int) -> Iterator[_Line]:
        """Return where the lines of a block's content are in the source: after quote marks, bullets and indents.

        Lines of exotic white space at the beginning are in the block, but not in its content.
        """
        position, number = 0, first
        for line in content.split("\n"):
            found_at = -1
            while found_at < 0 and number < last:
                break_start, break_end = self._line_ends[number]
                source_start = self._line_ends[number - 1][1] if number else self._body
                found_at = self._source.rfind(line.strip(), source_start, break_start)
                number += 1
            if found_at >= 0:
                indent = len(line) - len(line.lstrip())
                yield _Line(position, position + len(line), found_at - indent, break_start, break_end)
            position += len(line) + 1

    def _copy(self, content: str, lines: list[_Line], start: int, end: int) -> None:
        """Copy content; of the white space around a line end only the line end itself."""
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
            if start <= line.end < end:
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
