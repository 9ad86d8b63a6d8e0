"""Text of unknown origin, made safe to print: no escape sequence, no direction override, no lone surrogate."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline, line and paragraph separators, direction overrides and isolates, surrogates.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return the text with control characters escaped, which would act on a terminal; tabs and newlines stay.

    >>> print(printable("red: \x1b[31m [red] \ud800"))
    red: \x1b[31m [red] \ud800
    """
    return _UNSAFE.sub(_spell, text.replace("\r\n", "\n"))


def printable_line(text: str) -> str:
    r"""Return the printable text in one line, with runs of white space as one space.

    >>> printable_line("arms\n   deal")
    'arms deal'
    """
    return printable(" ".join(text.split()))


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
