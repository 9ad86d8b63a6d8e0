"""Tracing: candidates become pairs with verdicts, and pairs become families."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from detector.trace.candidates import find_candidates
from detector.trace.comparing import Comparer
from detector.trace.families import Family, Link, find_families
from detector.trace.marks import Marker
from detector.trace.pairs import Relation, Verdict
from detector.trace.sidecar import Entry, Part
from detector.trace.texts import ComparedText

_KEPT_TEXTS = 512  # in memory; the pairs come in the order of their first documents

CONTRACT = 1  # version of what `to_dict` returns


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents by their numbers, and the verdict on them."""

    a: int
    b: int
    verdict: Verdict


class Library:
    """The documents of several sidecars, by one number: those of the corpus first, then the references."""

    def __init__(self, parts: Sequence[Part], references: Sequence[Part] = ()) -> None:
        self.parts, self.references = list(parts), list(references)
        self._all = [*parts, *references]
        self._bases = [0, *accumulate(map(len, self._all))]
        self._marker = Marker()
        self.text: Callable[[int], ComparedText] = lru_cache(_KEPT_TEXTS)(self._text)

    def __len__(self) -> int:
        return self._bases[-1]

    def entry(self, number: int) -> Entry:
        part = bisect_right(self._bases, number) - 1
        return self._all[part].entry(number - self._bases[part])

    def _text(self, number: int) -> ComparedText:
        return ComparedText.of(self.entry(number).text, self._marker)


def trace_pairs(
    library: Library, comparer: Comparer, watch: Callable[[int], None] = lambda first: None
) -> Iterator[Pair]:
    """Yield the pairs of a library that have something in common, in the order of their documents.

    `watch` is told the first document of each candidate.
    """
    for candidate in find_candidates(library.parts, library.references):
        watch(candidate.a)
        verdict = comparer.compare(library.text(candidate.a), library.text(candidate.b))
        if verdict is not None:
            yield Pair(candidate.a, candidate.b, verdict)


class Result:
    """The pairs and families of a run. The pairs are kept in a temporary file: use it in a `with` block."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.relations: Counter[Relation] = Counter()
        self.families: list[Family] = []
        self._links: list[Link] = []
        self._places: list[int] = []
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def fill(self, pairs: Iterator[Pair]) -> None:
        """Take all pairs, and make families of them."""
        for pair in pairs:
            verdict = pair.verdict
            self._places.append(self._file.tell())
            self._file.write(json.dumps(verdict.to_dict()).encode() + b"\n")
            self._links.append(Link(pair.a, pair.b, verdict.relation, verdict.direction, verdict.share_kept))
        self.families, self._links = find_families(self._links)
        self.relations = Counter(link.relation for link in self._links)

    def pairs(self) -> Iterator[dict[str, Any]]:
        """Yield each pair as it is written for machines."""
        family_of = {member: family.number for family in self.families for member in family.members}
        for link, place in zip(self._links, self._places, strict=True):
            family = family_of.get(link.a)
            yield {
                "trace": CONTRACT,
                "type": "pair",
                "family": family if family == family_of.get(link.b) else None,
                "a": self._named(link.a),
                "b": self._named(link.b),
                **self.detail(link, place),
            }

    def detail(self, link: Link, place: int) -> dict[str, Any]:
        self._file.seek(place)
        found: dict[str, Any] = json.loads(self._file.readline())
        found["relation"] = str(link.relation)
        if link.relation is not Relation.SPUN_COPY:
            found["original"] = None
        return found

    def pair(self, a: int, b: int) -> dict[str, Any] | None:
        """Return the pair of two documents, as it is written for machines, with them in this order."""
        at = self._numbers.get((min(a, b), max(a, b)))
        if at is None:
            return None
        link = self._links[at]
        found = {"a": self._named(link.a), "b": self._named(link.b), **self.detail(link, self._places[at])}
        return found if link.a == a else turned(found)

    @cached_property
    def _numbers(self) -> dict[tuple[int, int], int]:
        return {(link.a, link.b): number for number, link in enumerate(self._links)}

    def family(self, family: Family) -> dict[str, Any]:
        """Return a family as it is written for machines."""
        return {
            "trace": CONTRACT,
            "type": "family",
            "family": family.number,
            "original": None if family.original is None else self._named(family.original),
            "members": [
                {
                    **self._named(member),
                    "relation": None if member not in family.relations else str(family.relations[member]),
                    "of": None if member not in family.parents else self._named(family.parents[member]),
                }
                for member in family.members
            ],
        }

    def _named(self, number: int) -> dict[str, str]:
        entry = self.library.entry(number)
        return {"id": entry.id, "source": entry.source}


def turned(pair: dict[str, Any]) -> dict[str, Any]:
    """Return a pair with its documents in the other order."""
    other = {"a": "b", "b": "a", None: None}
    return {
        **pair,
        "a": pair["b"],
        "b": pair["a"],
        "original": other[pair["original"]],
        "direction": -pair["direction"],
        "left_out": pair["put_in"],
        "put_in": pair["left_out"],
        "coverage": pair["coverage"][::-1],
        "swaps": [{"a": swap["b"], "b": swap["a"], "direction": -swap["direction"]} for swap in pair["swaps"]],
    }
