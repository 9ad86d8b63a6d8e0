"""The copy of an HTML source that the parser is given: as long as it, with text that names its own offsets.

What a page never closes (a comment, a text field, an attribute) the standard reads to the end of the page. Authors forget
end tags and pages are cut; so the copy closes it, and what stands below is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape
from html.entities import html5
from typing import NamedTuple

from detector.text.left_out import Tally
from detector.text.small_words import share, words_of

WHITE_SPACE = " \t\n\f\r"

_WS = r"[ \t\n\f\r]"
# The states of the standard's tokenizer that tell text from tags. Quantifiers are possessive: the source is read once.
_TOKEN = re.compile(
    rf"""
      (?P<comment> <!--(?:-?>)?)
    | (?P<tag> </?[a-zA-Z][^ \t\n\f\r/>]*+
        (?:(?:{_WS}|/)++
         | [^ \t\n\f\r/>][^ \t\n\f\r/>=]*+
           (?:{_WS}*+={_WS}*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>]++)?+)?+
        )*+ (?:(?P<tag_end>>)|\Z))
    | (?P<bogus> <(?:[!?]|/(?=.))[^>]*+(?:>|\Z))
    | (?P<reference> &(?:\#(?:[0-9]++|[xX][0-9a-fA-F]++);?+ | [a-zA-Z][a-zA-Z0-9]{{0,40}}+;?+))
    | (?P<space> {_WS}++)
    | (?P<null> \0++)
    | (?P<text> (?:[^<& \t\n\f\r\0]++ | [<&]))
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_END = re.compile(r"--!?>")
TAG_NAME = re.compile(r"<(/?)([a-zA-Z][^ \t\n\f\r/>]*)")
_TAG_OF_TEXT = re.compile(
    r"</?(?:article|aside|blockquote|body|center|div|footer|h[1-6]|header|li|main|ol|p|section|table|td|tr|ul)(?=[\s/>])",
    re.IGNORECASE,
)
_HAS_ATTRIBUTE = re.compile(r"</?[a-zA-Z][^\s/>]*+(?:[\s/]++[\w:.@-]++){0,20}[\s/]*+=")
_SENTENCE_WORDS, _PROSE_SHARE = 10, 0.14  # of what stands behind a < that opens nothing
# Elements that hold characters only, up to their own end tag.
_RAW = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"))
#: What takes the place of an element that is never closed, and would hold the rest of the page.
_READ_ON = {
    **dict.fromkeys(("textarea", "title", "iframe", "noembed", "noframes", "noscript", "template"), "div"),
    "xmp": "pre",
    "math": "span",
    "svg": "bdi",
}
_END_TAG = {name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE) for name in _RAW | _READ_ON.keys()}
_START_TAG = {name: re.compile(rf"<{name}(?=[ \t\n\f\r/>])", re.IGNORECASE) for name in _RAW}
# Elements the standard opens again in the next paragraph where they were not closed. With attributes that differ there
# may be any number of them, and a small page becomes a huge tree; without there are three of each at most.
_REOPENED = frozenset(("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"))
_BREAKS_OUT = re.compile(r"(?<![^\s\"'/])(?:color|face|size)(?![^\s=/>])", re.IGNORECASE)  # <font color> ends <svg>
_PHP = re.compile(r"<\?(?:php\s|=)", re.IGNORECASE)
_SECTION, _SECTION_END = "<![CDATA[", "]]>"

FIRST, COUNT = 0x10000, 0x100000  # code points that name offsets, modulo their count


class Character(NamedTuple):
    """A character reference: where it ends, and what it stands for."""

    end: int
    text: str


@cache
def names() -> str:
    """Return the code points that name the offsets, in order."""
    return "".join(map(chr, range(FIRST, FIRST + COUNT)))


class MarkedSource:
    """The copy of a source, and where the source has references and white space; what code is left out is tallied."""

    def __init__(self, source: str, tally: Tally) -> None:
        self._source, self._tally = source, tally
        self.references: dict[int, Character] = {}
        self.reference_starts: list[int] = []
        self.space_starts: list[int] = []
        self.space_ends: list[int] = []
        self._end_tags: dict[
            str, int
        ] = {}  # where the next one of a name begins; at the end of the source there is none
        self._is_xml = source.lstrip("\ufeff" + WHITE_SPACE).startswith("<?xml")
        self._comment_end = -1  # of the comment read last; behind the end of the source if there is none any more
        self._section_end = -1  # of the CDATA section that is being read
        self._last_tag_end = source.rfind(">")
        self.copy = "".join(self._parts()).replace("\r\n", " \n").replace("\r", "\n")

    def _parts(self) -> Iterator[str]:
        source, position = self._source, 0
        handlers: dict[str, Callable[[int, str], tuple[int, str]]] = {
            "text": self._text,
            "space": lambda start, text: (start + len(text), self._space(start, start + len(text))),
            "reference": self._reference,
            "comment": self._comment,
            "bogus": self._bogus,
        }
        while match := _TOKEN.match(source, position):
            kind = match.lastgroup or ""
            if kind == "null":
                position, copied = match.end(), match.group()
            elif kind == "tag":
                position, copied = self._tag(match.start(), match.group(), is_closed=match["tag_end"] is not None)
            else:
                position, copied = handlers[kind](match.start(), match.group())
            yield copied

    def _text(self, start: int, text: str) -> tuple[int, str]:
        end = start + len(text)
        if text == "\ufeff" and not start:
            return end, " "  # a byte order mark is no text
        if start < self._section_end:
            section_end = text.find(_SECTION_END)
            if section_end == 0:
                return start + len(_SECTION_END), self._blank(start, start + len(_SECTION_END))
            if section_end > 0:
                end = start + section_end
        return end, self._named(start, end)

    def _space(self, start: int, end: int) -> str:
        self.space_starts.append(start)
        self.space_ends.append(end)
        return self._source[start:end]

    def _blank(self, start: int, end: int, text: str = " ") -> str:
        """Copy what is left out as a reference to white space."""
        self.references[start] = Character(end, text)
        self.reference_starts.append(start)
        self._space(start, end)
        return " " * (end - start)

    def _named(self, start: int, end: int) -> str:
        first, length = start % COUNT, end - start
        text = names()[first : first + length]
        while len(text) < length:
            text += names()[: length - len(text)]
        return text

    def _reference(self, start: int, text: str) -> tuple[int, str]:
        """Take in a character reference, or the text that looked like one."""
        if text[1] != "#" and text[1:] not in html5:
            length = next((n for n in range(len(text) - 1, 2, -1) if text[1:n] in html5), 0)
            if not length:
                return start + len(text), self._named(start, start + len(text))
            text = text[:length]
        end, character = start + len(text), unescape(text)
        if character in WHITE_SPACE:
            return end, self._blank(start, end, character)
        self.references[start] = Character(end, character)
        self.reference_starts.append(start)
        return end, self._named(start, end)

    def _comment(self, start: int, text: str) -> tuple[int, str]:
        """Copy a comment; of one that is never closed only what stands before the next tag is one."""
        if not text.endswith(">"):
            if self._comment_end < start:
                match = _COMMENT_END.search(self._source, start + len(text))
                self._comment_end = match.end() if match else len(self._source) + 1
            if self._comment_end > len(self._source):
                return self._unclosed_comment(start)
            text = self._source[start : self._comment_end]
        return start + len(text), text

    def _unclosed_comment(self, start: int) -> tuple[int, str]:
        tag, end = self._source.find("<", start + 1), self._source.find(">", start) + 1
        end = min((place for place in (tag, end) if place > 0), default=start + len("<!--"))
        return end, self._blank(start, end)

    def _bogus(self, start: int, text: str) -> tuple[int, str]:
        if self._is_xml and text.startswith(_SECTION):
            self._section_end = self._source.find(_SECTION_END, start) + 1
            end = start + len(_SECTION)
            return end, self._blank(start, end)
        if _PHP.match(text):  # left in a page; to the standard it ends at the first >
            code_end = self._source.find("?>", start) + len("?>")
            if code_end > start:
                return code_end, self._blank(start, code_end)
        if not text.endswith(">") and self._is_prose(text):
            return self._rest_as_text(start)
        return start + len(text), text

    def _tag(self, start: int, text: str, *, is_closed: bool) -> tuple[int, str]:
        if not is_closed:
            if start > self._last_tag_end:
                if not _HAS_ATTRIBUTE.match(text) and self._is_prose(text):
                    return self._rest_as_text(start)
                return start + len(text), text
            text = text[
                : text.index(">") + 1
            ]  # a quotation mark was never closed: the tag ends where it looks as if it did
            name = TAG_NAME.match(text)
            copied = text[: name.end()] if name else ""
            return self._element(start, text, copied + " " * (len(text) - len(copied) - 1) + ">")
        return self._element(start, text, self._tag_copy(text))

    def _tag_copy(self, text: str) -> str:
        match = TAG_NAME.match(text)
        name = match.group(2).lower() if match else ""
        if self._is_xml and text.endswith("/>") and not text.startswith("</"):
            return f"</{text[1:-2]}>"  # in XML the element ends here
        if name == "plaintext":  # in which tags would be text; pages that have one mean preformatted text
            return text.lower().replace("plaintext", "pre      ", 1)
        if match and name in _REOPENED and not match.group(1):
            kept = " color" if name == "font" and _BREAKS_OUT.search(text) else ""
            return text[: match.end()] + kept + " " * (len(text) - match.end() - len(kept) - 1) + ">"
        return text

    def _element(self, start: int, text: str, copied: str) -> tuple[int, str]:
        """Copy a tag, and with a start tag what holds characters only."""
        end, match = start + len(text), TAG_NAME.match(copied)
        name = match.group(2).lower() if match and not match.group(1) else ""
        if name not in _END_TAG:
            return end, copied
        closing = self._closing(name, end)
        if closing is not None and name in _RAW and not self._closes_itself(name, copied, end, closing):
            return closing, copied + self._source[end:closing]
        if name not in _RAW and (closing is not None or copied.endswith("/>")):
            return end, copied
        if name in _READ_ON:
            return end, f"<{_READ_ON[name].ljust(len(name))}{copied[1 + len(name) :]}"
        following = _TAG_OF_TEXT.search(self._source, end)  # of a script or a style sheet
        code_end = end if closing is not None else following.start() if following else len(self._source)
        self._tally.add("listing", len(self._source[end:code_end].split()))
        return code_end, self._blank(start, code_end)

    def _closing(self, name: str, position: int) -> int | None:
        """Return where the next end tag of this name begins, if there is one."""
        known = self._end_tags.get(name, -1)
        if known < position:
            match = _END_TAG[name].search(self._source, position)
            known = self._end_tags[name] = match.start() if match else len(self._source)
        return known if known < len(self._source) else None

    def _closes_itself(self, name: str, tag: str, end: int, closing: int) -> bool:
        """Tell whether `<script src="x"/>` is meant as in XML: another of the name begins before the next end tag."""
        return tag.endswith("/>") and _START_TAG[name].search(self._source, end, closing) is not None

    @staticmethod
    def _is_prose(text: str) -> bool:
        words = words_of(text)
        return len(words) >= _SENTENCE_WORDS and share(words) >= _PROSE_SHARE

    def _rest_as_text(self, start: int) -> tuple[int, str]:
        """Copy the rest of the source, in which no tag ends, as text."""
        parts: list[str] = []
        for match in re.finditer(rf"{_WS}++|[^{WHITE_SPACE}\0]++|\0++", self._source[start:]):
            first, last = start + match.start(), start + match.end()
            if match.group()[0] in WHITE_SPACE:
                parts.append(self._space(first, last))
            else:
                parts.append(match.group() if match.group()[0] == "\0" else self._named(first, last))
        return len(self._source), "".join(parts)
