"""HTML parsed by the standard, with the exact place of every character.

A parser tells where elements begin; it does not tell where each character of a text node stood, since text is decoded,
merged over tags that mean nothing, and moved out of tables. So the parser is given a copy of the source, as long as it,
in which each character of text is a code point that names its own offset: what arrives in the tree tells where it came
from. The lexer here only has to know text from tags for that, as the standard cuts them; the tree is the parser's.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from html import unescape

import turbohtml
from turbohtml import Element, Node, Text

from detector.text.html_source import COUNT, FIRST, TAG_NAME, WHITE_SPACE, MarkedSource, names
from detector.text.left_out import Tally
from detector.text.offsets import Span

_ATTRIBUTE = re.compile(
    r"([^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^ \t\n\f\r>]++)))?+"
)
_APART = frozenset(("br", "td", "th", "tr", "p", "div", "li", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"))
_NAME = re.compile("[\U00010000-\U0010ffff]")
_NAMED = re.compile(rf"[{WHITE_SPACE}]+|[\U00010000-\U0010ffff]+")


def tag_attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a start tag, names in lower case; of one given twice the first."""
    attributes: dict[str, str] = {}
    name = TAG_NAME.match(tag)
    for match in _ATTRIBUTE.finditer(tag, name.end() if name else 0):
        value = match.group(2) or match.group(3) or match.group(4) or ""
        attributes.setdefault(match.group(1).lower(), unescape(value) if "&" in value else value)
    return attributes


class HtmlTree:
    """The tree of one HTML source. `root` is the parser's; the methods lead from its texts back to the source."""

    def __init__(self, source: str, tally: Tally) -> None:
        self.source = source
        self._marked = MarkedSource(source, tally)
        self._copy = self._marked.copy
        self.root = turbohtml.parse(self._copy, source_locations=True, scripting=True)

    def start_tag(self, element: Element) -> Span | None:
        """Return the span of an element's start tag; None if the source has none."""
        location = element.source_location
        return Span(location.start_tag.start_offset, location.start_tag.end_offset) if location else None

    def end_tag(self, element: Element) -> Span | None:
        """Return the span of an element's end tag; None if the source has none."""
        location = element.source_location
        end = location.end_tag if location else None
        return Span(end.start_offset, end.end_offset) if end else None

    def attributes(self, element: Element) -> dict[str, str]:
        """Return the attributes as the source has them, names in lower case."""
        tag = self.start_tag(element)
        if tag is None or tag.end - tag.start <= len(element.tag) + 2:
            return {}
        return tag_attributes(self.source[tag.start : tag.end])

    def text(self, element: Element, without: str = "") -> str:
        """Return the text in an element, with its white space, without that of elements called `without`."""
        parts: list[str] = []
        todo: list[Node] = list(reversed(element.children))
        start = self.start_tag(element)
        here = start.end if start else 0
        while todo:
            node = todo.pop()
            if isinstance(node, Text):
                for span, text in self.pieces(node.data, here):
                    parts.append(self.source[span.start : span.end] if text is None else text)
                    here = span.end
            elif isinstance(node, Element):
                parts.append(" " if node.tag in _APART else "")
                if node.tag != without:
                    todo += reversed(node.children)
        return "".join(parts)

    def outermost(self, element: Element, name: str) -> list[Node]:
        """Return the elements of this name within an element, without those nested in another of them."""
        nodes: list[Node] = []
        todo: list[Node] = list(reversed(element.children))
        while todo:
            node = todo.pop()
            if isinstance(node, Element):
                if node.tag == name:
                    nodes.append(node)
                else:
                    todo += reversed(node.children)
        return nodes

    def short_text(self, element: Element) -> str | None:
        """Return the text in an element, or None if it is long."""
        parts: list[str] = []
        start = self.start_tag(element)
        here = start.end if start else 0
        for number, node in enumerate(element.descendants):
            if number > 8 or sum(map(len, parts)) > 60:
                return None
            if isinstance(node, Text):
                parts += (
                    self.source[p.start : p.end] if text is None else text
                    for p, text in self.pieces(node.data[:61], here)
                )
        return "".join(parts)

    def last_offset(self, element: Element, after: int) -> int:
        """Return the end of the last text or tag in an element."""
        last = after
        for node in element.descendants:
            if isinstance(node, Element):
                tag = self.end_tag(node) or self.start_tag(node)
                last = max(last, tag.end if tag else 0)
            elif isinstance(node, Text):
                for span, _ in self.pieces(node.data, last):
                    last = max(last, span.end)
        return last

    def pieces(self, data: str, after: int) -> Iterator[tuple[Span, str | None]]:
        """Cut the data of a text node into runs of source; a run comes with its text where that differs from the source.

        `after` is an offset that the data does not begin before.
        """
        first = _NAME.search(data)
        if first:
            start = self._nearest(ord(first.group()) - FIRST, after) - first.start()
            if start >= 0 and self._copy.startswith(data, start):
                yield from self._decoded(start, start + len(data))
                return
        for match in _NAMED.finditer(data):
            run = match.group()
            if run[0] in WHITE_SPACE:
                span = self._space(after, len(run))
                yield span, None if self.source[span.start : span.end].isspace() else " "
                after = span.end
                continue
            position = 0
            for start, end in self._consecutive(run, after):
                part = run[position : position + end - start]
                position += end - start
                if self._copy.startswith(part, start):  # no character of the source's own, in text that is not marked
                    after = end
                    yield from self._decoded(start, end)

    def _space(self, after: int, length: int) -> Span:
        """Return the next white space of the source: it has no mark, since the parser treats it differently from text."""
        number = bisect_right(self._marked.space_ends, after)
        if number == len(self._marked.space_starts):
            return Span(after, after)
        start, end = max(after, self._marked.space_starts[number]), self._marked.space_ends[number]
        return Span(start, min(end, start + length))

    def _consecutive(self, run: str, after: int) -> Iterator[Span]:
        """Cut a run where something was left out between two characters."""
        first = ord(run[0]) - FIRST
        start = self._nearest(first, after)
        if run == names()[first : first + len(run)]:
            yield Span(start, start + len(run))
            return
        end = start
        for character in run:
            offset = self._nearest(ord(character) - FIRST, end)
            if offset != end:
                yield Span(start, end)
                start = offset
            end = offset + 1
        yield Span(start, end)

    @staticmethod
    def _nearest(offset: int, near: int) -> int:
        """Return, of all offsets that one code point can stand for, the one nearest to another offset."""
        return max(0, near - offset + COUNT // 2) // COUNT * COUNT + offset

    def _decoded(self, start: int, end: int) -> Iterator[tuple[Span, str | None]]:
        starts = self._marked.reference_starts
        for offset in starts[bisect_left(starts, start) : bisect_left(starts, end)]:
            if offset > start:
                yield Span(start, offset), None
            reference = self._marked.references[offset]
            yield Span(offset, reference.end), reference.text
            start = reference.end
        if end > start:
            yield Span(start, end), None
