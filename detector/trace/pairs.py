"""What two documents are to each other: the verdict on a pair, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from detector.text.segments import WORD
from detector.trace.alignment import Stretch


class Relation(StrEnum):
    """The verdict on a pair."""

    COPY = "copy"  # the same words, or nearly
    SPUN_COPY = "spun copy"  # words of one were swapped for others: the other is the original
    SPUN_SIBLINGS = "spun siblings"  # both were spun from a text that is neither
    EDITED = "edited"  # a person wrote one from the other, or both from a third
    TRANSLATIONS = "translations"  # of one text
    QUOTES = "quotes"  # a passage only is the same

    @property
    def is_spun(self) -> bool:
        return self in (Relation.SPUN_COPY, Relation.SPUN_SIBLINGS)


@dataclass(frozen=True, slots=True)
class Swap:
    """Words of one text for words of the other. Spans count code points of the prose of either text.

    `direction` is the evidence (nats) that the words of the second text were put in; it is below 0 where it is the others.
    """

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    a_text: str
    b_text: str
    direction: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a pair of texts.

    `probability` is that of having been spun, among pairs half of which are, and 0 where too few words differ.
    `direction` sums that of the swaps: above 0 where the first text is the original. `kept`, `swapped`, `left_out` (of
    the first), `put_in` (in the second) count
    words; `coverage` is the share of either text that lies in the stretches they have in common.
    """

    relation: Relation
    probability: float
    direction: float
    kept: int
    swapped: int
    left_out: int
    put_in: int
    moved: int  # stretches that stand in another order
    coverage: tuple[float, float]
    stretches: tuple[Stretch, ...]
    swaps: tuple[Swap, ...]

    @property
    def words(self) -> int:
        """Words of the first text in the stretches."""
        return self.kept + self.swapped + self.left_out

    @property
    def share_kept(self) -> float:
        """Of the words of the longer side of each stretch, those that are the same."""
        return self.kept / (sum(stretch.words for stretch in self.stretches) or 1)

    @property
    def share_replaced(self) -> float:
        return self.swapped / self.words if self.words else 0.0

    @property
    def original(self) -> str | None:
        """`a` or `b`, whichever is the original; None where that is no question, or neither is."""
        if self.relation is not Relation.SPUN_COPY:
            return None
        return "a" if self.direction > 0 else "b"

    def to_dict(self) -> dict[str, Any]:
        return {
            "relation": str(self.relation),
            "probability": round(self.probability, 6),
            "original": self.original,
            "direction": round(self.direction, 3),
            "words": self.words,
            "kept": self.kept,
            "swapped": self.swapped,
            "left_out": self.left_out,
            "put_in": self.put_in,
            "moved": self.moved,
            "coverage": [round(share, 4) for share in self.coverage],
            "swaps": [
                {
                    "a": {"start": swap.a_start, "end": swap.a_end, "text": swap.a_text},
                    "b": {"start": swap.b_start, "end": swap.b_end, "text": swap.b_text},
                    "direction": round(swap.direction, 3),
                }
                for swap in self.swaps
            ],
        }


def count_words(stretches: Sequence[Stretch]) -> tuple[int, int, int, int]:
    """Return how many words of the first text are kept, swapped and left out, and how many are put in by the second."""
    kept = sum(stretch.kept for stretch in stretches)
    edits = [edit for stretch in stretches for edit in stretch.edits]
    swapped = sum(edit.a_end - edit.a_start for edit in edits if edit.is_swap)
    left_out = sum(edit.a_end - edit.a_start for edit in edits if not edit.is_swap)
    put_in = sum(edit.b_end - edit.b_start for edit in edits if not edit.is_swap)
    return kept, swapped, left_out, put_in


def turned(pair: dict[str, Any]) -> dict[str, Any]:
    """Return a pair with its documents in the other order."""
    other = {"a": "b", "b": "a", None: None}
    swapped = sum(len(WORD.findall(swap["b"]["text"])) for swap in pair["swaps"]) or pair["swapped"]
    return {
        **pair,
        "a": pair["b"],
        "b": pair["a"],
        "original": other[pair["original"]],
        "direction": -pair["direction"],
        "words": pair["kept"] + swapped + pair["put_in"],
        "swapped": swapped,
        "left_out": pair["put_in"],
        "put_in": pair["left_out"],
        "coverage": pair["coverage"][::-1],
        "swaps": [{"a": swap["b"], "b": swap["a"], "direction": -swap["direction"]} for swap in pair["swaps"]],
    }
