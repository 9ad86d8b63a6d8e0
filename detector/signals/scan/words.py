"""Words as the first stage reads them: a number for the word, and one for how it is written and what stands before it.

A word here has no hyphens or points inside (`re-elected` is two words), so that a cut hyphen or a swapped half can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]

WORD = re.compile(r"([^\W_]+(?:['’][^\W_]+)*)")
SUFFIXES = 4096  # numbers shared by the words that are not in the vocabulary, by their ends
_SUFFIX_LENGTH, _LONGEST = 3, 12  # letters
_DIGIT = re.compile(r"\d")

_LOWER, _TITLE, _UPPER, _MIXED = range(4)
CASES = 4

#: What stands before a word; the numbers are those of the model's file.
_SPACE, _START, _COMMA, _STOP, _COLON, _OPENING, _CLOSING, _HYPHEN, _DASH, _LOOSE, _OTHER = range(11)
GAPS = 11
STYLES = CASES * GAPS
_LOOSE_MARK = re.compile(r"\s[,.;:!?’'”)\]]|[“‘(\[]\s|[-‐]\s|\s[-‐]\S?$")
_HYPHENS = ("-", "‐", "‑")
_MARKS = (
    (_STOP, ".!?…"), (_COLON, ":;"), (_COMMA, ","), (_OPENING, "“‘(["), (_CLOSING, "”’)]"),
    (_OPENING, '"'), (_DASH, "-–—"),
)  # fmt: skip
_MOST_KEPT = 200_000  # surfaces whose numbers are kept; a corpus has millions that stand there once


class Vocabulary:
    """Numbers words: `forms` come first, in their order, then `SUFFIXES` numbers for all other words.

    Thread-safe and fork-safe: what it remembers are results that are always the same.
    """

    def __init__(self, forms: Sequence[str]) -> None:
        self.forms = tuple(forms)
        self._numbers = {form: number for number, form in enumerate(self.forms)}
        self._surfaces = _Remembered(self._code)
        self._gaps = _Remembered(classify_gap)

    def __len__(self) -> int:
        return len(self.forms) + SUFFIXES

    def __reduce__(self) -> tuple[object, ...]:
        return Vocabulary, (self.forms,)

    def number(self, form: str) -> int:
        """Return the number of a word in small letters (`normalise`)."""
        known = self._numbers.get(form)
        return known if known is not None else len(self.forms) + suffix(form)

    def read(self, text: str) -> tuple[Ids, Ids]:
        """Return the number and the style of each word of a text, in order."""
        parts = WORD.split(text)
        count = len(parts) // 2
        codes = np.fromiter(map(self._surfaces.__getitem__, parts[1::2]), np.int32, count)
        gaps = np.fromiter(map(self._gaps.__getitem__, parts[0:-1:2]), np.int32, count)
        if count:
            gaps[0] = _START
        return codes >> 2, gaps * CASES + (codes & 3)

    def _code(self, surface: str) -> int:
        return self.number(normalise(surface)) << 2 | case_of(surface)


class _Remembered(dict[str, int]):
    """Remembers what a function returns, for a bounded number of strings."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: str) -> int:
        value: int = self._function(key)  # type: ignore[operator]
        if len(self) < _MOST_KEPT:
            self[key] = value
        return value


def normalise(surface: str) -> str:
    """Return a word in small letters, with straight apostrophes and 0 for every digit."""
    return _DIGIT.sub("0", surface.lower().replace("’", "'"))


def suffix(form: str) -> int:
    """Return the number, below `SUFFIXES`, that a word shares with others of its end and length."""
    return crc32(f"{min(len(form), _LONGEST)}{form[-_SUFFIX_LENGTH:]}".encode(errors="replace")) % SUFFIXES


def case_of(surface: str) -> int:
    if surface.islower():
        return _LOWER
    if surface[:1].isupper() and (len(surface) == 1 or surface[1:].islower()):
        return _TITLE
    return _UPPER if surface.isupper() else _MIXED


def classify_gap(gap: str) -> int:
    """Return the class of what stands between two words."""
    if gap == " ":
        return _SPACE
    if "\n" in gap:
        return _START
    marks = gap.strip()
    if _LOOSE_MARK.search(gap) or (marks in _HYPHENS and gap != marks):
        return _LOOSE
    if marks in _HYPHENS:
        return _HYPHEN
    return next((number for number, some in _MARKS if any(mark in some for mark in marks)), _OTHER)


def surfaces(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text with their places."""
    return WORD.finditer(text)


def most_frequent(counts: Iterable[tuple[str, int]], size: int) -> list[str]:
    """Return the `size` most frequent forms, in a fixed order."""
    return [form for form, _ in sorted(counts, key=lambda item: (-item[1], item[0]))[:size]]
