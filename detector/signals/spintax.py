"""Choices of an article spinner that were left in the text: `{many|a lot of} people {love|adore} trains`.

Only text for a spinner is written so. These choices need no model and no threshold except their number. The other
signals read the text with the first choice of each group (`detector.text.spintax`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from detector.report import Finding, Status, Suggestion
from detector.rules import RULES
from detector.signals import Hit, Measurement, rate
from detector.text.document import Document
from detector.text.spintax import Group, groups, is_evidence

RULE = "SPINTAX"
GROUPS = "spintax.groups"
FEATURES = (rate(GROUPS, "choices of a spinner, as in {big|large}, that were left in"),)
_LONGEST_SHOWN = 60  # characters of a group


class SpintaxSignal:
    """Counts groups of choices in prose. Has no state: safe in any number of threads and processes."""

    name = "spintax"
    features = FEATURES

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        return [_measure(document) for document in documents]

    def close(self) -> None:
        pass


def _measure(document: Document) -> Measurement:
    spintax_groups = list(_in_prose(document))
    findings = tuple(_finding(document, group) for group in spintax_groups)
    features = {GROUPS: 1_000 * len(spintax_groups) / max(1, len(document.words))}
    hits = tuple(Hit(group.start, group.end, RULE, GROUPS) for group in spintax_groups)
    return Measurement(Status.OK, features=features, findings=findings, hits=hits)


def _in_prose(document: Document) -> Iterator[Group]:
    """Yield the groups whose first choice is read as prose; those in code, tables and formulas are not."""
    pieces = document.prose.pieces
    starts = [piece.source_start for piece in pieces]
    for group in groups(document.text):
        at = group.chosen.start
        piece = pieces[bisect_right(starts, at) - 1] if pieces and at >= starts[0] else None
        if piece and piece.verbatim and at < piece.source_end and is_evidence(document.text, group):
            yield group


def _finding(document: Document, group: Group) -> Finding:
    text = document.text[group.start : group.end]
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
    return Finding(
        group.start,
        group.end,
        text,
        "spintax",
        RULE,
        RULES[f"spintax/{RULE}"].message.format(shown=shown),
        1.0,
        (Suggestion(document.text[slice(*group.chosen)], 1.0),),
    )
