"""HTML: the text a reader would read as running text, with the place of every piece of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from turbohtml import Element, Namespace, Node, Text

from detector.text import html_elements as kinds
from detector.text.html_elements import Treatment
from detector.text.html_frames import find_frames
from detector.text.html_lines import Lines
from detector.text.html_source import WHITE_SPACE
from detector.text.html_tree import HtmlTree
from detector.text.left_out import Tally, notes
from detector.text.masking import changes, edit
from detector.text.offsets import Prose, Span
from detector.text.shortcodes import shortcode_edits

_END_OF_BREAK = re.compile(r"</br[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*+>")
_TAGS_AND_SPACE = re.compile(r"(?:[ \t\n\f\r]++|<[^>]*+>)*+")


def html_prose(text: str, *, is_page: bool = False) -> tuple[Prose, tuple[str, ...]]:
    """Return the prose of an HTML page or a part of one, and notes on what was left out.

    With `is_page` the frame of the page is left out, too: menus, boxes and banners, as sites have them.
    """
    tally = Tally()
    read = html_paragraphs(text, tally, is_page=is_page)
    prose = edit(text, read, changes(read.text, shortcode_edits(read.text)))
    return prose, notes(tally.result(), len(prose.text.split()))


def html_paragraphs(text: str, tally: Tally, *, is_page: bool = False) -> Prose:
    """Return the prose of HTML as it stands, addresses and all; what is left out is added to the tally."""
    return _Reader(HtmlTree(text, tally), tally, find_frames(text) if is_page else {}).read()


@dataclass
class _Table:
    is_read: bool = False
    words_left_out: int = 0


class _Reader:
    """Walks the tree once, and keeps account of the place in the source."""

    def __init__(self, tree: HtmlTree, tally: Tally, frames: Mapping[int, str]) -> None:
        self._tree, self._source, self._tally, self._frames = tree, tree.source, tally, frames
        self._lines = Lines(tree.source)
        self._todo: list[Node | Callable[[], None]] = [tree.root]
        self._here = 0  # offset in the source up to which the walk has come
        self._preformatted = 0  # elements whose white space is kept
        self._opened = 0  # elements that are left out as a rule, and are not since they hold prose
        self._tables: list[_Table] = []
        self._handlers: dict[Treatment, Callable[[Element, Span | None], None]] = {
            Treatment.HIDDEN: self._hidden,
            Treatment.FORMULA: partial(self._leave_out_object, always=True),
            Treatment.OBJECT: self._object,
            Treatment.FRAME: self._frame,
            Treatment.CODE: self._code,
            Treatment.PREFORMATTED: self._pre,
            Treatment.CELL: self._cell,
            Treatment.QUOTE: self._quote,
        }

    def read(self) -> Prose:
        while self._todo:
            node = self._todo.pop()
            if isinstance(node, Element):
                self._element(node)
            elif isinstance(node, Text):
                self._text(node.data)
            elif isinstance(node, Node):
                self._todo += reversed(node.children)
            else:
                node()
        self._break_block()
        return self._lines.prose()

    def _element(self, element: Element) -> None:
        start = self._tree.start_tag(element)
        if start:
            self._here = start.end
        if start and start.start in self._frames:
            self._break_block()
            self._leave_out(element, self._frames[start.start])
            self._break_block()
        elif element.namespace is not Namespace.HTML:
            self._leave_out_object(element, start, always=element.namespace is Namespace.MATHML)
        elif element.tag == "br":
            self._break_line(start)
        else:
            self._html_element(element, start)

    def _html_element(self, element: Element, start: Span | None) -> None:
        attributes = self._tree.attributes(element)
        treatment = kinds.treatment(element.tag, attributes)
        if treatment is Treatment.INLINE:
            self._children(element)
        elif treatment is Treatment.BLOCK:
            self._block(element)
        elif treatment is Treatment.REFERENCE:
            self._reference(element, attributes)
        elif treatment is Treatment.UNSEEN:
            self._leave_unseen(element)
        elif treatment is Treatment.DELETED:
            self._leave_out(element, "deleted part")
        elif treatment is Treatment.IMAGE:
            self._add_object(element, start, always=False, breaks=False)
        else:
            self._handlers[treatment](element, start)

    # What is read

    def _children(self, element: Element, then: Callable[[], None] | None = None) -> None:
        end = self._tree.end_tag(element)

        def leave() -> None:
            if then:
                then()
            if end:
                self._here = end.end

        if then or end:
            self._todo.append(leave)
        self._todo += reversed(element.children)

    def _block(self, element: Element) -> None:
        self._break_block()
        if element.tag == "table":
            self._tables.append(_Table())
            self._children(element, self._end_table)
        else:
            self._children(element, self._break_block)

    def _end_table(self) -> None:
        self._break_block()
        table = self._tables.pop()
        if table.words_left_out:
            self._tally.add("part of a table" if table.is_read else "table", table.words_left_out)

    def _cell(self, cell: Element, _: Span | None) -> None:
        """Read a cell that holds sentences, as on pages laid out with tables. Others are data, except for tables in them."""
        text = self._tree.text(cell, without="table")
        if not self._tables or kinds.reads_as_prose(text, kinds.SENTENCE_WORDS):
            if self._tables:
                self._tables[-1].is_read = True
            self._block(cell)
            return
        self._tables[-1].words_left_out += len(text.split())
        self._break_block()
        self._todo += reversed(self._tree.outermost(cell, "table"))

    def _reference(self, element: Element, attributes: Mapping[str, str]) -> None:
        if kinds.is_note_mark(element.tag, attributes, self._tree.short_text(element), self._lines.before()):
            self._here = self._end_of(element)
        else:
            self._children(element)

    def _quote(self, element: Element, start: Span | None) -> None:
        """Read a `q` element: browsers put quotation marks around it."""
        if start is None or self._lines.is_masking:
            self._children(element)
            return
        self._lines.write("“", start)
        self._children(element, lambda: self._lines.write("”", self._closing(element)))

    def _code(self, element: Element, start: Span | None) -> None:
        """Mask inline code up to its end, or to the first block in it; read a page that is set in one such element."""
        if start is None:  # one that the standard opened again, since it was not closed in the paragraph before
            self._children(element)
            return
        if self._lines.is_masking or self._holds_prose(element):
            self._open(element)
            return
        self._lines.begin_mask(start.start)
        self._children(element, lambda: self._lines.end_mask(self._closing(element).end))

    def _pre(self, element: Element, _: Span | None) -> None:
        self._break_block()
        if not self._preformatted and not kinds.is_preformatted_prose(self._tree.text(element)):
            self._leave_out(element, "listing")
            self._break_block()
            return
        self._preformatted += 1
        self._lines.keeps_space = True

        def leave() -> None:
            self._preformatted -= 1
            self._lines.keeps_space = self._preformatted > 0
            self._break_block()

        self._children(element, leave)

    def _holds_prose(self, element: Element, *, unclosed: bool = False) -> bool:
        """Tell whether an element that is left out as a rule holds so much prose that it is more than what it is for.

        With `unclosed` only one that the author did not close can.
        """
        if self._opened:
            return True
        if unclosed and self._tree.end_tag(element):
            return False
        return kinds.reads_as_prose(self._tree.text(element), kinds.PASSAGE_WORDS)

    def _open(self, element: Element, then: Callable[[], None] | None = None) -> None:
        self._opened += 1

        def close() -> None:
            self._opened -= 1
            if then:
                then()

        self._children(element, close)

    def _open_block(self, element: Element) -> None:
        self._break_block()
        self._open(element, self._break_block)

    def _text(self, data: str) -> None:
        for span, text in self._tree.pieces(data, self._here):
            self._here = span.end
            if text is None:
                self._lines.copy(span)
            elif text == "\xa0" or (text and text in WHITE_SPACE):
                self._lines.space(span)
            else:
                self._lines.write(text, span)

    # What is left out

    def _leave_out(self, element: Element, what: str) -> None:
        self._tally.add(what, len(element.text.split()))
        self._here = self._end_of(element)

    def _leave_unseen(self, element: Element) -> None:
        """Leave out an element and count its words; text for browsers without scripts may be all the text of a page."""
        if element.tag in kinds.FOR_OTHER_BROWSERS and (words := len(_TAG.sub(" ", element.text).split())):
            self._tally.add("hidden part", words)
        self._here = self._end_of(element)

    def _object(self, element: Element, start: Span | None) -> None:
        if self._holds_prose(element):
            self._open_block(element)
        else:
            self._leave_out_object(element, start, what=kinds.what_is_left_out(element.tag))

    def _frame(self, element: Element, _: Span | None) -> None:
        if self._holds_prose(element, unclosed=True):
            self._open_block(element)
            return
        self._break_block()
        self._leave_out(element, kinds.what_is_left_out(element.tag))
        self._break_block()

    def _hidden(self, element: Element, start: Span | None) -> None:
        """Leave out a hidden part; formulas are often hidden beside a picture of them."""
        if element.find("math"):
            self._leave_out_object(element, start, always=True)
            return
        if not kinds.is_inline(element.tag):
            self._break_block()
        self._leave_out(element, "hidden part")

    def _leave_out_object(
        self, element: Element, start: Span | None, *, always: bool = False, what: str | None = None
    ) -> None:
        self._add_object(element, start, always=always, breaks=not always)
        if what:
            self._tally.add(what, len(element.text.split()))

    def _add_object(self, element: Element, start: Span | None, *, always: bool, breaks: bool) -> None:
        begin, self._here = (start.start if start else self._here), self._end_of(element)
        self._lines.add_object(Span(begin, max(begin, self._here)), always=always, breaks=breaks)

    def _end_of(self, element: Element) -> int:
        """Return where an element ends in the source; if it was never closed, the end of its content."""
        end = self._tree.end_tag(element)
        return end.end if end else self._tree.last_offset(element, self._here)

    def _closing(self, element: Element) -> Span:
        """Return the end tag if it is next in the source; an empty span for an element that the standard closed before."""
        end = self._tree.end_tag(element)
        if end and end.start >= self._here:
            between = _TAGS_AND_SPACE.match(self._source, self._here, end.start)
            if between and between.end() == end.start:
                return end
        return Span(self._here, self._here)

    def _break_block(self) -> None:
        self._lines.break_block(self._here)

    def _break_line(self, tag: Span | None) -> None:
        if tag is None:
            match = _END_OF_BREAK.match(self._source, self._here)
            tag = Span(*match.span()) if match else Span(self._here, self._here)
            self._here = tag.end
        self._lines.break_line(tag)
