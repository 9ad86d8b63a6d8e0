"""HTML: the text a reader would read as running text, with the place of every piece of it."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from detector.text.decoding import known_encoding
from detector.text.masking import MASK, cleaned
from detector.text.offsets import Prose, ProseBuilder, Span


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Running text ends where one of these begins or ends.
_BLOCKS = _names(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure form"
    " h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu ol p section summary tbody td tfoot th thead tr ul"
)
# Nothing in these is prose. Not `form`: some sites put the whole page into one; its controls are here instead.
_SKIPPED = _names(
    "applet audio button canvas datalist embed footer frameset iframe label legend listing math nav noframes noscript"
    " object option pre script select style svg table template textarea title video xmp"
)
# What these hold is part of a sentence, but no prose.
INLINE_CODE = _names("code kbd samp tt var")

_SPACES = re.compile(r"[ \t\r\n\f]{2,}")
_SPACE = " \t\r\n\f"
# Browsers drop it; html.parser would try again from every `<` to the end.
_UNFINISHED_TAG = re.compile(r"<[a-zA-Z/!?]")
_DECLARED = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


def html_prose(text: str) -> Prose:
    reader = _Reader(text)
    unfinished = _UNFINISHED_TAG.search(text, text.rfind(">") + 1)
    reader.feed(text[: unfinished.start()] if unfinished else text)
    reader.close()
    return cleaned(text, reader.build())


def declared_encoding(data: bytes) -> str | None:
    """What the page says of itself in its first kilobyte, where it has to."""
    match = _DECLARED.search(data[:1024])
    return known_encoding(match.group(1).decode("ascii", errors="replace")) if match else None


class _Reader(HTMLParser):
    """Fed once with the whole text. White space is taken as browsers show it: a run of it is one space."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = source
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", source))]
        self._builder = ProseBuilder(source)
        self._skipped: str | None = None  # the element whose content is left out,
        self._depth = 0  # how many of its name are open,
        self._mask_start: int | None = None  # and where it began, if it is inline code
        self._after_space = True
        self._at_block = False  # a paragraph ended since the last text,
        self._line_break: Span | None = None  # or a line

    def build(self) -> Prose:
        self._end_inline_code(len(self._source))
        return self._builder.build()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._here()
        if tag in _BLOCKS or tag in _SKIPPED:
            self._end_inline_code(start)
        if self._skipped:
            self._depth += tag == self._skipped
        elif tag in _SKIPPED or tag in INLINE_CODE:
            self._skipped, self._depth = tag, 1
            self._mask_start = start if tag in INLINE_CODE else None
            if tag in _SKIPPED:
                self._break_block()
        elif tag in _BLOCKS:
            self._break_block()
        elif tag == "br":
            self._break_line(start, start + len(self.get_starttag_text() or ""))

    def handle_endtag(self, tag: str) -> None:
        start = self._here()
        if tag in _BLOCKS:
            self._end_inline_code(start)
        if self._skipped == tag:
            self._depth -= 1
            if not self._depth:
                self._end_skipped(self._source.find(">", start) + 1 or len(self._source))
        elif not self._skipped and tag in _BLOCKS:
            self._break_block()

    def handle_data(self, data: str) -> None:
        start = self._here()
        if self._skipped or not self._source.startswith(data, start):
            return
        end = start + len(data)
        if self._after_space:
            start += len(data) - len(data.lstrip(_SPACE))
        if start == end:
            return
        self._join()
        for gap in _SPACES.finditer(self._source, start, end):
            self._builder.copy(start, gap.start())
            self._builder.replace(" ", *gap.span())
            start = gap.end()
        self._builder.copy(start, end)
        self._after_space = data[-1] in _SPACE

    def handle_entityref(self, name: str) -> None:
        self._character("&" + name)

    def handle_charref(self, name: str) -> None:
        self._character("&#" + name)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:  # `<![nonsense]>`, which browsers take for a comment
            return int(self.parse_bogus_comment(i))

    def _character(self, reference: str) -> None:
        start = self._here()
        end = start + len(reference)
        end += self._source.startswith(";", end)
        text = html.unescape(self._source[start:end])
        if self._skipped:
            return
        if text in {"\xa0", "\t", "\n"}:
            text = " "
        if self._after_space and text == " ":
            return
        self._join()
        self._builder.replace(text, start, end) if len(text) < end - start else self._builder.copy(start, end)
        self._after_space = text == " "

    def _break_block(self) -> None:
        self._at_block, self._line_break, self._after_space = True, None, True

    def _break_line(self, start: int, end: int) -> None:
        """Two in a row are how some people make paragraphs."""
        if self._line_break:
            self._break_block()
        elif not self._at_block:
            self._line_break, self._after_space = Span(start, end), True

    def _join(self) -> None:
        """Running text goes on: write down what was between."""
        if self._at_block:
            self._builder.break_block()
        elif self._line_break:
            self._builder.replace("\n", *self._line_break)
        self._at_block, self._line_break = False, None

    def _end_inline_code(self, end: int) -> None:
        if self._mask_start is not None:
            self._end_skipped(end)

    def _end_skipped(self, end: int) -> None:
        if self._mask_start is None:
            self._break_block()
        elif end > self._mask_start:
            self._join()
            self._builder.replace(MASK, self._mask_start, end)
            self._after_space = False
        self._skipped, self._depth, self._mask_start = None, 0, None

    def _here(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column
