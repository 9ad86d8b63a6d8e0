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
from functools import cache
from html import unescape
from html.entities import html5
from typing import NamedTuple

import turbohtml
from turbohtml import Element, Node, Text

from detector.text.offsets import Span

WHITE_SPACE = " \t\n\f\r"

_WS = r"[ \t\n\f\r]"
# The states of the standard's tokenizer that tell text from tags. Quantifiers are possessive: the source is read once.
_TOKEN = re.compile(
    rf"""
      (?P<comment> <!--(?:-?> | .*?(?:--!?>|\Z)))
    | (?P<tag> </?[a-zA-Z][^ \t\n\f\r/>]*+
        (?:(?:{_WS}|/)++
         | [^ \t\n\f\r/>][^ \t\n\f\r/>=]*+
           (?:{_WS}*+={_WS}*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>]++)?+)?+
        )*+ (?:>|\Z))
    | (?P<bogus> <(?:[!?]|/(?=.))[^>]*+(?:>|\Z))
    | (?P<reference> &(?:\#(?:[0-9]++|[xX][0-9a-fA-F]++);?+ | [a-zA-Z][a-zA-Z0-9]{{0,40}}+;?+))
    | (?P<space> {_WS}++)
    | (?P<null> \0++)
    | (?P<text> (?:[^<& \t\n\f\r\0]++ | [<&]))
    """,
    re.VERBOSE | re.DOTALL,
)
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][^ \t\n\f\r/>]*)")
_ATTRIBUTE = re.compile(
    r"([^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^ \t\n\f\r>]++)))?+"
)
_APART = frozenset(("br", "td", "th", "tr", "p", "div", "li", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"))
# Elements that hold characters only, up to their own end tag.
_RAW = {
    name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript")
}
# Elements the standard opens again in the next paragraph where they were not closed. With attributes that differ there
# may be any number of them, and a small page becomes a huge tree; without there are three of each at most.
_REOPENED = frozenset(("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"))
_BREAKS_OUT = re.compile(r"(?<![^\s\"'/])(?:color|face|size)(?![^\s=/>])", re.IGNORECASE)  # <font color> ends <svg>

_FIRST, _COUNT = 0x10000, 0x100000  # code points that name offsets, modulo their count
_NAME = re.compile("[\U00010000-\U0010ffff]")
_NAMED = re.compile(rf"[{WHITE_SPACE}]+|[\U00010000-\U0010ffff]+")


class Character(NamedTuple):
    """A character reference: where it ends, and what it stands for."""

    end: int
    text: str


@cache
def _offsets() -> str:
    return "".join(map(chr, range(_FIRST, _FIRST + _COUNT)))


def tag_attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a start tag, names in lower case; of one given twice the first."""
    attributes: dict[str, str] = {}
    name = _TAG_NAME.match(tag)
    for match in _ATTRIBUTE.finditer(tag, name.end() if name else 0):
        value = match.group(2) or match.group(3) or match.group(4) or ""
        attributes.setdefault(match.group(1).lower(), unescape(value) if "&" in value else value)
    return attributes


class HtmlTree:
    """The tree of one HTML source. `root` is the parser's; the methods lead from its texts back to the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._references: dict[int, Character] = {}
        self._reference_starts: list[int] = []
        self._space_starts: list[int] = []
        self._space_ends: list[int] = []
        self._never_closed: set[str] = set()
        self._is_xml = source.lstrip("\ufeff" + WHITE_SPACE).startswith("<?xml")
        self._copy = "".join(self._marked()).replace("\r\n", " \n").replace("\r", "\n")
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
        found: list[Node] = []
        todo: list[Node] = list(reversed(element.children))
        while todo:
            node = todo.pop()
            if isinstance(node, Element):
                if node.tag == name:
                    found.append(node)
                else:
                    todo += reversed(node.children)
        return found

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
            start = self._nearest(ord(first.group()) - _FIRST, after) - first.start()
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
        number = bisect_right(self._space_ends, after)
        if number == len(self._space_starts):
            return Span(after, after)
        start, end = max(after, self._space_starts[number]), self._space_ends[number]
        return Span(start, min(end, start + length))

    def _consecutive(self, run: str, after: int) -> Iterator[Span]:
        """Cut a run where something was left out between two characters."""
        first = ord(run[0]) - _FIRST
        start = self._nearest(first, after)
        if run == _offsets()[first : first + len(run)]:
            yield Span(start, start + len(run))
            return
        end = start
        for character in run:
            offset = self._nearest(ord(character) - _FIRST, end)
            if offset != end:
                yield Span(start, end)
                start = offset
            end = offset + 1
        yield Span(start, end)

    @staticmethod
    def _nearest(offset: int, near: int) -> int:
        """Return, of all offsets that one code point can stand for, the one nearest to another offset."""
        return max(0, near - offset + _COUNT // 2) // _COUNT * _COUNT + offset

    def _decoded(self, start: int, end: int) -> Iterator[tuple[Span, str | None]]:
        starts = self._reference_starts
        for offset in starts[bisect_left(starts, start) : bisect_left(starts, end)]:
            if offset > start:
                yield Span(start, offset), None
            reference = self._references[offset]
            yield Span(offset, reference.end), reference.text
            start = reference.end
        if end > start:
            yield Span(start, end), None

    def _marked(self) -> Iterator[str]:
        source, position = self.source, 0
        while match := _TOKEN.match(source, position):
            start, position = match.span()
            kind = match.lastgroup
            if kind == "text" and match.group() == "\ufeff" and not start:
                yield " "  # a byte order mark is no text
            elif kind == "text":
                yield self._names(start, position)
            elif kind == "space":
                self._space_starts.append(start)
                self._space_ends.append(position)
                yield match.group()
            elif kind == "reference":
                position = self._reference(start, match.group())
                yield self._reference_copy(start, position)
            elif kind == "tag":
                yield self._tag(match.group())
                name = _TAG_NAME.match(match.group())
                if name and not name.group(1):
                    end = self._raw_end(name.group(2).lower(), position)
                    yield source[position:end]
                    position = end
            else:
                yield match.group()

    def _names(self, start: int, end: int) -> str:
        first, length = start % _COUNT, end - start
        text = _offsets()[first : first + length]
        while len(text) < length:
            text += _offsets()[: length - len(text)]
        return text

    def _reference(self, start: int, text: str) -> int:
        """Take in a character reference; return where it ends, or the text that looked like one."""
        if text[1] != "#" and text[1:] not in html5:
            end = next((n for n in range(len(text) - 1, 2, -1) if text[1:n] in html5), 0)
            if not end:
                return start + len(text)
            text = text[:end]
        self._references[start] = Character(start + len(text), unescape(text))
        self._reference_starts.append(start)
        return start + len(text)

    def _reference_copy(self, start: int, end: int) -> str:
        reference = self._references.get(start)
        if reference and reference.text in WHITE_SPACE:
            self._space_starts.append(start)
            self._space_ends.append(end)
            return " " * (end - start)
        return self._names(start, end)

    def _tag(self, text: str) -> str:
        match = _TAG_NAME.match(text)
        name = match.group(2).lower() if match else ""
        if self._is_xml and text.endswith("/>") and not text.startswith("</"):
            return f"</{text[1:-2]}>"  # in XML the element ends here
        if name == "plaintext":  # in which tags would be text; pages that have one mean preformatted text
            return text.lower().replace("plaintext", "pre      ", 1)
        if match and name in _REOPENED and not match.group(1) and text.endswith(">"):
            kept = " color" if name == "font" and _BREAKS_OUT.search(text) else ""
            return text[: match.end()] + kept + " " * (len(text) - match.end() - len(kept) - 1) + ">"
        return text

    def _raw_end(self, name: str, start: int) -> int:
        """Return where the characters of a raw-text element end. One that is never closed ends where the parser ends it."""
        if name not in _RAW or name in self._never_closed:
            return start
        match = _RAW[name].search(self.source, start)
        if match:
            return match.start()
        self._never_closed.add(name)
        return start
