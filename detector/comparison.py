"""What changed between two sets of stored scores of the same records: another model, another threshold, another corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any

from detector.corpus.score_log import Entry
from detector.corpus.stored_scores import Stored

_ERROR = "error"  # in the place of a verdict
_Key = tuple[str, str, int]  # id, place, and how many like it came before


@dataclass(frozen=True, slots=True)
class Change:
    """One record that has another verdict now, an error among them. Probabilities are None where there is none."""

    id: str
    place: str
    old: str
    new: str
    old_probability: float | None
    new_probability: float | None

    @property
    def step(self) -> float:
        """How far the probability moved; 1 where there was or is none."""
        if self.old_probability is None or self.new_probability is None:
            return 1.0
        return abs(self.new_probability - self.old_probability)


@dataclass
class Comparison:
    """Counts of a comparison. `verdicts` counts records by old and new verdict; `moved` those whose probability changed.

    `changes` are those with another verdict, the largest steps first, `listed` of them at most.
    """

    listed: int = 20
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    moved: int = 0
    largest: float = 0.0
    only_old: int = 0
    only_new: int = 0
    changes: list[Change] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many records have another verdict, or stand on one side only."""
        return sum(number for (old, new), number in self.verdicts.items() if old != new) + self.only_old + self.only_new

    def to_dict(self) -> dict[str, Any]:
        return {
            "records": self.verdicts.total(),
            "changed": self.changed,
            "only_old": self.only_old,
            "only_new": self.only_new,
            "verdicts": [{"old": old, "new": new, "records": n} for (old, new), n in sorted(self.verdicts.items())],
            "probability_moved": self.moved,
            "largest_step": self.largest,
            "changes": [
                {
                    "id": one.id,
                    "source": one.place,
                    "old": {"verdict": one.old, "probability": one.old_probability},
                    "new": {"verdict": one.new, "probability": one.new_probability},
                }
                for one in self.changes
            ],
        }


def compare(old: Iterable[Stored], new: Iterable[Stored], *, listed: int = 20) -> Comparison:
    """Compare scores record by record: by id and place, and where several have the same, by their order.

    Keeps some 300 bytes for each old record in memory.
    """
    found = Comparison(listed)
    before = {key: (_verdict(entry), entry.probability) for key, entry in _keyed(old)}
    changes: list[Change] = []
    for key, entry in _keyed(new):
        was = before.pop(key, None)
        if was is None:
            found.only_new += 1
            continue
        old_verdict, old_probability = was
        change = Change(key[0], key[1], old_verdict, _verdict(entry), old_probability, entry.probability)
        found.verdicts[change.old, change.new] += 1
        if change.old_probability != change.new_probability:
            found.moved += 1
            found.largest = max(found.largest, change.step)
        if change.old != change.new:
            changes = nlargest(listed, [*changes, change], key=lambda one: one.step)
    found.only_old = len(before)
    found.changes = changes
    return found


def _keyed(stored: Iterable[Stored]) -> Iterable[tuple[_Key, Entry]]:
    seen: Counter[tuple[str, str]] = Counter()
    for one in stored:
        name = one.entry.id, one.place
        yield (*name, seen[name]), one.entry
        seen[name] += 1


def _verdict(entry: Entry) -> str:
    return entry.verdict or _ERROR
