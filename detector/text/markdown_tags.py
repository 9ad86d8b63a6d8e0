"""Elements of HTML within a paragraph of Markdown: what of them is read, masked or left out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from detector.text.html_elements import Treatment, is_note_mark, treatment
from detector.text.html_tree import tag_attributes
from detector.text.markdown_inline import Mark
from detector.text.masking import MASK

_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_MASKED = (Treatment.CODE, Treatment.FORMULA, Treatment.OBJECT)
_LEFT_OUT = (Treatment.HIDDEN, Treatment.DELETED, Treatment.UNSEEN)
_FOREIGN = frozenset({"math", "svg"})
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)


def with_elements(marks: list[Mark], content: str) -> Iterator[Mark]:
    """Make one mark of `<kbd>Ctrl</kbd>`, content and all; an element that is not closed is no more than its tag."""
    closing: dict[str, list[int]] = defaultdict(list)
    for number, mark in enumerate(marks):
        if (match := _TAG.match(mark.tag)) and match.group(1):
            closing[match.group(2).lower()].append(number)
    position = 0
    while position < len(marks):
        mark = marks[position]
        match = _TAG.match(mark.tag)
        position += 1
        if not match:
            yield mark
            continue
        name, is_end = match.group(2).lower(), bool(match.group(1))
        if name == "br":
            yield mark._replace(text=" ")
        elif name == "q":
            yield mark._replace(text="”" if is_end else "“")
        elif is_end or name in _VOID:
            yield mark
        else:
            ends = closing[name]
            next_end = bisect_left(ends, position)
            end = ends[next_end] if next_end < len(ends) else None
            text = None if end is None else _stands_for(mark, name, content, marks[end])
            if end is None or text is None:
                yield mark
            else:
                yield Mark(mark.start, marks[end].end, text)
                position = end + 1


def _stands_for(mark: Mark, name: str, content: str, end: Mark) -> str | None:
    """Return what replaces a whole element; None if its content is read."""
    if name in _FOREIGN:
        return MASK
    attributes = tag_attributes(mark.tag)
    kind = treatment(name, attributes)
    if kind in _MASKED:
        return MASK
    if kind in _LEFT_OUT:
        return ""
    if kind is Treatment.REFERENCE and end.start - mark.end <= 60:
        inner = re.sub(r"<[^>]*>", "", content[mark.end : end.start])
        if is_note_mark(name, attributes, inner, content[max(0, mark.start - 20) : mark.start]):
            return ""
    return None
