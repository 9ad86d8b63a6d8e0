"""Telling HTML from plain text where nobody said which it is."""

from __future__ import annotations

import re

_LOOKED_AT = 100_000  # characters; a page shows what it is early
_DOCUMENT = re.compile(
    r"\s*(?:<!doctype\s+html\b|<\?xml\b[^>]{0,200}\?>\s*<!doctype\s+html\b|<html[\s>])", re.IGNORECASE
)
# Elements that hold running text or group what does. Inline ones (<b>, <i>, <a>, <code>) also stand in plain text.
_BLOCK_TAG = re.compile(
    r"<(/?)(p|div|ul|ol|li|dl|dd|dt|blockquote|h[1-6]|table|tbody|tr|td|th|section|article|header|footer|main|aside|figure"
    r"|body|center|pre|details|summary)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Tell whether a text is HTML: it says so at its beginning, or block elements are opened and closed around its text.

    Prose about HTML names a tag here and there; plain text and Markdown may hold inline tags. Neither is HTML: a block
    element must be closed after words of its own, and the text must begin with a tag or have more than one such block.
    """
    if "<" not in text:
        return False
    if _DOCUMENT.match(text):
        return True
    return _begins_with_block(text[:_LOOKED_AT])


def _begins_with_block(text: str) -> bool:
    opened: dict[str, int] = {}
    closed = 0
    for match in _BLOCK_TAG.finditer(text):
        name = match.group(2).lower()
        if not match.group(1):
            opened[name] = match.end()
        elif name in opened:
            start = opened.pop(name)
            closed += bool(re.search(r"\w", text[start : match.start()]))
    return closed > 0 and (closed > 1 or text.lstrip().startswith("<"))
