"""Masking, and reading characters as a person sees them, in prose of every format.

What stands in the middle of a sentence but is no prose (a URL, an e-mail address, inline code) is *masked*: one `…`
stands for the whole of it, so that the sentence around it still reads as one and no word of it can be scored. A
signal may still raise a finding that reaches across a mask; `covers_mask` tells, so that it can be dropped.

Soft hyphens, ligatures and accents set apart from their letters make no difference to a person; to a program they end a word,
or make another one of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from heapq import merge
from typing import NamedTuple

from detector.text.offsets import Prose, ProseBuilder, Span
from detector.text.spintax import groups, not_chosen

MASK = "…"

# Quantifiers are possessive and runs are entered only at their beginning, so that a long line is read once.
_ADDRESS = re.compile(
    r"(?<![\w])(?:https?|ftp|file)://[^\s<>\"“”]++"
    r"|(?<![\w.])www\.[^\s<>\"“”]++"
    r"|(?<![\w.+@/-])(?:mailto:)?[\w.+-]++@[\w-]++(?:\.[\w-]++)++"
    r"|(?<![\w.@/-])[\w-]++(?:\.[\w-]++)++/[^\s<>\"“”]*+"
    r"|(?<![\w./])10\.\d{4,9}/[^\s<>\"“”]++",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\S+")
_HINT = re.compile(r"[@/]|www\.", re.IGNORECASE)
_TRAILING = ".,;:!?'’\"”)]}>*_"
_PAIRS = {")": "(", "]": "[", "}": "{"}
# Soft hyphens but those at the end of a line, which plain text deals with; zero-width spaces and joiners, marks of direction.
_UNSEEN = re.compile(r"(?:[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|\u00ad(?![ \t]*\r?\n))+")
_LIGATURE, _ACCENTED = re.compile(r"[\ufb00-\ufb06]"), re.compile(r"[^\W\d_][\u0300-\u036f]+")
_SIGN_LETTERS = 2  # of a word that a sign touches: in 20°C and B♭ it belongs to what stands beside it
_OPERATOR_LETTERS = 3  # x≤y, ∼pH
_CURRENCY_LETTERS = 4  # £bn, US€
_ARROWS = re.compile("[\u2190-\u21ff\u27f0-\u27ff\u2900-\u297f\u2b00-\u2bff]")
_BROKEN_ENCODING = frozenset("âÃÂï")  # UTF-8 that was read as Latin-1 has signs after these: they were letters


class Edit(NamedTuple):
    """A change to prose: `prose[start:end]` becomes `text`, or, with `drop`, the end of a paragraph."""

    start: int
    end: int
    drop: bool = False
    text: str = MASK


def cleaned(source: str, prose: Prose) -> Prose:
    """Return the prose with its URLs and e-mail addresses masked, and its characters as a person sees them."""
    return edit(source, prose, changes(prose.text))


def changes(text: str, more: Iterable[Edit] = ()) -> Iterator[Edit]:
    """Yield the edits for prose of every format, and `more`, in order; of two that overlap, the one that begins first."""
    end = 0
    choices = (Edit(*span, text="") for span in not_chosen(groups(text)))
    for change in merge((Edit(*span) for span in addresses(text)), _as_seen(text), choices, more):
        if change.start >= end:
            yield change
            end = change.end


def _as_seen(text: str) -> Iterator[Edit]:
    """Yield edits that leave out invisible characters, split ligatures and join combining accents to their letters."""
    if text.isascii():
        return
    unseen = (Edit(*match.span(), text="") for match in _UNSEEN.finditer(text))
    ligatures = (Edit(*m.span(), text=unicodedata.normalize("NFKC", m.group())) for m in _LIGATURE.finditer(text))
    accented = (Edit(*m.span(), text=unicodedata.normalize("NFC", m.group())) for m in _ACCENTED.finditer(text))
    composed = (change for change in accented if len(change.text) < change.end - change.start)
    yield from merge(unseen, ligatures, composed, _signs(text))


_SIGN_KINDS = {"Sm", "Sc", "So"}
_NO_SIGNS = {"\u00ac", *map(chr, range(0x24B6, 0x24EA))}
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_OTHERS = re.compile(r"[^\x00-\x7f\w\s]")  # neither ASCII nor a letter, digit or white space: some are signs


def _is_sign(character: str) -> bool:
    """Tell whether a character that is not in ASCII, where the tokenizer cuts by itself, is a sign of Unicode's category S.

    Accents that stand by themselves (Sk) are often apostrophes, `¬` is a hyphen of scans, and circled letters are letters:
    they are none.
    """
    return ord(character) in _SKIN_TONES or (
        unicodedata.category(character) in _SIGN_KINDS and character not in _NO_SIGNS
    )


@lru_cache(maxsize=256)
def _sign_pattern(signs: frozenset[str]) -> re.Pattern[str]:
    """Match some of these signs in a row, with what varies them."""
    characters = re.escape("".join(sorted(signs)))
    return re.compile(f"[{characters}][{characters}\ufe0e\ufe0f\u200d]*")


def _signs(text: str) -> Iterator[Edit]:
    """Yield edits that make white space of signs that touch a word: a bullet, an arrow or a trade mark is not part of it.

    Mathematical operators are so only before a word, and signs of currencies beside one that is no unit of theirs.
    """
    signs = frozenset(filter(_is_sign, set(_OTHERS.findall(text))))
    for match in _sign_pattern(signs).finditer(text) if signs else ():
        start, end = match.span()
        before = text[start - 1] if start else " "
        after = text[end] if end < len(text) else " "
        if before in _BROKEN_ENCODING or not (before.isalpha() or after.isalpha()):
            continue
        letters_before, letters_after = _letters(text, start, -1), _letters(text, end, 1)
        letters, between = max(letters_before, letters_after), before.isalnum() and after.isalnum()
        kind = unicodedata.category(text[start])
        if kind == "Sc":
            hides = letters >= _CURRENCY_LETTERS and not between
        elif kind == "Sm" and not _ARROWS.match(text, start):
            hides = letters_after >= _OPERATOR_LETTERS and not before.isalnum()
        else:
            shortest = min(letters_before, letters_after) if between else letters
            hides = shortest >= _SIGN_LETTERS and not (between and text[start] == "°")
        if hides:
            yield Edit(start, end, text=" " if between else "")


def _letters(text: str, position: int, step: int) -> int:
    """Count letters from a position on or back, as far as it matters."""
    count, at = 0, position if step > 0 else position - 1
    while 0 <= at < len(text) and count < _CURRENCY_LETTERS and text[at].isalpha():
        count, at = count + 1, at + step
    return count


def addresses(text: str) -> Iterator[Span]:
    """Yield the spans of URLs, e-mail addresses and DOIs, without the punctuation of the sentence."""
    for token in _TOKEN.finditer(text):
        if not _HINT.search(token.group()):
            continue
        for match in _ADDRESS.finditer(text, *token.span()):
            end = _without_trailing(text, *match.span())
            if end - match.start() > len(MASK):
                yield Span(match.start(), end)


def _without_trailing(text: str, start: int, end: int) -> int:
    """Return the end of an address without trailing punctuation. A bracket opened in it belongs to it: `/Seal_(emblem)`."""
    unopened = {last: text.count(last, start, end) - text.count(first, start, end) for last, first in _PAIRS.items()}
    while end > start and (last := text[end - 1]) in _TRAILING:
        if last in _PAIRS:
            if unopened[last] <= 0:
                break
            unopened[last] -= 1
        end -= 1
    return end


def edit(source: str, prose: Prose, edits: Iterable[Edit]) -> Prose:
    """Return the prose with the edits made, which are in order and do not overlap."""
    changes = tuple(edits)
    if not changes:
        return prose
    builder = ProseBuilder(source)
    carry = _Carrier(source, prose, builder)
    for change in changes:
        carry.up_to(change.start)
        if change.drop:
            builder.break_block()
        else:
            builder.replace(change.text, *prose.locate(change.start, change.end))
        carry.skip_to(change.end)
    carry.up_to(len(prose.text))
    return builder.build()


class _Carrier:
    """Carries stretches of one prose over into another, in order."""

    def __init__(self, source: str, prose: Prose, builder: ProseBuilder) -> None:
        self._text, self._pieces, self._builder = prose.text, prose.pieces, builder
        self._next = self._position = 0

    def skip_to(self, position: int) -> None:
        self._position = position

    def up_to(self, end: int) -> None:
        while self._position < end:
            piece = self._pieces[self._next]
            if piece.prose_end <= self._position:
                self._next += 1
                continue
            stop = min(end, piece.prose_end)
            if piece.verbatim:
                shift = piece.source_start - piece.prose_start
                self._builder.copy(self._position + shift, stop + shift)
            else:
                self._builder.replace(self._text[self._position : stop], piece.source_start, piece.source_end)
            self._position = stop


def covers_mask(prose: Prose, start: int, end: int) -> bool:
    """Tell whether these code points of the text that prose is of overlap something that was masked."""
    return any(
        piece.source_start < end and start < piece.source_end
        for piece in prose.pieces
        if not piece.verbatim and prose.text[piece.prose_start : piece.prose_end] == MASK
    )
