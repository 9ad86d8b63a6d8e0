"""Tracing: candidates become pairs with verdicts, and pairs become families."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

import numpy as np

from detector.trace.candidates import FEWEST_SHARED, find_candidates
from detector.trace.comparing import Comparer
from detector.trace.consensus import Consensus, ask_others
from detector.trace.families import Family, Groups, Link, find_families
from detector.trace.marks import Marker
from detector.trace.pairs import Relation, Verdict, turned
from detector.trace.sidecar import Entry, Part
from detector.trace.texts import ComparedText

_KEPT_WORDS = 1_000_000  # of texts in memory: some 0.2 GB; the pairs come in the order of their first documents
_MOST_ORIGINALS = 3  # of a family, that are compared with every member: the second may turn out to be that of the first

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
        self._kept: OrderedDict[int, ComparedText] = OrderedDict()
        self._words = 0

    def __len__(self) -> int:
        return self._bases[-1]

    @property
    def without_candidates(self) -> int:
        """How many documents have too little to be compared: very short ones, and tables."""
        counts = (np.bincount(part.numbers, minlength=len(part)) for part in self._all)
        return sum(int((one < FEWEST_SHARED).sum()) for one in counts)

    def may_be_pair(self, a: int, b: int) -> bool:
        """Tell whether two documents, the first one smaller, are compared: of a corpus and its references, one of either."""
        return not self.references or a < self._bases[len(self.parts)] <= b

    def entry(self, number: int) -> Entry:
        part = bisect_right(self._bases, number) - 1
        return self._all[part].entry(number - self._bases[part])

    def digest(self, number: int) -> int:
        """Return what is the same of documents of the same words, and of no others."""
        part = bisect_right(self._bases, number) - 1
        return int(self._all[part].digests[number - self._bases[part]])

    def text(self, number: int) -> ComparedText:
        """Return a text; those that were asked for last are kept."""
        found = self._kept.pop(number, None)
        if found is None:
            found = ComparedText.of(self.entry(number).text, self._marker)
            self._words += len(found)
            while self._kept and self._words > _KEPT_WORDS:
                self._words -= len(self._kept.popitem(last=False)[1])
        self._kept[number] = found
        return found

    @cached_property
    def same(self) -> dict[int, int]:
        """References that are documents of the corpus themselves, and which."""
        if not self.references:
            return {}
        corpus, references = (
            np.concatenate([np.empty(0, np.uint64), *(part.digests for part in parts)])
            for parts in (self.parts, self.references)
        )
        both = np.intersect1d(corpus, references)
        there = {self._place(number): number for number in np.flatnonzero(np.isin(corpus, both)).tolist()}
        again = (len(corpus) + number for number in np.flatnonzero(np.isin(references, both)).tolist())
        return {number: there[place] for number in again if (place := self._place(number)) in there}

    def _place(self, number: int) -> tuple[str, str]:
        entry = self.entry(number)
        return entry.id, entry.source


def trace_pairs(
    library: Library, comparer: Comparer, watch: Callable[[int], None] = lambda first: None
) -> Iterator[Pair]:
    """Yield pairs of a library that have something in common.

    Of documents that others link already, only near candidates are compared, so that the work grows with the size of a
    family and not with its square. `watch` is told the first document of each candidate.
    """
    groups = Groups()
    identical: dict[int, Verdict | None] = {}  # what a text is to one of the same words
    turned_round: set[tuple[int, int]] = set()  # pairs of documents that are references, too
    for candidate in find_candidates(library.parts, library.references):
        watch(candidate.a)
        a, b = sorted((candidate.a, library.same.get(candidate.b, candidate.b)))
        if a == b or (a, b) in turned_round or (not candidate.near and groups.find(a) == groups.find(b)):
            continue
        if b != candidate.b:
            turned_round.add((a, b))
        if library.digest(a) == library.digest(b):
            if a not in identical:
                identical[a] = comparer.compare(library.text(a), library.text(a))
            verdict = identical[a]
        else:
            verdict = comparer.compare(library.text(a), library.text(b))
        if verdict is not None:
            if verdict.relation is not Relation.QUOTES:
                groups.join(a, b)
            yield Pair(a, b, verdict)


class Result:
    """The pairs and families of a run. The pairs are kept in a temporary file: use it in a `with` block."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.relations: Counter[Relation] = Counter()
        self.families: list[Family] = []
        self._found: list[tuple[Link, int]] = []  # and where the pair stands in the file
        self._links: list[Link] = []  # as their families show them
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def fill(self, comparer: Comparer, watch: Callable[[int], None] = lambda first: None) -> None:
        """Find the pairs of the library, and make families of them. `watch` is told the first document of each candidate."""
        self._take(trace_pairs(self.library, comparer, watch))
        self._group()
        for _ in range(_MOST_ORIGINALS):
            likeliest = ((family, family.likeliest) for family in self.families if family.likeliest is not None)
            if not self._take(self._compared(comparer, likeliest)):
                break
            self._group()
        self._judge(comparer)

    def _take(self, pairs: Iterable[Pair]) -> int:
        """Keep pairs; return how many there were."""
        before = len(self._found)
        for pair in pairs:
            verdict = pair.verdict
            link = Link(pair.a, pair.b, verdict.relation, verdict.direction, verdict.share_kept)
            self._found.append((link, self._file.seek(0, os.SEEK_END)))
            self._file.write(json.dumps(verdict.to_dict()).encode() + b"\n")
        self._found.sort(key=lambda one: (one[0].a, one[0].b))
        return len(self._found) - before

    def _compared(self, comparer: Comparer, chosen: Iterable[tuple[Family, int]]) -> Iterator[Pair]:
        """Yield what one of a family and those members are to each other that were not compared with it."""
        numbers = self._numbers
        for family, one in chosen:
            for member in family.members:
                a, b = sorted((member, one))
                if a == b or (a, b) in numbers or not self.library.may_be_pair(a, b):
                    continue
                verdict = comparer.compare(self.library.text(a), self.library.text(b))
                if verdict is not None:
                    yield Pair(a, b, verdict)

    def _judge(self, comparer: Comparer) -> None:
        """Ask the other members of each family whether its likeliest original is it; if not, whether the one is that has
        the words that most of them have."""
        copies = Groups()
        for link in self._links:
            if link.relation is Relation.COPY:
                copies.join(link.a, link.b)
        judged: dict[int, bool] = {}
        siblings: set[tuple[int, int]] = set()
        others: list[tuple[Family, int]] = []
        for family in self.families:
            if family.likeliest is None:
                continue
            consensus = self._ask_others(family, family.likeliest, copies, comparer)
            if consensus.is_contradicted:
                judged[family.likeliest] = False
                siblings |= {(min(one, family.likeliest), max(one, family.likeliest)) for one in consensus.agreeing}
                others += ((family, member) for member in consensus.agreeing[:1])
            elif consensus.is_original:
                judged[family.likeliest] = True
        self._take(self._compared(comparer, others))
        self._group()
        for family, member in others:
            judged[member] = self._ask_others(family, member, copies, comparer).is_original
        self._group(judged, {pair for pair in siblings if not any(judged.get(member) for member in pair)})

    def _ask_others(self, family: Family, document: int, copies: Groups, comparer: Comparer) -> Consensus:
        """Return what the members of a family say of one that was compared with them."""
        pairs = {member: self._numbers.get((min(member, document), max(member, document))) for member in family.members}
        there = [(-self._links[at].share, member) for member, at in pairs.items() if at is not None]
        own = copies.find(document)
        voters = {
            copies.find(member): member for _, member in sorted(there, reverse=True) if copies.find(member) != own
        }
        found = {member: pair for _, member in sorted(there) if (pair := self.pair(document, member))}
        return ask_others(found, [member for member in found if member in voters.values()], comparer.direction)

    def _group(self, judged: Mapping[int, bool] | None = None, siblings: Set[tuple[int, int]] = frozenset()) -> None:
        """Make families. `judged` tells of some documents whether they are originals; `siblings` are pairs that are."""
        links = (
            replace(link, relation=Relation.SPUN_SIBLINGS)
            if link.relation is Relation.SPUN_COPY and (link.a, link.b) in siblings
            else link
            for link, _ in self._found
        )
        self.families, self._links = find_families(list(links), judged)
        self.relations = Counter(link.relation for link in self._links)
        self.__dict__.pop("_numbers", None)

    def pairs(self) -> Iterator[dict[str, Any]]:
        """Yield each pair as it is written for machines."""
        family_of = {member: family.number for family in self.families for member in family.members}
        for link, (_, place) in zip(self._links, self._found, strict=True):
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
        found["original"] = ("a" if link.direction > 0 else "b") if link.relation is Relation.SPUN_COPY else None
        return found

    def pair(self, a: int, b: int) -> dict[str, Any] | None:
        """Return the pair of two documents, as it is written for machines, with them in this order."""
        at = self._numbers.get((min(a, b), max(a, b)))
        if at is None:
            return None
        link = self._links[at]
        found = {"a": self._named(link.a), "b": self._named(link.b), **self.detail(link, self._found[at][1])}
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
            "originals": [self._named(member) for member in family.originals],
            "members": [
                {
                    **self._named(member),
                    "relation": _relation(family, member),
                    "of": None if member not in family.parents else self._named(family.parents[member]),
                }
                for member in family.members
            ],
        }

    def _named(self, number: int) -> dict[str, str]:
        entry = self.library.entry(number)
        return {"id": entry.id, "source": entry.source}


def _relation(family: Family, member: int) -> str | None:
    """Return what a member is to the one it hangs from: also `original`, which no pair is, where that was made of it."""
    if member in family.sources:
        return "original"
    return None if member not in family.relations else str(family.relations[member])
