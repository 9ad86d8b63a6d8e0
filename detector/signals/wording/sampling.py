"""Which windows of a long document the light encoder reads.

What is spun is spun throughout, or in a passage of its own. So of a long document every third window is read first, and those
beside one in which some words look swapped, as far as that goes on. It stays at that where the document is clean by what was
read; any other is read whole (`engine.plan`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.signals.wording.evidence import Evidence
from detector.signals.wording.likelihood import suspicion

FEWEST_WINDOWS = 12  # some 1,200 words, of which a third is as much as the verdict was fitted on
EVERY = 3  # a section that alone is judged has as many windows, and so one of them is read
#: Suspicion (log-odds) of a window from which those beside it are read: that of one honest window in six.
NEIGHBOURS_ABOVE = -1.0


def first_windows(count: int) -> list[int]:
    """Return the numbers of the windows that are read first of so many: all of a document that is not long."""
    return list(range(count)) if count < FEWEST_WINDOWS else sorted({*range(EVERY // 2, count, EVERY), count - 1})


def next_windows(count: int, read: Iterable[int], latest: Mapping[int, Evidence]) -> list[int]:
    """Return the numbers of the windows that are read next, those beside suspicious ones among the `latest`."""
    beside = {
        number
        for at, evidence in latest.items()
        if suspicion(evidence) > NEIGHBOURS_ABOVE
        for number in (at - 1, at + 1)
        if 0 <= number < count
    }
    return sorted(beside.difference(read))
