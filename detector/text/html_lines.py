"""Running text as a browser lays it out: paragraphs, lines, white space, and what stands in a line without being text."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import NamedTuple

from detector.text.html_source import WHITE_SPACE
from detector.text.masking import MASK
from detector.text.offsets import Prose, ProseBuilder, Span

_NO_SPACE, _SPACES = re.compile(rf"[^{WHITE_SPACE}]"), re.compile(rf"[{WHITE_SPACE}]{{2,}}")
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”’»)\]]*\s*\Z")
_LOOKED_AT = 40  # characters before a place in a line


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


class Lines:
    """Collects running text. All spans are of the source; a run of white space is shown as one space."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[_Part] = []
        self._paragraph = 0
        self._after_space = True
        self._at_block = False  # a paragraph ended since the last text,
        self._line_break: Span | None = None  # or a line
        self._object: _Object | None = None  # a part of the sentence if text follows in the paragraph
        self._space_after_object: Span | None = None
        self._mask_start: int | None = None  # start of inline code that has not ended yet
        self.keeps_space = False  # white space is shown as it stands

    @property
    def is_masking(self) -> bool:
        """Tell whether inline code has not ended: what is written is masked."""
        return self._mask_start is not None

    def prose(self) -> Prose:
        """Return what was collected, in the order of the source.

        Text in a table that is in none of its cells is shown before the table; here it keeps its place.
        """
        builder = ProseBuilder(self._source)
        paragraph = 0
        parts = sorted(self._parts, key=lambda part: part.start)
        for part, following in zip_longest(parts, parts[1:]):
            if part.paragraph != paragraph:
                builder.break_block()
                paragraph = part.paragraph
            if part.text is None:
                builder.copy(part.start, part.end)
            else:
                # What the standard moved out of an element may have been read before the element's end.
                builder.replace(part.text, part.start, min(part.end, following.start) if following else part.end)
        return builder.build()

    def before(self) -> str:
        """Return the end of what stands before in the line."""
        parts = () if self._at_block or self._line_break else self._parts[-3:]
        texts = (self._source[max(p.start, p.end - _LOOKED_AT) : p.end] if p.text is None else p.text for p in parts)
        return "".join(texts)[-_LOOKED_AT:]

    def copy(self, span: Span) -> None:
        """Take text as it stands, but for runs of white space."""
        if self.is_masking:
            return
        first = _NO_SPACE.search(self._source, *span)
        if first is None or first.start() > span.start:
            self.space(Span(span.start, first.start() if first else span.end))
        if first is None:
            return
        start = first.start()
        self._join()
        if not self.keeps_space:
            for gap in _SPACES.finditer(self._source, start, span.end):
                self._add(None, Span(start, gap.start()))
                self._add(" ", Span(*gap.span()))
                start = gap.end()
        if start < span.end:
            self._add(None, Span(start, span.end))
        self._after_space = self._source[span.end - 1] in WHITE_SPACE

    def space(self, span: Span) -> None:
        """Take white space."""
        if self.is_masking:
            return
        if self.keeps_space:
            if self._parts and not self._at_block:
                self._join()
                self._add(None, span)
        elif self._object:
            self._space_after_object = self._space_after_object or span
        elif not self._after_space:
            self._add(" ", span)
        self._after_space = True

    def write(self, text: str, span: Span) -> None:
        """Let `text` stand for what is at `span`."""
        if not text or self.is_masking:
            return
        self._join()
        self._add(text, span)
        self._after_space = False

    def begin_mask(self, start: int) -> None:
        """Begin inline code at this offset."""
        self._flush_object()
        self._mask_start = start

    def end_mask(self, end: int) -> None:
        """End open inline code at this offset."""
        start, self._mask_start = self._mask_start, None
        if start is not None and end > start:
            self.write(MASK, Span(start, end))

    def add_object(self, span: Span, *, always: bool, breaks: bool) -> None:
        """Take something that is no text; whether it is masked is known when the text after it comes."""
        if self.is_masking:
            return
        if self._object:
            span = Span(self._object.start, span.end)
            always, breaks = always or self._object.always, breaks or self._object.breaks
        self._object, self._space_after_object = _Object(*span, always, breaks), None

    def break_block(self, here: int) -> None:
        """End the paragraph; open inline code ends `here`."""
        self.end_mask(here)
        self._flush_object(at_end=True)
        self._at_block, self._line_break, self._after_space = True, None, True

    def break_line(self, tag: Span) -> None:
        """End the line. Two ends in a row are how some people make paragraphs."""
        if self.is_masking:
            return
        self._flush_object(at_end=True)
        if self._line_break:
            self.break_block(tag.start)
        elif not self._at_block:
            self._line_break, self._after_space = tag, True

    def _add(self, text: str | None, span: Span) -> None:
        if text is not None and span.end - span.start == 1 and text in (" ", self._source[span.start]):
            text = None  # a line end alone is copied as it is
        if text is None and self._parts:
            last = self._parts[-1]
            if last.text is None and last.end == span.start and last.paragraph == self._paragraph:
                self._parts[-1] = last._replace(end=span.end)
                return
        self._parts.append(_Part(*span, text, self._paragraph))

    def _join(self) -> None:
        """Write what stood between the text so far and the text that follows."""
        self._flush_object()
        if self._at_block:
            self._paragraph += 1
        elif self._line_break:
            self._add("\n", self._line_break)
        self._at_block, self._line_break = False, None

    def _flush_object(self, *, at_end: bool = False) -> None:
        """Write the pending object: it is masked if it is part of a sentence."""
        if not self._object:
            return
        taken, space, self._object, self._space_after_object = self._object, self._space_after_object, None, None
        in_line = bool(self._parts) and not self._at_block and not self._line_break
        is_part = in_line and not at_end and not _ENDS_SENTENCE.search(self.before())
        if is_part or (taken.always and (in_line or not at_end)):
            self.write(MASK, Span(taken.start, taken.end))
        elif taken.breaks:
            self._at_block, self._line_break, self._after_space = True, None, True
        if space and not self._after_space and not at_end:
            self._add(" ", space)
            self._after_space = True
