"""Offsets in code points and the positions of an editor: lines from 0, and columns in units of an encoding."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

Position = tuple[int, int]  # line and column, both from 0

# What the protocol takes for the end of a line. Other characters at which Python splits lines (form feed, U+2028) end none.
_LINE_END = re.compile(r"\r\n|\r|\n")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")  # two units each in UTF-16
_WIDTHS: dict[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text) + len(_BEYOND.findall(text)),
    "utf-32": len,
}


class Positions:
    """Converts between offsets in a text and positions; `encoding` is utf-8, utf-16 or utf-32.

    >>> positions = Positions("a\\r\\n🙂b", "utf-16")
    >>> positions.position(4), positions.offset((1, 2)), positions.position(5)
    ((1, 2), 4, (1, 3))
    """

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self._text = text
        self._width = _WIDTHS[encoding]
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def position(self, offset: int) -> Position:
        """Return the position of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return line, self._width(self._text[self._starts[line] : offset])

    def offset(self, position: Position) -> int:
        """Return the offset of a position; one beyond a line's end is there, one beyond the text at its end."""
        line, column = position
        if line >= len(self._starts):
            return len(self._text)
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        content = self._text[start:end].rstrip("\r\n")
        for length in range(min(column, len(content)), -1, -1):
            if self._width(content[:length]) <= column:
                return start + length
        return start
