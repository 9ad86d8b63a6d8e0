"""Masking: what is taken out of prose, whatever the format it was written in.

What stands in the middle of a sentence but is no prose (a URL, an e-mail address, inline code) is *masked*: one `…`
stands for the whole of it, so that the sentence around it still reads as one and no word of it can be scored. A
signal may still raise a finding that reaches across a mask; `covers_mask` tells, so that it can be dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from detector.document import Document, Prose, ProseBuilder, Span

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


class Edit(NamedTuple):
    """A change to prose: `prose[start:end]` becomes `text`, or, with `drop`, the end of a paragraph."""

    start: int
    end: int
    drop: bool = False
    text: str = MASK


def mask_addresses(source: str, prose: Prose) -> Prose:
    """The same prose with its URLs and e-mail addresses masked."""
    return edit(source, prose, (Edit(*span) for span in addresses(prose.text)))


def addresses(text: str) -> Iterator[Span]:
    """URLs, e-mail addresses and DOIs, without the punctuation of the sentence they end."""
    for token in _TOKEN.finditer(text):
        if not _HINT.search(token.group()):
            continue
        for match in _ADDRESS.finditer(text, *token.span()):
            end = _without_trailing(text, *match.span())
            if end - match.start() > len(MASK):
                yield Span(match.start(), end)


def _without_trailing(text: str, start: int, end: int) -> int:
    """A closing bracket belongs to the address when it was opened there: `/wiki/Seal_(emblem)`."""
    unopened = {last: text.count(last, start, end) - text.count(first, start, end) for last, first in _PAIRS.items()}
    while end > start and (last := text[end - 1]) in _TRAILING:
        if last in _PAIRS:
            if unopened[last] <= 0:
                break
            unopened[last] -= 1
        end -= 1
    return end


def edit(source: str, prose: Prose, edits: Iterable[Edit]) -> Prose:
    """Prose with edits made; they are in order and do not overlap."""
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


def covers_mask(document: Document, start: int, end: int) -> bool:
    """Does `document.text[start:end]` reach into something that was masked?"""
    return any(
        piece.source_start < end and start < piece.source_end
        for piece in document.prose.pieces
        if not piece.verbatim and document.prose.text[piece.prose_start : piece.prose_end] == MASK
    )
