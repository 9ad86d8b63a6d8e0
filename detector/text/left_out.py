"""What a reader leaves out, counted, so that a person learns of it where it matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

#: Names of what is left out, and their plurals.
_PLURALS = {
    "line of code": "lines of code",
    "row of a table": "rows of tables",
    "line of figures": "lines of figures",
    "time stamp": "time stamps",
    "table": "tables",
    "part of a table": "parts of tables",
    "listing": "listings",
    "formula": "formulas",
    "comment": "comments",
    "directive": "directives",
    "code cell": "code cells",
    "raw cell": "raw cells",
    "drawer": "drawers",
    "footnote": "footnotes",
    "menu": "menus",
    "banner": "banners",
    "footer": "footers",
    "form control": "form controls",
    "hidden part": "hidden parts",
    "deleted part": "deleted parts",
    "embedded part": "embedded parts",
    "note mark": "note marks",
    "shortcode": "shortcodes",
}
_FEW_WORDS = 40  # documents with fewer get no verdict, and the reason should be known
_MUCH = 0.1  # of the words


class LeftOut(NamedTuple):
    """Parts of one kind: its name in the singular, how many there are, and how many words stand in them."""

    what: str
    number: int
    words: int


class Tally:
    """Counts what is left out by kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._words: Counter[str] = Counter()

    def add(self, what: str, words: int) -> None:
        self._counts[what] += 1
        self._words[what] += words

    def result(self) -> tuple[LeftOut, ...]:
        return tuple(LeftOut(what, count, self._words[what]) for what, count in self._counts.items())


def describe(left_out: Iterable[LeftOut]) -> str:
    """Return the kinds and their counts in words.

    >>> describe([LeftOut("line of code", 3, 20), LeftOut("table", 1, 9)])
    '3 lines of code and 1 table'
    """
    names = [f"{part.number} {part.what if part.number == 1 else _PLURALS[part.what]}" for part in left_out]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def notes(left_out: Iterable[LeftOut], words: int) -> tuple[str, ...]:
    """Return a note on what was left out beside so many words of prose, if it is more than a tenth or the prose is short.

    >>> notes([LeftOut("line of code", 3, 20)], 100)
    ('3 lines of code were not read (20 words)',)
    >>> notes([LeftOut("line of code", 3, 20)], 1_000)
    ()
    """
    parts = [part for part in left_out if part.words]
    lost = sum(part.words for part in parts)
    if not lost or (words >= _FEW_WORDS and lost <= _MUCH * (words + lost)):
        return ()
    were = "was" if sum(part.number for part in parts) == 1 else "were"
    return (f"{describe(parts)} {were} not read ({lost} {'word' if lost == 1 else 'words'})",)
