"""Puts back what probably stood there: findings of swapped words become edits, and edits can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detector.report import Finding

SURE = 0.3  # share of the best suggestion below which a word is left as it is


@dataclass(frozen=True, slots=True)
class Edit:
    """`after` is put where `before` stands, at `start:end` of the text as it was given."""

    start: int
    end: int
    before: str
    after: str


def edits(findings: Iterable[Finding], sure: float = SURE) -> list[Edit]:
    """One edit for each finding of swapped words whose best suggestion has at least the share `sure`."""
    return [
        Edit(finding.start, finding.end, finding.text, finding.suggestions[0].text)
        for finding in sorted(findings, key=lambda finding: finding.start)
        if finding.signal == "wording" and finding.suggestions and finding.suggestions[0].score >= sure
    ]


def apply(text: str, changes: Sequence[Edit]) -> str:
    """The text with the edits made. They must be in order, apart, and made for this text; otherwise ValueError.

    >>> apply("an wings offer", [Edit(3, 14, "wings offer", "arms deal")])
    'an arms deal'
    """
    parts, position = [], 0
    for edit in changes:
        if edit.start < position or text[edit.start : edit.end] != edit.before:
            raise ValueError(f"the edit of {edit.before!r} at {edit.start} was not made for this text")
        parts += [text[position : edit.start], edit.after]
        position = edit.end
    return "".join(parts) + text[position:]


def reversed_edits(changes: Sequence[Edit]) -> list[Edit]:
    """Edits that lead from the edited text back.

    >>> reversed_edits([Edit(3, 14, "wings offer", "arms deal")])
    [Edit(start=3, end=12, before='arms deal', after='wings offer')]
    """
    back, moved = [], 0
    for edit in changes:
        start = edit.start + moved
        back.append(Edit(start, start + len(edit.after), edit.after, edit.before))
        moved += len(edit.after) - len(edit.before)
    return back
