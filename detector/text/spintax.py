"""Spintax: the choices of an article spinner, as in `{many|a lot of} people {love|adore} trains`.

A spinner takes one choice of each group. Text in which the groups were left in was made for one. The prose of such a text
has the first choice of each group.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from detector.text.offsets import Span
from detector.text.small_words import share, words_of

_TOKEN = re.compile(r"[{|}]|\n[ \t\r]*\n")
_LONGEST = 5_000  # characters of a group: a spinner's choices may be paragraphs
# What stands before and after braces of code, LaTeX, templates and regular expressions, and what stands within.
_CODE_BEFORE = re.compile(r"[\w\\$^%#@=/\])>{}]")
_CODE_AFTER = re.compile(r"[}*+=]")
_CODE_WITHIN = re.compile(r"[\\=<>;`^_\[\]@#*]|\$[A-Za-z]|\|\||\w\.\w+\s*\||\(\)|&&")
_SET = re.compile(r"\{\s*[A-Za-z]\s+\|")  # of all x for which something holds
_WORD = re.compile(r"[^\W\d_]{2,}")
_SMALL_WORDS_IN_PROSE = 0.14  # as in the gates
_AROUND = 200  # characters on either side of a group in which the small words are counted

# Choices that are left to the reader of a form, a manual or the description of a program.
_LEFT_TO_READERS = frozenset(
    words_of(
        "he she they him her them his hers their theirs himself herself i we me us my our you your is are am was were has have"
        " mr mrs ms miss sir madam dr yes no on off true false and or not none null undefined nil male female"
        " start stop restart reload status enable disable enabled disabled add remove rename get set show list create delete"
        " update up down left right top bottom open close read write all default auto always never low medium high install"
        " uninstall upgrade build run test string number boolean object array function int integer float double bool str dict"
        " tuple any void date promise element node char long byte a"
    )
)
_FILTERS = frozenset(  # of templates: `{name|upper}`
    words_of(
        "escape upper lower uppercase lowercase capitalize default safe raw trim date format title plural json length join"
        " truncate nl2br strip url html e number currency translate trans round"
    )
)


class Group(NamedTuple):
    """One group: its span, and the spans of its choices, in the text that was searched. Groups may lie in one another."""

    start: int
    end: int
    choices: tuple[Span, ...]

    @property
    def chosen(self) -> Span:
        """The first choice that is not empty."""
        return next((choice for choice in self.choices if choice.end > choice.start), self.choices[0])


def groups(text: str) -> list[Group]:
    """Return the groups of choices between words, in the order of their beginnings.

    Set notation, LaTeX, templates, regular expressions and code have groups of the same shape; they are not returned.

    >>> [text[slice(*group.chosen)] for text in ["a {big|{large|huge}} dog"] for group in groups(text)]
    ['big']
    """
    if "{" not in text or "|" not in text:
        return []
    by_start: dict[int, Group] = {}  # by their beginnings
    opened: list[list[int]] = []  # the beginning and the bars of each open group
    last = -1  # the beginning of the group that was closed last
    for match in _TOKEN.finditer(text):
        at, token = match.start(), match.group()
        if token == "{":
            opened.append([at])
        elif token == "|":
            if opened:
                opened[-1].append(at)
        elif token != "}":
            opened.clear()
        elif opened:
            edges = [*opened.pop(), at]
            follows = last in by_start and by_start[last].end == edges[0]
            if len(edges) > 2 and _is_group(text, edges[0], at + 1, within=bool(opened), follows=follows):
                choices = tuple(Span(a + 1, b) for a, b in pairwise(edges))
                by_start[edges[0]] = Group(edges[0], at + 1, choices)
                last = edges[0]
            else:  # `{{ name|upper }}`: what touches both braces is no group either
                by_start.pop(edges[0] + 1, None)
                if last in by_start and by_start[last].end == at:
                    del by_start[last]
    return _not_within_others(sorted(by_start.values()))


def _is_group(text: str, start: int, end: int, *, within: bool, follows: bool) -> bool:
    """Tell whether this is a group of choices. It may be `within` an open group, or `follow` one without a space."""
    if end - start > _LONGEST:
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    if _CODE_BEFORE.match(before) and not follows and not (within and before == "{"):
        return False
    if _CODE_AFTER.match(after) and not (within and after == "}"):
        return False
    return _holds_words(text, start, end)


def _holds_words(text: str, start: int, end: int) -> bool:
    content = text[start + 1 : end - 1]
    if _CODE_WITHIN.search(content) or _SET.match(text, start) or not _WORD.search(content):
        return False
    return content.isascii() or not any(unicodedata.category(c) == "Sm" for c in content if not c.isascii())


def _not_within_others(groups: list[Group]) -> list[Group]:
    """Leave out the groups within choices that are not taken."""
    taken: list[Group] = []
    around: list[Group] = []
    for group in groups:
        while around and around[-1].end <= group.start:
            around.pop()
        if not around or around[-1].chosen.start <= group.start < around[-1].chosen.end:
            taken.append(group)
            around.append(group)
    return taken


def not_chosen(groups: list[Group]) -> list[Span]:
    """Return, in order, the spans that are left out when the first choice of each group is read."""
    spans = [Span(g.start, g.chosen.start) for g in groups] + [Span(g.chosen.end, g.end) for g in groups]
    return sorted(span for span in spans if span.end > span.start)


def is_evidence(text: str, group: Group) -> bool:
    """Tell whether a group offers words in place of others within prose, as only a spinner needs it."""
    choices = [words_of(text[choice.start : choice.end]) for choice in group.choices]
    if all(word in _LEFT_TO_READERS for choice in choices for word in choice):
        return False
    if len(choices[0]) == 1 and all(len(choice) == 1 and choice[0] in _FILTERS for choice in choices[1:]):
        return False
    around = text[max(0, group.start - _AROUND) : group.start] + " " + text[group.end : group.end + _AROUND]
    return share(words_of(around)) >= _SMALL_WORDS_IN_PROSE
