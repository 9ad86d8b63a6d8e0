"""Where tags and expressions of JSX end, as in MDX: they hold strings and expressions, which hold braces."""

from __future__ import annotations

import re

_LONGEST = 5_000  # characters
_TOKEN = re.compile(r"""\\.|"[^"\n]*"|'[^'\n]*'|`[^`]*`|[{}\[\]>]|=>""", re.DOTALL)
_OPENING = {"}": "{", "]": "["}


def jsx_end(text: str, start: int, closing: str) -> int:
    """Return the offset behind the `closing` bracket (`}`, `]` or `>`) of what begins before `start`; 0 if there is none near.

    >>> jsx_end("<A b={x => y}>", 2, ">")
    14
    """
    opened: list[str] = []
    for match in _TOKEN.finditer(text, start, start + _LONGEST):
        token = match.group()
        if token == closing and not opened:
            return match.end()
        if token in ("{", "["):
            opened.append(token)
        elif token in _OPENING and (not opened or opened.pop() != _OPENING[token]):
            return 0
    return 0
