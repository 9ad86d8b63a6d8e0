"""Counts of a filtered corpus: made of each shard's score log, added up, and told as `run.json`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from detector.corpus.score_log import Entry

_BINS = 20  # of the histogram of probabilities, each as wide as the others
_NUMBER = re.compile(r"\d[\d,.]*")
_Z = 1.96  # of a normal distribution: two-sided, 95 %
_GROUP_COUNTS = ("documents", "words", "spun", "suspect", "unscored", "errors")


@dataclass
class Tally:
    """`destinations` counts records by where they went, `errors` by their kind. Reasons have N for their numbers."""

    words: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    destinations: Counter[str] = field(default_factory=Counter)
    unscored: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    edits: int = 0
    edited: int = 0  # records with edits
    histogram: list[int] = field(default_factory=lambda: [0] * _BINS)
    groups: dict[str, list[int]] = field(default_factory=dict)

    def add(self, entry: Entry, destination: str | None) -> None:
        """Count one record."""
        self.words += entry.words
        self.edits += len(entry.edits)
        self.edited += bool(entry.edits)
        if destination is None:
            self.errors[(entry.error or {}).get("type", "")] += 1
        else:
            self.destinations[destination] += 1
            self.verdicts[entry.verdict or ""] += 1
        if entry.verdict == "unscored":
            self.unscored[_NUMBER.sub("N", entry.reason or "")] += 1
        if entry.probability is not None:
            self.histogram[min(int(entry.probability * _BINS), _BINS - 1)] += 1
        if entry.group is not None:
            counts = self.groups.setdefault(entry.group, [0] * len(_GROUP_COUNTS))
            of_verdict = "errors" if destination is None else entry.verdict
            for at, what in enumerate(_GROUP_COUNTS):
                counts[at] += {"documents": 1, "words": entry.words}.get(what, int(what == of_verdict))

    def merge(self, other: Tally) -> None:
        for name in ("words", "edits", "edited"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("verdicts", "destinations", "unscored", "errors"):
            getattr(self, name).update(getattr(other, name))
        self.histogram = [one + more for one, more in zip(self.histogram, other.histogram, strict=True)]
        for group, counts in other.groups.items():
            mine = self.groups.setdefault(group, [0] * len(_GROUP_COUNTS))
            mine[:] = [one + more for one, more in zip(mine, counts, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Tally:
        counters = ("verdicts", "destinations", "unscored", "errors")
        values: dict[str, Any] = {key: Counter(value) if key in counters else value for key, value in found.items()}
        return cls(**values)

    @property
    def records(self) -> int:
        return self.destinations.total() + self.errors.total()

    def report(self) -> dict[str, Any]:
        """Return the counts as `run.json` has them."""
        return {
            "records": self.records,
            "words": self.words,
            "destinations": dict(sorted(self.destinations.items())),
            "keep_rate": round(self.destinations["kept"] / self.records, 6) if self.records else None,
            "verdicts": dict(sorted(self.verdicts.items())),
            "unscored": dict(self.unscored.most_common()),
            "errors": dict(self.errors.most_common()),
            **({"edits": self.edits, "edited_records": self.edited} if self.edits else {}),
            "histogram": {"bin_width": 1 / _BINS, "counts": self.histogram},
            "sources": _sources(self.groups.items()),
        }


def _sources(groups: Iterable[tuple[str, list[int]]]) -> list[dict[str, Any]]:
    """Return the groups; first come those of which it is surest that much of them is spun."""
    told = []
    for name, counts in groups:
        by_name = dict(zip(_GROUP_COUNTS, counts, strict=True))
        scored = by_name["documents"] - by_name["unscored"] - by_name["errors"]
        low, high = wilson_interval(by_name["spun"], scored)
        share = round(by_name["spun"] / scored, 4) if scored else None
        told.append({"source": name, **by_name, "scored": scored, "spun_share": share, "low": low, "high": high})
    return sorted(told, key=lambda one: (-one["low"], -one["scored"], one["source"]))


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), from 0 to 1; all of it where nothing was counted.

    >>> wilson_interval(41, 100)
    (0.3187, 0.508)
    """
    if not total:
        return 0.0, 1.0
    share, spread = hits / total, _Z * _Z / total
    middle = share + spread / 2
    reach = _Z * sqrt(share * (1 - share) / total + spread / (4 * total))
    return round(max(0.0, (middle - reach) / (1 + spread)), 4), round(min(1.0, (middle + reach) / (1 + spread)), 4)
