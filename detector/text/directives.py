"""Where directives for this program stand in a text: comments that say what is to be ignored (`detector.policy`).

    <!-- detector: ignore-next -- a reason -->    Markdown, HTML, notebooks; in plain text in a line of its own
    {/* detector: ignore-next -- a reason */}     MDX
    .. detector: ignore-next -- a reason          reStructuredText
    % detector: ignore-next -- a reason           LaTeX
    # detector: ignore-next -- a reason           plain text: a line of its own; also after //, ;, % or nothing

The readers of formats with comments leave them out as they leave out every comment; the reader of plain text leaves out these
lines. So no directive reaches the prose, and all other offsets are what they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from detector.text.offsets import Span

_MARK = re.compile(r"detector[ \t]*(?::|[ \t]ignore)", re.IGNORECASE)
# What only looks like one (no colon, capital letters) is found, too, so that its writer is told of it.
_NEARLY = r"detector[ \t]*(?::[ \t]*ignore\b|[ \t]ignore(?:-(?:next|begin|end|file)\b|[ \t]+[\"“]))"
_START = rf"(?:detector:|(?=(?i:{_NEARLY})))"
_COMMENT = rf"<!--\s*{_START}(?P<html>(?:(?!-->).)*)-->"
_MDX = rf"\{{/\*\s*{_START}(?P<mdx>(?:(?!\*/\}}).)*)\*/\}}"
_BY_FORMAT = {
    "html": re.compile(_COMMENT, re.DOTALL),
    "markdown": re.compile(f"{_COMMENT}|{_MDX}", re.DOTALL),
    "notebook": re.compile(rf"<!--[ \t]*{_START}(?P<html>(?:(?!-->)[^\n])*)-->"),
    "rst": re.compile(rf"^[ \t]*\.\.[ \t]+{_START}(?P<line>[^\n]*)$", re.MULTILINE),
    "latex": re.compile(rf"(?<!\\)%+[ \t]*{_START}(?P<line>[^\n]*)$", re.MULTILINE),
}
_BY_FORMAT["page"] = _BY_FORMAT["html"]
#: A line of plain text that is a directive and nothing else. The verb is asked for: prose may begin with `detector:`.
LINE = re.compile(
    r"^[ \t]*(?:<!--[ \t]*detector:(?P<html>[ \t]*ignore(?:(?!-->)[^\n])*)-->[ \t]*"
    r"|(?:(?:\#|//|;|%|NOTE)[ \t]*)?detector:(?P<line>[ \t]*ignore(?:-\w+)?(?:[ \t][^\n]*)?))\r?$",
    re.MULTILINE,
)
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n[ \t\r]*\n).)*?(?<!`)\1(?!`)", re.DOTALL)


class Directive(NamedTuple):
    """A directive: its span in the text (code points), and what it says."""

    span: Span
    says: str


def find_directives(text: str, format: str) -> Iterator[Directive]:
    """Yield the directives of a text in order. Those that Markdown shows as code are none."""
    if _MARK.search(text) is None:
        return
    pattern = _BY_FORMAT.get(format)
    if pattern is None:
        from detector.text.looks import looks_like_html

        pattern = _BY_FORMAT["html"] if format == "auto" and looks_like_html(text) else LINE
    code = list(_code(text)) if format == "markdown" else []
    for match in pattern.finditer(text):
        if any(start <= match.start() < end for start, end in code):
            continue
        says = next(part for part in match.groups() if part is not None).strip()
        if format == "notebook":  # the text is JSON, and the comment stands in a string
            says = says.replace('\\"', '"').replace("\\\\", "\\")
        yield Directive(Span(*match.span()), says)


def _code(text: str) -> Iterator[Span]:
    """Yield the spans of fenced blocks and of code between backticks in Markdown."""
    at, opened = 0, None
    for fence in _FENCE.finditer(text):
        mark = fence[1]
        if opened is None:
            yield from (Span(*code.span()) for code in _CODE_SPAN.finditer(text, at, fence.start()))
            opened = fence
        elif mark[0] == opened[1][0] and len(mark) >= len(opened[1]) and fence.group().strip() == mark:
            yield Span(opened.start(), fence.end())
            at, opened = fence.end(), None
    if opened is not None:
        yield Span(opened.start(), len(text))
    else:
        yield from (Span(*code.span()) for code in _CODE_SPAN.finditer(text, at))
