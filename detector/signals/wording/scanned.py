"""Which windows the light encoder reads of a document that the first stage has read.

It begins with the window in which the first stage suspects most, and reads on, twice as many windows each time, until both
together suspect so little that the others would not change that. Whether a document that is left at this is clean says its
verdict, as for long ones (`engine.long_documents`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from detector.signals.scan.measurement import ScanMeasurement
from detector.signals.wording.evidence import Evidence, concatenate
from detector.signals.wording.likelihood import suspicion
from detector.signals.wording.sampling import FEWEST_WINDOWS
from detector.text.document import Document
from detector.text.offsets import Span

#: Log-odds of the first stage beyond which it does not suspect more here: what it is sure of the encoders read to the end.
_SUREST = 3.0
#: Words that are read at least, as many as a document has to have: the last window of one may be a few words, and the first
#: stage easily suspects most there.
_FEWEST_WORDS = 40


class ScannedCourse:
    """The course through one document's windows."""

    def __init__(
        self, document: Document, windows: Sequence[Span], scanned: ScanMeasurement, clean_below: float
    ) -> None:
        self._order = scanned.order(document, windows)
        self._scanned = min(scanned.log_odds, _SUREST)
        self._clean_below = clean_below

    def first(self) -> list[int]:
        """Return the number of the window that is read first."""
        return self._order[:1]

    def following(self, read: Collection[int], evidence: Sequence[Evidence]) -> list[int]:
        """Return the numbers of the windows that are read next, given those that were read and what was found there."""
        if sum(map(len, evidence)) >= _FEWEST_WORDS and self.suspicion(evidence) < self._clean_below:
            return []
        return sorted(self._order[len(read) : 2 * len(read)])

    def suspicion(self, evidence: Sequence[Evidence]) -> float:
        """Return what the first stage and the light encoder together suspect, in log-odds."""
        return self._scanned + suspicion(concatenate(evidence))


def course(
    document: Document, windows: Sequence[Span], scanned: ScanMeasurement | None, clean_below: float | None
) -> ScannedCourse | None:
    """Return the course through a document; None where it is read whole, or is so long that a sample of it is read."""
    if scanned is None or clean_below is None or not 1 < len(windows) < FEWEST_WINDOWS:
        return None
    return ScannedCourse(document, windows, scanned, clean_below)
