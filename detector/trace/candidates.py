"""Candidates: pairs of documents whose signatures have hashes in common, found by a join of two plain columns.

The hashes are taken in slices and the pairs in partitions, on disk where there are many of them, so that memory does not
grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.trace.sidecar import Part

FEWEST_SHARED = 4  # hashes that the documents of a candidate have in common
#: Documents that share a hash, up to which each is paired with each. Among 25,000 documents, 5 % of the hashes stood in more
#: than 20: phrases of function words that say nothing. Of a hash that more documents share, each is paired with the nearest
#: ones only: that keeps a family of a thousand copies together, and costs little.
MOST_PAIRED = 30
_NEIGHBOURS = 4
#: Candidates of a document, those with most in common, that are compared in any case. Of a family of copies this links each
#: with its original, if that is there, since no other one has as much in common with it.
NEAREST = 6
SLICE = 8_000_000  # hashes joined at a time: some 0.4 GB
PARTITION = 20_000_000  # pairs counted at a time: some 0.5 GB

Pairs = NDArray[np.uint64]  # the first document in the upper 32 bits, the second in the lower ones
Numbers = NDArray[np.int64]
_COLUMNS = (".pairs.npy", ".counts.npy")
_LOWER = np.uint64(0xFFFFFFFF)


class Candidate(NamedTuple):
    """Two documents by their numbers, the first smaller, and how many hashes they have in common.

    Of documents of the same words, `shared` is what a candidate has at least. `near` tells that it is one of the NEAREST
    candidates of either document.
    """

    a: int
    b: int
    shared: int
    near: bool


def find_candidates(
    parts: Sequence[Part],
    references: Sequence[Part] = (),
    *,
    fewest: int = FEWEST_SHARED,
    slice_size: int = SLICE,
    partition_size: int = PARTITION,
) -> Iterator[Candidate]:
    """Yield the candidates, near ones first, each kind in order.

    Documents are numbered through the parts, then through the references.

    With references, only pairs of a document and a reference are candidates. Of documents (of references, where there are
    some) that have the same words, the first stands for all: each other one is a candidate with it alone.
    """
    first_reference = sum(map(len, parts)) if references else None
    everything = [*parts, *references]
    stands_for = _same_words(everything, first_reference or 0)
    hashes = sum(len(part.hashes) for part in everything)
    with ExitStack() as opened:
        spool = opened.enter_context(_Spool(sum(map(len, everything)), -(-hashes // partition_size)))
        if not references:
            spool.add(_repeated(everything, stands_for, fewest))
        is_first = stands_for == np.arange(len(stands_for))
        for values, documents in _slices(everything, -(-hashes // slice_size), is_first):
            spool.add(_pairs(values, documents, first_reference))
        counted = spool.counted(fewest)
        least = _least_of_nearest(counted, len(stands_for))
        for near in (True, False):
            for pairs, counts in counted:
                first, second = (pairs >> np.uint64(32)).astype(np.int64), (pairs & _LOWER).astype(np.int64)
                chosen = (counts >= np.minimum(least[first], least[second])) == near
                for a, b, shared in zip(
                    first[chosen].tolist(), second[chosen].tolist(), counts[chosen].tolist(), strict=True
                ):
                    yield Candidate(a, b, shared, near)


def _least_of_nearest(counted: Iterable[tuple[Pairs, Numbers]], documents: int) -> Numbers:
    """Return, for each document, what its NEAREST candidates have in common with it at least."""
    most = np.zeros((documents, NEAREST), np.uint16)
    for pairs, counts in counted:
        of = np.concatenate([pairs >> np.uint64(32), pairs & _LOWER]).astype(np.int64)
        shared = np.minimum(np.concatenate([counts, counts]), np.iinfo(np.uint16).max)
        order = np.lexsort((-shared, of))
        of, shared = of[order], shared[order]
        starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]][: len(of)])
        rank = np.arange(len(of)) - np.repeat(starts, np.diff(np.r_[starts, len(of)]))
        those = of[starts]
        found = np.zeros((len(those), 2 * NEAREST), np.uint16)
        found[:, :NEAREST] = most[those]
        within = rank < NEAREST
        found[np.repeat(np.arange(len(those)), np.diff(np.r_[starts, len(of)]))[within], NEAREST + rank[within]] = (
            shared[within]
        )
        most[those] = np.sort(found, axis=1)[:, : NEAREST - 1 : -1]
    least: Numbers = most[:, -1].astype(np.int64)
    return least


def _same_words(parts: Sequence[Part], start: int) -> Numbers:
    """Return, for each document, the first one with the same words; those before `start` stand for themselves."""
    digests = np.concatenate([np.empty(0, np.uint64), *(part.digests for part in parts)])
    stands_for = np.arange(len(digests))
    _, first, number = np.unique(digests[start:], return_index=True, return_inverse=True)
    stands_for[start:] = first[number] + start
    return stands_for


def _repeated(parts: Sequence[Part], stands_for: Numbers, fewest: int) -> Iterator[Pairs]:
    """Yield pairs of a document and the first one with the same words, as often as they need to be candidates."""
    others = np.flatnonzero(stands_for != np.arange(len(stands_for)))
    if len(others):
        hashes = np.concatenate([np.bincount(part.numbers, minlength=len(part)) for part in parts])
        others = others[hashes[others] >= fewest]
    yield np.repeat(_packed(stands_for[others], others, None), fewest)


def _slices(
    parts: Sequence[Part], count: int, is_wanted: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.uint64], Numbers]]:
    """Yield hashes in order with the document of each; equal ones are never apart. Only documents that are wanted count."""
    bases = np.cumsum([0, *map(len, parts)])
    limits = [2**64 * number // max(count, 1) for number in range(1, max(count, 1))]
    places = [
        [0, *np.searchsorted(part.hashes, np.array(limits, np.uint64)).tolist(), len(part.hashes)] for part in parts
    ]
    for number in range(max(count, 1)):
        values = [part.hashes[at[number] : at[number + 1]] for part, at in zip(parts, places, strict=True)]
        documents = [
            part.numbers[at[number] : at[number + 1]].astype(np.int64) + base
            for part, at, base in zip(parts, places, bases, strict=False)
        ]
        joined, of = (
            np.concatenate([np.empty(0, np.uint64), *values]),
            np.concatenate([np.empty(0, np.int64), *documents]),
        )
        del values, documents  # nothing is held twice
        order = np.flatnonzero(is_wanted[of])
        order = order[np.argsort(joined[order], kind="stable")]
        joined, of = joined[order], of[order]
        del order
        yield joined, of


def _pairs(values: NDArray[np.uint64], documents: Numbers, first_reference: int | None) -> Iterator[Pairs]:
    """Yield the pairs of documents that share a hash, once for each hash."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]]) if len(values) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(values)])
    for size in range(2, min(MOST_PAIRED, int(sizes.max(initial=0))) + 1):
        groups = documents[starts[sizes == size][:, None] + np.arange(size)]
        first, second = np.triu_indices(size, 1)
        yield _packed(groups[:, first].ravel(), groups[:, second].ravel(), first_reference)
    if first_reference is None:
        yield from _neighbours(documents, np.repeat(np.where(sizes > MOST_PAIRED, np.arange(len(sizes)), -1), sizes))
        return
    for start, size in zip(starts[sizes > MOST_PAIRED].tolist(), sizes[sizes > MOST_PAIRED].tolist(), strict=True):
        group = documents[start : start + size]
        own, others = group[group < first_reference], group[group >= first_reference][:_NEIGHBOURS]
        yield _packed(np.repeat(own, len(others)), np.tile(others, len(own)), first_reference)


def _neighbours(documents: Numbers, groups: Numbers) -> Iterator[Pairs]:
    """Yield pairs of neighbours in large groups; documents whose group is below 0 are in none."""
    documents, groups = documents[groups >= 0], groups[groups >= 0]
    for ahead in range(1, _NEIGHBOURS + 1):
        same = groups[:-ahead] == groups[ahead:]
        yield _packed(documents[:-ahead][same], documents[ahead:][same], None)


def _packed(first: Numbers, second: Numbers, first_reference: int | None) -> Pairs:
    if first_reference is not None:
        across = (first < first_reference) & (second >= first_reference)
        first, second = first[across], second[across]
    return (first.astype(np.uint64) << np.uint64(32)) | second.astype(np.uint64)


class _Spool:
    """Counts pairs, in memory or in files of a temporary folder, one for each range of first documents."""

    def __init__(self, documents: int, partitions: int) -> None:
        self._limits = np.array([documents * n // max(partitions, 1) for n in range(1, max(partitions, 1))], np.uint64)
        self._held: list[Pairs] = []
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> _Spool:
        if len(self._limits):
            self._folder = TemporaryDirectory(prefix="unspun-trace-")
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, arrays: Iterator[Pairs]) -> None:
        if self._folder is None:
            self._held += arrays
            return
        for pairs in arrays:
            of = np.searchsorted(self._limits, pairs >> np.uint64(32), side="right")
            for number in np.unique(of).tolist():
                with open(Path(self._folder.name) / str(number), "ab") as stream:
                    pairs[of == number].tofile(stream)

    def counted(self, fewest: int) -> Sequence[tuple[Pairs, Numbers]]:
        """Return the pairs that were added so many times, in order, each once, and how often; mapped where they are files."""
        if self._folder is None:
            return [_counted(np.concatenate([np.empty(0, np.uint64), *self._held]), fewest)]
        found = []
        for number in range(len(self._limits) + 1):
            path = Path(self._folder.name) / str(number)
            if path.exists():
                for name, column in zip(_COLUMNS, _counted(np.fromfile(path, np.uint64), fewest), strict=True):
                    np.save(path.with_suffix(name), column)
                path.unlink()
                found.append(path)
        return _Mapped(found)


class _Mapped(Sequence[tuple[Pairs, Numbers]]):
    """Columns of pairs and their counts in files; each is read when it is asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, number: Any) -> Any:
        pairs, counts = (np.load(self._paths[number].with_suffix(name)) for name in _COLUMNS)
        return pairs, counts


def _counted(pairs: Pairs, fewest: int) -> tuple[Pairs, Numbers]:
    found, counts = np.unique(pairs, return_counts=True)
    return found[counts >= fewest], counts[counts >= fewest]
