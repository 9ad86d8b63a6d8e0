"""Which windows of a long document the light encoder reads.

What is spun is spun throughout, or in a passage of its own. So windows spread over the document are read, and those that the
first stage (`signals.scan`) finds most suspicious. It can't tell whether a document is spun, but it knows where one would
have to look: of 48 long documents with a spun passage, 46 have a window of it among the three that it names first. Read then
is what stands beside a suspicious window, as far as that goes on. It stays at that where the document is clean by what was
read (`engine.long_documents`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from detector.signals.wording.evidence import Evidence
from detector.signals.wording.likelihood import suspicion

FEWEST_WINDOWS = 12  # some 1,200 words; of shorter documents all is read
FEWEST_SPREAD, SPREAD = 5, 8  # one window in so many is read wherever it stands, and no fewer than five
FEWEST_CHOSEN, CHOSEN = 2, 16  # one in so many is read as the first stage finds it suspicious
#: Suspicion (log-odds) of a window from which those beside it are read: that of one honest window in six.
NEIGHBOURS_ABOVE = -1.0


def is_long(count: int) -> bool:
    """Tell whether a document of so many windows is read in part first."""
    return count >= FEWEST_WINDOWS


def first_windows(first_stage: Sequence[float]) -> list[int]:
    """Return the numbers of the windows of a long document that are read first, from what the first stage says of each.

    The most suspicious one is read with those beside it, so that a section around it can be judged.
    """
    count = len(first_stage)
    spread = max(FEWEST_SPREAD, count // SPREAD)
    chosen = np.argsort(-np.asarray(first_stage), kind="stable")[: max(FEWEST_CHOSEN, count // CHOSEN)].tolist()
    beside = (number for number in (chosen[0] - 1, chosen[0] + 1) if 0 <= number < count)
    return sorted({*((2 * at + 1) * count // (2 * spread) for at in range(spread)), *chosen, *beside})


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
