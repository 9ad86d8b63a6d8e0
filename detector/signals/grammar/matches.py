"""One schema for what either LanguageTool engine reports, and the way from its offsets to ours.

LanguageTool (Java) counts UTF-16 code units, the embedded rules (Rust) count UTF-8 bytes; everything in this program
counts code points. The first is settled before the text is sent (`replace_astral`), the second after it comes back.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import language_tool_python

MAX_REPLACEMENTS = 5  # the spelling rule alone offers up to forty

_MARKUP = re.compile(r"</?suggestion>")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a rule fired. `start` and `end` count code points of the text that was checked.

    `rule` and `category` are LanguageTool's identifiers (`EN_A_VS_AN`, `MISC`), `issue` is its ITS 2.0 issue type
    (`grammar`, `misspelling`, `typographical`, `style`, ...). `replacements` come best first.
    """

    start: int
    end: int
    rule: str
    category: str
    issue: str
    message: str
    replacements: tuple[str, ...] = ()

    def shifted(self, by: int) -> Match:
        """Return the same match in a text that has `by` code points more in front."""
        return replace(self, start=self.start + by, end=self.end + by)


def replace_surrogates(text: str) -> str:
    """Replace half surrogate pairs, which JSON can carry and UTF-8 can't, by the replacement character.

    >>> replace_surrogates("a\\ud83d b") == "a\\ufffd b"
    True
    """
    return _SURROGATES.sub("\ufffd", text)


def replace_astral(text: str) -> str:
    """Replace every character outside the Basic Multilingual Plane by one symbol inside it.

    In the result a UTF-16 code unit is a code point, so LanguageTool's offsets and lengths are ours. (The offsets
    that language-tool-python corrects by itself leave lengths in UTF-16 units.)

    >>> replace_astral("fine 😀 day")
    'fine ☺ day'
    """
    return _BEYOND_BMP.sub("☺", replace_surrogates(text))


class ByteOffsets:
    """Turns UTF-8 byte offsets into one text into code points.

    >>> ByteOffsets("é 😀 b").span(3, 4)  # the emoji
    (2, 3)
    """

    def __init__(self, text: str) -> None:
        self._ends = None if text.isascii() else list(accumulate(len(character.encode()) for character in text))

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Return the code points of `length` bytes from byte `start`; a character touched in part counts as a whole."""
        if self._ends is None:
            return start, start + length
        return bisect_right(self._ends, start), bisect_right(self._ends, start + length - 1) + 1


def read_languagetool(answer: Iterable[language_tool_python.Match], text: str) -> list[Match]:
    """Return the matches in what language-tool-python's `check` returned for `text`, which went through `replace_astral`."""
    matches = (
        _make_match(
            (item.offset, item.offset + item.error_length),
            rule=item.rule_id,
            category=item.category,
            issue=item.rule_issue_type,
            message=item.message,
            replacements=item.replacements,
        )
        for item in answer
    )
    return list(_keep_visible(text, matches))


def read_embedded(answer: Iterable[Mapping[str, Any]], text: str) -> list[Match]:
    """Return the matches in what the embedded engine's `check(text)` returned."""
    offsets = ByteOffsets(text)
    matches = (
        _make_match(
            offsets.span(item["offset"], item["length"]),
            rule=item["rule_id"],
            category=item["category_id"],
            issue=item["issue_type"],
            message=item["message"],
            replacements=item["suggestions"],
        )
        for item in answer
    )
    return list(_keep_visible(text, matches))


def _make_match(
    span: tuple[int, int], *, rule: str, category: str, issue: str, message: str, replacements: Iterable[str]
) -> Match:
    first = tuple(text for text, _ in zip(replacements, range(MAX_REPLACEMENTS), strict=False))
    return Match(*span, rule, category, issue, _MARKUP.sub("'", message).replace("''", "'"), first)


def _keep_visible(text: str, matches: Iterable[Match]) -> Iterator[Match]:
    """Yield the matches that cover some of the text: a few whole-text rules report an empty span, or the end."""
    return (match for match in matches if 0 <= match.start < match.end <= len(text))
