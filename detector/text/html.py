"""HTML: the text a reader would read as running text, with the place of every piece of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from turbohtml import Element, Namespace, Node, Text

from detector.text import html_elements as kinds
from detector.text.decoding import known_encoding
from detector.text.html_tree import WHITE_SPACE, HtmlTree
from detector.text.left_out import Tally, notes
from detector.text.masking import MASK, cleaned
from detector.text.offsets import Prose, ProseBuilder, Span

_DECLARED = re.compile(
    rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)|^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE
)
_NO_SPACE, _SPACES = re.compile(rf"[^{WHITE_SPACE}]"), re.compile(rf"[{WHITE_SPACE}]{{2,}}")
_END_OF_BREAK = re.compile(r"</br[^>]*>", re.IGNORECASE)
_TAGS_AND_SPACE = re.compile(r"(?:[ \t\n\f\r]++|<[^>]*+>)*+")
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”’»)\]]*\s*\Z")


def html_prose(text: str) -> tuple[Prose, tuple[str, ...]]:
    """Return the prose of an HTML page or a part of one, and notes on what was left out."""
    tally = Tally()
    prose = cleaned(text, html_paragraphs(text, tally))
    return prose, notes(tally.result(), len(prose.text.split()))


def html_paragraphs(text: str, tally: Tally) -> Prose:
    """Return the prose of HTML as it stands, addresses and all; what is left out is added to the tally."""
    return _Reader(HtmlTree(text), tally).read()


def declared_encoding(data: bytes) -> str | None:
    """What the page says of itself in its first kilobyte, where it has to."""
    match = _DECLARED.search(data[:1024])
    return known_encoding((match.group(1) or match.group(2)).decode("ascii", errors="replace")) if match else None


class _Part(NamedTuple):
    """Source that is read, as it stands or as `text`, in a paragraph."""

    start: int
    end: int
    text: str | None
    paragraph: int


class _Object(NamedTuple):
    """What stands in a line without being text. `always`: it is a part of the sentence wherever it stands in it."""

    start: int
    end: int
    always: bool
    breaks: bool  # the paragraph, where it is no part of a sentence


class _Table:
    def __init__(self) -> None:
        self.is_read = False
        self.words_left_out = 0


class _Reader:
    """Walks the tree once. White space is taken as browsers show it: a run of it is one space."""

    def __init__(self, tree: HtmlTree, tally: Tally) -> None:
        self._tree, self._source, self._tally = tree, tree.source, tally
        self._parts: list[_Part] = []
        self._todo: list[Node | Callable[[], None]] = [tree.root]
        self._here = 0  # offset in the source up to which the walk has come
        self._after_space = True
        self._at_block = False  # a paragraph ended since the last text,
        self._line_break: Span | None = None  # or a line
        self._paragraph = 0
        self._object: _Object | None = None  # it is a part of the sentence if text follows in the paragraph
        self._space_after_object: Span | None = None
        self._mask_start: int | None = None  # where the inline code begins that is being walked
        self._preformatted = 0
        self._opened = 0  # elements that are left out as a rule, and are not since they hold prose
        self._tables: list[_Table] = []

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
        self._end_inline_code(self._here)
        self._break_block()
        return self._built()

    def _built(self) -> Prose:
        """Text that stands in a table but in none of its cells is shown before it; the source's order is kept here."""
        builder = ProseBuilder(self._source)
        paragraph = 0
        for part in sorted(self._parts, key=lambda part: part.start):
            if part.paragraph != paragraph:
                builder.break_block()
                paragraph = part.paragraph
            if part.text is None:
                builder.copy(part.start, part.end)
            else:
                builder.replace(part.text, part.start, part.end)
        return builder.build()

    def _element(self, element: Element) -> None:
        start = self._tree.start_tag(element)
        if start:
            self._here = start.end
        name = element.tag
        if element.namespace is not Namespace.HTML:
            self._leave_out_object(element, start, always=element.namespace is Namespace.MATHML)
            return
        if name == "br":
            self._break_line(start)
            return
        attributes = self._tree.attributes(element)
        treatment = kinds.treatment(name, attributes)
        if treatment is kinds.Treatment.UNSEEN:
            self._here = self._end_of(element)
        elif treatment is kinds.Treatment.HIDDEN:
            self._leave_out_hidden(element, start)
        elif treatment is kinds.Treatment.DELETED:
            self._leave_out(element, "deleted part")
        elif treatment is kinds.Treatment.FORMULA:
            self._leave_out_object(element, start, always=True)
        elif treatment is kinds.Treatment.IMAGE:
            self._add_object(element, start, always=False, breaks=False)
        elif treatment is kinds.Treatment.OBJECT and not self._holds_prose(element):
            self._leave_out_object(element, start, what=kinds.what_is_left_out(name))
        elif treatment is kinds.Treatment.FRAME and not self._holds_prose(element, unclosed=True):
            self._break_block()
            self._leave_out(element, kinds.what_is_left_out(name))
            self._break_block()
        elif treatment is kinds.Treatment.REFERENCE and self._is_note_mark(element, attributes):
            self._here = self._end_of(element)
        elif treatment is kinds.Treatment.CODE and start:
            self._code(element, start)
        elif treatment is kinds.Treatment.PREFORMATTED:
            self._pre(element)
        elif treatment is kinds.Treatment.CELL and self._tables and not self._is_read(element):
            self._break_block()
            self._todo += reversed(self._tree.outermost(element, "table"))
        elif treatment is kinds.Treatment.QUOTE:
            self._quote(element, start)
        elif treatment is kinds.Treatment.OBJECT or treatment is kinds.Treatment.FRAME:
            self._break_block()
            self._open(element, self._break_block)
        elif treatment in (kinds.Treatment.BLOCK, kinds.Treatment.CELL):
            self._block(element)
        else:
            self._children(element)

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

    def _is_read(self, cell: Element) -> bool:
        """Cells that hold sentences are prose, as on pages laid out with tables; others are data."""
        text = self._tree.text(cell, without="table")
        is_read = kinds.reads_as_prose(text, kinds.SENTENCE_WORDS)
        if is_read:
            self._tables[-1].is_read = True
        else:
            self._tables[-1].words_left_out += len(text.split())
        return is_read

    def _quote(self, element: Element, start: Span | None) -> None:
        """Browsers put quotation marks around it."""
        if self._mask_start is None and start:
            self._write("“", start)
            self._children(element, lambda: self._write("”", self._closing(element)))
        else:
            self._children(element)

    def _code(self, element: Element, start: Span) -> None:
        """Inline code is masked up to its end, or to the first block in it; pages set in one such element are read."""
        if self._mask_start is not None or self._holds_prose(element):
            self._open(element)
            return
        self._flush_object()
        self._mask_start = start.start
        self._children(element, lambda: self._end_inline_code(self._closing(element).end))

    def _pre(self, element: Element) -> None:
        self._break_block()
        if not self._preformatted and not kinds.is_preformatted_prose(self._tree.text(element)):
            self._leave_out(element, "listing")
            self._break_block()
            return
        self._preformatted += 1

        def leave() -> None:
            self._preformatted -= 1
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

    def _text(self, data: str) -> None:
        for span, text in self._tree.pieces(data, self._here):
            self._here = span.end
            if self._mask_start is not None:
                continue
            if text is None:
                self._run(span)
            elif text == "\xa0" or (text and text in WHITE_SPACE):
                self._space(span)
            else:
                self._write(text, span)

    def _run(self, span: Span) -> None:
        """Take text as it stands, but for runs of white space."""
        first = _NO_SPACE.search(self._source, *span)
        if first is None or first.start() > span.start:
            self._space(Span(span.start, first.start() if first else span.end))
        if first is None:
            return
        start = first.start()
        self._join()
        if not self._preformatted:
            for gap in _SPACES.finditer(self._source, start, span.end):
                self._add(None, Span(start, gap.start()))
                self._add(" ", Span(*gap.span()))
                start = gap.end()
        if start < span.end:
            self._add(None, Span(start, span.end))
        self._after_space = self._source[span.end - 1] in WHITE_SPACE

    def _space(self, span: Span) -> None:
        if self._preformatted:
            if self._parts and not self._at_block:
                self._join()
                self._add(None, span)
        elif self._object:
            self._space_after_object = self._space_after_object or span
        elif not self._after_space:
            self._add(" ", span)
        self._after_space = True

    def _write(self, text: str | None, span: Span) -> None:
        if text == "" or self._mask_start is not None:
            return
        self._join()
        self._add(text, span)
        self._after_space = False

    def _add(self, text: str | None, span: Span) -> None:
        if text is not None and span.end - span.start == 1 and (text == " " or text == self._source[span.start]):
            text = None  # a line end alone is copied as it is
        last = self._parts[-1] if self._parts else None
        if last and text is None and last == (last.start, span.start, None, self._paragraph):
            self._parts[-1] = _Part(last.start, span.end, None, self._paragraph)
        else:
            self._parts.append(_Part(*span, text, self._paragraph))

    # What is left out

    def _leave_out(self, element: Element, what: str) -> None:
        self._tally.add(what, len(element.text.split()))
        self._here = self._end_of(element)

    def _leave_out_hidden(self, element: Element, start: Span | None) -> None:
        """Formulas are often hidden beside a picture of them."""
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
        if self._mask_start is not None:
            return
        if self._object:
            begin, always, breaks = self._object.start, always or self._object.always, breaks or self._object.breaks
        self._object = _Object(begin, self._here, always, breaks)
        self._space_after_object = None

    def _is_note_mark(self, element: Element, attributes: Mapping[str, str]) -> bool:
        before = self._parts[-1] if self._parts and not self._at_block else None
        word = self._source[max(0, before.end - 20) : before.end] if before else ""
        return kinds.is_note_mark(element.tag, attributes, self._tree.short_text(element), word)

    def _end_of(self, element: Element) -> int:
        """Where an element ends in the source; where it was never closed, the end of what is in it."""
        end = self._tree.end_tag(element)
        return end.end if end else self._tree.last_offset(element, self._here)

    def _closing(self, element: Element) -> Span:
        """The end tag, if it is the next in the source; of one that the standard closed before, a place without width."""
        end = self._tree.end_tag(element)
        if end and end.start >= self._here:
            between = _TAGS_AND_SPACE.match(self._source, self._here, end.start)
            if between and between.end() == end.start:
                return end
        return Span(self._here, self._here)

    # Between the texts

    def _break_block(self) -> None:
        self._end_inline_code(self._here)
        self._flush_object(at_end=True)
        self._at_block, self._line_break, self._after_space = True, None, True

    def _break_line(self, tag: Span | None) -> None:
        """Two in a row are how some people make paragraphs."""
        if tag is None:
            match = _END_OF_BREAK.match(self._source, self._here)
            tag = Span(*match.span()) if match else Span(self._here, self._here)
            self._here = tag.end
        if self._mask_start is not None:
            return
        self._flush_object(at_end=True)
        if self._line_break:
            self._break_block()
        elif not self._at_block:
            self._line_break, self._after_space = tag, True

    def _join(self) -> None:
        """Running text goes on: write down what was between."""
        self._flush_object()
        if self._at_block:
            self._paragraph += 1
        elif self._line_break:
            self._add("\n", self._line_break)
        self._at_block, self._line_break = False, None

    def _flush_object(self, *, at_end: bool = False) -> None:
        """Decide on the object before: it is masked where it is a part of the sentence."""
        if not self._object:
            return
        here, space, self._object, self._space_after_object = self._object, self._space_after_object, None, None
        in_line = bool(self._parts) and not self._at_block and not self._line_break
        if (here.always and (in_line or not at_end)) or (in_line and not at_end and not self._after_sentence()):
            self._write(MASK, Span(here.start, here.end))
        elif here.breaks:
            self._break_block()
        if space and not self._after_space and not at_end:
            self._add(" ", space)
            self._after_space = True

    def _after_sentence(self) -> bool:
        last = "".join(self._source[p.start : p.end] if p.text is None else p.text for p in self._parts[-3:])
        return bool(_ENDS_SENTENCE.search(last))

    def _end_inline_code(self, end: int) -> None:
        start, self._mask_start = self._mask_start, None
        if start is not None and end > start:
            self._write(MASK, Span(start, end))
