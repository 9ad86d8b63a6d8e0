"""Telling HTML from plain text where nobody said which it is."""

from __future__ import annotations

import re

_LOOKED_AT = 100_000  # characters; a page shows what it is early
_DOCUMENT = re.compile(
    r"\s*(?:<\?xml\b[^>]{0,200}\?>\s*|<!--.{0,2000}?-->\s*){0,3}(?:<!doctype\s+html\b|<html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
# Elements that hold running text or group what does. Inline ones (<b>, <i>, <a>, <code>) also stand in plain text.
_BLOCK_TAG = re.compile(
    r"<(/?)(p|div|ul|ol|li|dl|dd|dt|blockquote|h[1-6]|table|tbody|tr|td|th|section|article|header|footer|main|aside|figure"
    r"|body|center|pre|br)"
    r"(?:\s(?:[^<>\"']|\"[^\"<]{0,1000}\"|'[^'<]{0,1000}'){0,1000})?/?>",
    re.IGNORECASE,
)
_NEED_NO_END = frozenset(("p", "li", "dd", "dt", "td", "th", "tr"))
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|[-*+] \S|\d+\. \S|```|> \S)|\*\*\w|\]\(\S", re.MULTILINE)
_BEGINS, _SENTENCE_END = re.compile(r"(?:\A|[\r\n>])\Z"), re.compile(r"[.!?:…][\"”’')\]]*\Z")
_LETTER = re.compile(r"[^\W\d_]")


def looks_like_html(text: str) -> bool:
    """Tell whether a text is HTML: it says so at its beginning, or nearly all of its text stands in block elements.

    Prose about HTML names tags here and there, tutorials show short pages, plain text and Markdown may hold elements: none
    of them is HTML.
    """
    if "<" not in text:
        return False
    if _DOCUMENT.match(text):
        return True
    text = text[:_LOOKED_AT]
    tags = list(_BLOCK_TAG.finditer(text))
    return bool(tags) and _is_marked_up(text, tags) and not _has_text_outside(text, tags)


def _is_marked_up(text: str, tags: list[re.Match[str]]) -> bool:
    """Tell whether elements are closed, or begin lines, around words; or breaks end lines."""
    opened: dict[str, int] = {}
    closed = begun = breaks = 0
    for tag in tags:
        name = tag.group(2).lower()
        if name == "br":
            breaks += bool(_LETTER.search(text, max(0, tag.start() - 200), tag.start()))
        elif not tag.group(1):
            opened[name] = tag.end()
            begun += name in _NEED_NO_END and bool(_BEGINS.search(text, max(0, tag.start() - 2), tag.start()))
            begun += name == "p" and _divides(text, tag)
        elif name in opened:
            closed += bool(_LETTER.search(text, opened.pop(name), tag.start()))
    return closed > 0 or begun > 1 or breaks > 1


def _divides(text: str, tag: re.Match[str]) -> bool:
    """Tell whether a tag stands between two sentences without a space, as no tag does that is only named."""
    before, after = text[max(0, tag.start() - 3) : tag.start()], text[tag.end() : tag.end() + 1]
    return (
        bool(_SENTENCE_END.search(before))
        and bool(after)
        and (after.isupper() or after.isdigit() or after in "&<\"“'(")
    )


def _has_text_outside(text: str, tags: list[re.Match[str]]) -> bool:
    """Tell whether much text stands before the first block tag, or looks like Markdown, or begins paragraphs of its own."""
    paragraphs = [paragraph for paragraph in re.split(r"\n[ \t]*\r?\n", text) if paragraph.strip()]
    own = sum(not _BLOCK_TAG.search(paragraph) and bool(_LETTER.search(paragraph)) for paragraph in paragraphs)
    if own > len(paragraphs) / 3:
        return True
    outside = _BLOCK_TAG.sub("\n", text)
    if _MARKDOWN.search(outside) and own:
        return True
    # Prose that names tags has words in the lines before and after them.
    named = sum(
        bool(re.search(r"[^\W\d_][^<>\n]* \Z", text[max(0, tag.start() - 40) : tag.start()]))
        and bool(re.match(r"[ ,.;:)]+[^\W\d_]|[.,;:)]", text[tag.end() : tag.end() + 3]))
        for tag in tags
        if tag.group(2).lower() != "br"
    )
    return named > len(tags) / 4
