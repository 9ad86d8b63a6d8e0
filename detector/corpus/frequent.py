"""What a tally keeps a few of: the most frequent words that were swapped, the documents nearest to their threshold."""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from detector.corpus.score_log import Entry

BORDERLINE = 20  # documents
_SWAPPED = ("SWAPPED_WORD", "SWAPPED_PHRASE")
_STORED_SWAPS = 1000  # of a shard
_KEPT_SWAPS = 5000  # of twice as many; rarer ones are forgotten, so that memory is bounded
_EDGE = 1e-6  # probabilities as far from 0 and 1 are as near to them as can be
_BETWEEN = "\t"


class Swaps:
    """Counts words by what they were put in place of. Of very many different ones the rarest are forgotten."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._counts: Counter[str] = Counter(counts)

    def add(self, findings: Iterable[Mapping[str, Any]]) -> None:
        """Count the findings of swapped words that have an original."""
        for finding in findings:
            if finding["rule"] in _SWAPPED and finding["suggestions"]:
                word, original = (_in_one_line(text) for text in (finding["text"], finding["suggestions"][0]))
                self._counts[f"{word}{_BETWEEN}{original}"] += 1
        self._forget()

    def update(self, other: Swaps) -> None:
        self._counts.update(other._counts)
        self._forget()

    def most_common(self, number: int) -> list[dict[str, Any]]:
        return [
            {"word": word, "original": original, "findings": count}
            for key, count in _ranked(self._counts)[:number]
            for word, _, original in (key.partition(_BETWEEN),)
        ]

    def to_dict(self) -> dict[str, int]:
        return dict(_ranked(self._counts)[:_STORED_SWAPS])

    def _forget(self) -> None:
        if len(self._counts) > 2 * _KEPT_SWAPS:
            self._counts = Counter(dict(_ranked(self._counts)[:_KEPT_SWAPS]))


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _in_one_line(text: str) -> str:
    return " ".join(text.lower().split())


class Borderline:
    """Keeps the documents nearest to their threshold, by log-odds. Of equals, those that come first by place."""

    def __init__(self, number: int = BORDERLINE, kept: Iterable[Mapping[str, Any]] = ()) -> None:
        self._number = number
        self._kept: list[tuple[float, str, int, dict[str, Any]]] = []
        for one in kept:
            self._insert(dict(one))

    def add(self, entry: Entry, source: str) -> None:
        if entry.probability is None or entry.threshold is None or not self._number:
            return
        distance = abs(log_odds(entry.probability) - log_odds(entry.threshold))
        if len(self._kept) == self._number and distance > self._kept[-1][0]:
            return
        self._insert(
            {
                "id": entry.id,
                "source": source,
                "row": entry.row,
                "probability": entry.probability,
                "threshold": entry.threshold,
                "verdict": entry.verdict,
                "group": entry.group,
            }
        )

    def update(self, other: Borderline) -> None:
        for *_, one in other._kept:
            self._insert(one)

    def to_list(self) -> list[dict[str, Any]]:
        return [one for *_, one in self._kept]

    def _insert(self, one: dict[str, Any]) -> None:
        distance = abs(log_odds(one["probability"]) - log_odds(one["threshold"]))
        insort(self._kept, (distance, one["source"], one["row"] or 0, one), key=lambda kept: kept[:3])
        del self._kept[self._number :]


def log_odds(probability: float) -> float:
    """Return the natural logarithm of the odds, finite for 0 and 1, too.

    >>> log_odds(0.5), round(log_odds(1), 1)
    (0.0, 13.8)
    """
    inside = min(max(probability, _EDGE), 1 - _EDGE)
    return math.log(inside / (1 - inside))
