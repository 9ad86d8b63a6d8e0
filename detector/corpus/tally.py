"""Counts of a filtered corpus: made of each shard's score log, added up, and told as `run.json`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice
from math import sqrt
from typing import Any

from detector.corpus.frequent import Borderline, Swaps
from detector.corpus.score_log import Entry

_BINS = 20  # of the histogram of probabilities, each as wide as the others
_NUMBER = re.compile(r"\d[\d,.]*")
_Z = 1.96  # of a normal distribution: two-sided, 95 %
MAX_GROUPS = 100_000  # that are counted by themselves; those that come later are counted together
MAX_FAMILIES = 1_000_000  # that are counted, each once a group; some 0.1 GB
OTHERS = "(other sources)"
SHOWN_SWAPS = 50
_GROUP_COUNTS = ("documents", "words", "spun", "suspect", "unscored", "errors")


@dataclass
class Tally:
    """`destinations` counts records by where they went, `errors` by their kind. Reasons have N for their numbers.

    `thresholds` are those of groups that were judged by their own. Memory is bounded, whatever the corpus.
    """

    words: int = 0
    scanned: int = 0  # records that the first stage alone read
    light: int = 0  # records that it and the light encoder read
    verdicts: Counter[str] = field(default_factory=Counter)
    destinations: Counter[str] = field(default_factory=Counter)
    unscored: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    with_ignored: int = 0  # records in which something is ignored
    edits: int = 0
    edited: int = 0  # records with edits
    histogram: list[int] = field(default_factory=lambda: [0] * _BINS)
    groups: dict[str, list[int]] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    swaps: Swaps = field(default_factory=Swaps)
    borderline: Borderline = field(default_factory=Borderline)
    families: dict[str, dict[str, None]] = field(default_factory=dict)  # by group, "" where there is none
    counted_families: int = 0

    def add(self, entry: Entry, destination: str | None, source: str = "") -> None:
        """Count one record. `source` is its file, for a person."""
        self.words += entry.words
        self.scanned += entry.scanned
        self.light += entry.light
        self.edits += len(entry.edits)
        self.edited += bool(entry.edits)
        self.ignored.update(entry.ignored)
        self.with_ignored += bool(entry.ignored)
        if destination is None:
            self.errors[(entry.error or {}).get("type", "")] += 1
        else:
            self.destinations[destination] += 1
            self.verdicts[entry.verdict or ""] += 1
        if entry.verdict == "unscored":
            self.unscored[_NUMBER.sub("N", entry.reason or "")] += 1
        if entry.probability is not None:
            self.histogram[min(int(entry.probability * _BINS), _BINS - 1)] += 1
        if entry.verdict in ("spun", "suspect"):
            self.swaps.add(entry.findings)
        self.borderline.add(entry, source)
        if entry.group is not None:
            counts = self._counts(entry.group)
            if entry.own and entry.threshold is not None and entry.group in self.groups:
                self.thresholds[entry.group] = entry.threshold
            of_verdict = "errors" if destination is None else entry.verdict
            for at, what in enumerate(_GROUP_COUNTS):
                counts[at] += {"documents": 1, "words": entry.words}.get(what, int(what == of_verdict))
        if entry.family is not None:
            self._add_families(entry.group or "", [short_hash(entry.family)])

    def _counts(self, group: str) -> list[int]:
        if group not in self.groups and len(self.groups) >= MAX_GROUPS:
            group = OTHERS
        return self.groups.setdefault(group, [0] * len(_GROUP_COUNTS))

    def _add_families(self, group: str, families: Iterable[str]) -> None:
        mine = self.families.setdefault(group if group in self.groups or not group else OTHERS, {})
        new = list(islice((one for one in families if one not in mine), MAX_FAMILIES - self.counted_families))
        mine.update(dict.fromkeys(new))
        self.counted_families += len(new)

    def merge(self, other: Tally) -> None:
        for name in ("words", "scanned", "light", "edits", "edited", "with_ignored"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("verdicts", "destinations", "unscored", "errors", "ignored"):
            getattr(self, name).update(getattr(other, name))
        self.histogram = [one + more for one, more in zip(self.histogram, other.histogram, strict=True)]
        self.swaps.update(other.swaps)
        self.borderline.update(other.borderline)
        self.thresholds.update(other.thresholds)
        for group, counts in other.groups.items():
            mine = self._counts(group)
            mine[:] = [one + more for one, more in zip(mine, counts, strict=True)]
        for group, families in other.families.items():
            self._add_families(group, families)

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "swaps": self.swaps.to_dict(), "borderline": self.borderline.to_list()}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Tally:
        counters = ("verdicts", "destinations", "unscored", "errors", "ignored")
        values: dict[str, Any] = {key: Counter(value) if key in counters else value for key, value in found.items()}
        return cls(**{**values, "swaps": Swaps(found["swaps"]), "borderline": Borderline(kept=found["borderline"])})

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
            **({"read_by_scan_alone": self.scanned} if self.scanned else {}),
            **({"read_by_light_alone": self.light} if self.light else {}),
            **({"families": len(dict.fromkeys(chain(*self.families.values())))} if self.families else {}),
            "unscored": dict(self.unscored.most_common()),
            "errors": dict(self.errors.most_common()),
            "ignored": {"findings": dict(sorted(self.ignored.items())), "records": self.with_ignored},
            **({"edits": self.edits, "edited_records": self.edited} if self.edits else {}),
            "histogram": {"bin_width": 1 / _BINS, "counts": self.histogram},
            "swaps": self.swaps.most_common(SHOWN_SWAPS),
            "borderline": self.borderline.to_list(),
            "sources": self._sources(),
        }

    def _sources(self) -> list[dict[str, Any]]:
        """Return the groups; first come those of which it is surest that much of them is spun."""
        told = []
        for name, counts in self.groups.items():
            by_name = dict(zip(_GROUP_COUNTS, counts, strict=True))
            scored = by_name["documents"] - by_name["unscored"] - by_name["errors"]
            low, high = wilson_interval(by_name["spun"], scored)
            share = round(by_name["spun"] / scored, 4) if scored else None
            of_source = {"source": name, **by_name, "scored": scored, "spun_share": share, "low": low, "high": high}
            of_source |= {"families": len(self.families.get(name, ()))} if self.families else {}
            told.append({**of_source, "own_threshold": self.thresholds.get(name)})
        return sorted(told, key=lambda one: (-one["low"], -one["scored"], one["source"]))


def short_hash(text: str) -> str:
    """Return 16 digits that tell texts apart."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


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
