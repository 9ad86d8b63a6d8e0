"""Markup in plain text (reStructuredText, LaTeX, Org): what is left out, and what stands for what, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.text.left_out import Tally, notes
from detector.text.masking import Edit, changes, edit
from detector.text.offsets import Prose
from detector.text.segments import WORD

ProseAndNotes = tuple[Prose, tuple[str, ...]]


def edited_prose(text: str, edits: Iterable[Edit], tally: Tally) -> ProseAndNotes:
    """Return the prose of a text with these edits made, and with what changes in every format; and notes on what is left out.

    The edits may come in any order. Of two that overlap, the one that begins first counts, or the longer one.
    """
    if not text:
        return Prose("", ()), ()
    prose = edit(text, Prose.verbatim(text), before_changes(text, sorted(edits, key=lambda e: (e.start, -e.end))))
    prose = Prose(prose.text, prose.pieces, tally.result())
    return prose, notes(prose.left_out, len(WORD.findall(prose.text)))


def before_changes(text: str, edits: Iterable[Edit]) -> Iterator[Edit]:
    """Merge edits, which are in order, with what changes in every format; where both would, the edits count."""
    following = iter(_apart(edits))
    next_edit = next(following, None)
    for change in changes(text):
        while next_edit and next_edit.end <= change.start:
            yield next_edit
            next_edit = next(following, None)
        if next_edit is None or change.end <= next_edit.start:
            yield change
    while next_edit:
        yield next_edit
        next_edit = next(following, None)


def _apart(edits: Iterable[Edit]) -> Iterator[Edit]:
    end = 0
    for change in edits:
        if change.start >= end and change.end > change.start:
            yield change
            end = change.end
