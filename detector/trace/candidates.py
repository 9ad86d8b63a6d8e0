"""Candidates: pairs of documents whose signatures have hashes in common, found by a join of two plain columns.

The hashes are taken in slices and the pairs in partitions, on disk where there are many of them, so that memory does not
grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.trace.sidecar import Part

FEWEST_SHARED = 4  # hashes that the documents of a candidate have in common
#: Documents that share a hash, up to which each is paired with each. Among 25,000 documents, 5 % of the hashes stood in more
#: than 20: phrases of function words that say nothing. Of a hash that more documents share, each is paired with the nearest
#: ones only: that keeps a family of a thousand copies together, and costs little.
MOST_PAIRED = 30
_NEIGHBOURS = 4
SLICE = 20_000_000  # hashes joined at a time: some 0.7 GB
PARTITION = 20_000_000  # pairs counted at a time: some 0.5 GB

Pairs = NDArray[np.uint64]  # the first document in the upper 32 bits, the second in the lower ones
Numbers = NDArray[np.int64]


class Candidate(NamedTuple):
    """Two documents by their numbers, the first smaller, and how many hashes they have in common."""

    a: int
    b: int
    shared: int


def find_candidates(
    parts: Sequence[Part],
    references: Sequence[Part] = (),
    *,
    fewest: int = FEWEST_SHARED,
    slice_size: int = SLICE,
    partition_size: int = PARTITION,
) -> Iterator[Candidate]:
    """Yield the candidates in order. Documents are numbered through the parts, then through the references.

    With references, only pairs of a document and a reference are candidates.
    """
    first_reference = sum(map(len, parts)) if references else None
    everything = [*parts, *references]
    hashes = sum(len(part.hashes) for part in everything)
    with ExitStack() as opened:
        spool = opened.enter_context(_Spool(sum(map(len, everything)), -(-hashes // partition_size)))
        for values, documents in _slices(everything, -(-hashes // slice_size)):
            spool.add(_pairs(values, documents, first_reference))
        for pairs, counts in spool.counted():
            chosen = counts >= fewest
            for pair, count in zip(pairs[chosen].tolist(), counts[chosen].tolist(), strict=True):
                yield Candidate(pair >> 32, pair & 0xFFFFFFFF, count)


def _slices(parts: Sequence[Part], count: int) -> Iterator[tuple[NDArray[np.uint64], Numbers]]:
    """Yield hashes in order with the document of each; equal ones are never apart."""
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
        joined = np.concatenate([np.empty(0, np.uint64), *values])
        order = np.argsort(joined, kind="stable")
        yield joined[order], np.concatenate([np.empty(0, np.int64), *documents])[order]


def _pairs(values: NDArray[np.uint64], documents: Numbers, first_reference: int | None) -> Iterator[Pairs]:
    """Yield the pairs of documents that share a hash, once for each hash."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]]) if len(values) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(values)])
    for size in range(2, min(MOST_PAIRED, int(sizes.max(initial=0))) + 1):
        groups = documents[starts[sizes == size][:, None] + np.arange(size)]
        first, second = np.triu_indices(size, 1)
        yield _packed(groups[:, first].ravel(), groups[:, second].ravel(), first_reference)
    for start, size in zip(starts[sizes > MOST_PAIRED].tolist(), sizes[sizes > MOST_PAIRED].tolist(), strict=True):
        yield _nearest(documents[start : start + size], first_reference)


def _nearest(group: Numbers, first_reference: int | None) -> Pairs:
    """Return pairs of a large group: neighbours in their order, or each document with the first references."""
    if first_reference is None:
        pairs = [_packed(group[:-ahead], group[ahead:], None) for ahead in range(1, _NEIGHBOURS + 1)]
        return np.concatenate(pairs)
    own = group[group < first_reference]
    others = group[group >= first_reference][:_NEIGHBOURS]
    return _packed(np.repeat(own, len(others)), np.tile(others, len(own)), first_reference)


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

    def counted(self) -> Iterator[tuple[Pairs, NDArray[np.int64]]]:
        """Yield pairs in order, each once, and how often it was added."""
        if self._folder is None:
            yield np.unique(np.concatenate([np.empty(0, np.uint64), *self._held]), return_counts=True)
            return
        for number in range(len(self._limits) + 1):
            path = Path(self._folder.name) / str(number)
            if path.exists():
                yield np.unique(np.fromfile(path, np.uint64), return_counts=True)
