"""A threshold for each group of documents: a site, a publisher, a kind of writing.

A group with many honest documents stands on its own; one with few is mostly judged as all documents are. In between,
its false-positive rate at a threshold is estimated from both, as Kleinman (1973, "Proportions with extraneous variance",
Journal of the American Statistical Association 68) does with the beta-binomial model: all documents together count as
m documents more of the group, of which the share u(t) reaches the threshold t. m says how alike the groups are; it is
found by his method of moments from how much the rates of the groups differ. The upper bound is

    Beta⁻¹(0.95; k + 1 + m u, n - k + m (1 - u))

for k of the group's n documents. Without any weight of the others (m = 0) that is the bound of Clopper and Pearson which
all thresholds here have to keep; groups that do not differ (m = ∞) get the threshold of all, since u itself is the upper
bound for all documents. A group for which no threshold keeps the rate has too few documents, and gets that of all, too.

**Weights.** Of a corpus that a person audited, each document stands for some that were not drawn. The bound is then that
of Fay and Feuer (1997, "Confidence intervals for directly standardized rates", Statistics in Medicine 16) for weighted
counts: k and n are divided by the mean weight of the documents that reach the threshold, one of the largest weight added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.judge.calibration_file import GroupPoint
from detector.judge.probability import DIGITS, HIGHEST

CONFIDENCE = 0.95
_STEP: int = 10**DIGITS
# Groups are compared at the threshold that the wanted share of all documents reaches, or where that is less, so many
# documents, up to this share: at the threshold of all there may be none.
_COMPARED, _COMPARED_SHARE = 100, 0.25
Weighted = tuple[float, float]  # a probability, and how many documents it stands for


@dataclass(frozen=True, slots=True)
class Counted:
    """Honest documents at a threshold: `hits` of `documents` reach it, with `more` for what chance may have left out."""

    hits: float
    documents: float
    more: float


class Honest:
    """Honest documents by their probability. Each stands for `weight` documents."""

    def __init__(self, documents: Iterable[Weighted]) -> None:
        rows = np.array(sorted(documents), dtype=np.float64).reshape(-1, 2)
        self.probabilities = np.minimum(np.round(rows[:, 0], DIGITS), HIGHEST)
        weights = rows[:, 1]
        self.total = float(weights.sum())
        # Of the documents from each place on: their weights, the squares of these, the largest.
        self._sums = _from_each(np.cumsum, weights)
        self._squares = _from_each(np.cumsum, weights**2)
        self._largest = _from_each(np.maximum.accumulate, weights)

    def __len__(self) -> int:
        return len(self.probabilities)

    def reached(self, threshold: float) -> int:
        """Return how many of the documents themselves reach a threshold."""
        return len(self) - int(np.searchsorted(self.probabilities, threshold))

    def reached_by(self, share: float) -> float:
        """Return the lowest probability that about this share of the documents has, or a higher one."""
        return float(self.probabilities[max(len(self) - max(round(share * len(self)), 1), 0)])

    def count(self, threshold: float) -> Counted:
        """Count in documents of the mean weight of those that reach the threshold."""
        if not len(self):
            return Counted(0.0, 0.0, 1.0)
        first = int(np.searchsorted(self.probabilities, threshold))
        largest = float(self._largest[max(first - 1, 0)])  # with the next one below, which might have reached it
        hits, squares = float(self._sums[first]), float(self._squares[first])
        mean = (squares + largest**2) / (hits + largest)
        return Counted(hits / mean, self.total / mean, largest / mean)

    def upper_bound(self, threshold: float) -> float:
        """Return the upper bound (one-sided, 95 %) of the share that reaches a threshold."""
        return _bound(self.count(threshold))


def lowest_threshold(honest: Honest, max_fpr: float, others: Honest | None = None, alike: float = 0.0) -> float | None:
    """Return the lowest threshold that keeps the rate, None where there is none.

    All of `others` count as `alike` documents more.
    """
    tried = np.unique(np.concatenate([honest.probabilities, others.probabilities if others else []]))
    low, high = 0, len(tried)
    while low < high:  # the bound falls as the threshold rises
        middle = (low + high) // 2
        threshold = _above(float(tried[middle]))
        share = others.upper_bound(threshold) if others else 0.0
        if _bound(honest.count(threshold), share, alike) <= max_fpr:
            high = middle
        else:
            low = middle + 1
    return None if low == len(tried) or tried[low] >= HIGHEST else _above(float(tried[low]))


def own_thresholds(
    groups: Mapping[str, Honest], everything: Honest, max_fpr: float, threshold: float
) -> tuple[dict[str, GroupPoint], float]:
    """Return the threshold of each group that has enough documents, and how many documents of it all others count as.

    `threshold` is that of all documents, `everything`; a group with an empty name is none.
    """
    named = {name: honest for name, honest in groups.items() if name and len(honest)}
    reached = everything.reached_by(max(max_fpr, min(_COMPARED / len(everything), _COMPARED_SHARE)))
    alike = likeness([honest.count(reached) for honest in named.values()])
    points: dict[str, GroupPoint] = {}
    for name, honest in sorted(named.items()):
        if math.isinf(alike):
            own: float | None = threshold
            bound = everything.upper_bound(threshold)
        else:
            own = lowest_threshold(honest, max_fpr, everything, alike)
            share = everything.upper_bound(own) if own is not None else 0.0
            bound = _bound(honest.count(own), share, alike) if own is not None else 1.0
        if own is not None:
            points[name] = GroupPoint(len(honest), own, honest.reached(own), bound)
    return points, alike


def likeness(counts: Iterable[Counted]) -> float:
    """Return m, by the method of moments: 0 where groups have nothing in common, infinite where they do not differ.

    >>> likeness([Counted(10, 1000, 1), Counted(11, 1000, 1)])
    inf
    >>> round(likeness([Counted(0, 1000, 1), Counted(40, 1000, 1)]))
    24
    """
    groups = [(one.hits, one.documents) for one in counts if one.documents > 0]
    documents = sum(n for _, n in groups)
    hits = sum(k for k, _ in groups)
    if len(groups) < 2 or not 0 < hits < documents:
        return math.inf
    rate = hits / documents
    spread = sum(n * (k / n - rate) ** 2 for k, n in groups) / (rate * (1 - rate)) - (len(groups) - 1)
    room = documents - sum(n * n for _, n in groups) / documents - (len(groups) - 1)
    if spread <= 0 or room <= 0:
        return math.inf
    return max(1 / min(spread / room, 1.0) - 1, 0.0)


def _bound(counted: Counted, share: float = 0.0, alike: float = 0.0) -> float:
    missed = counted.documents - counted.hits + alike * (1 - share)
    if missed <= 0:
        return 1.0
    from scipy.special import betaincinv

    return float(betaincinv(counted.hits + counted.more + alike * share, missed, CONFIDENCE))


def _above(probability: float) -> float:
    return (round(probability * _STEP) + 1) / _STEP


def _from_each(accumulate: Callable[[NDArray[np.float64]], Any], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Accumulate from the end; one more value, 0, stands for no document."""
    ended: NDArray[np.float64] = np.append(accumulate(values[::-1])[::-1], 0.0)
    return ended
