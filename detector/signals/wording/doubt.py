"""Which documents the deep encoder reads after the light one.

The light encoder seldom overlooks a spun document altogether, but it often cannot tell one from honest odd writing. So where
it has some suspicion the deep one glances at the stretches it finds strangest, a sentence or two each, and once more at the
next ones if those look a little odd; all of it is read, window by window as when the deep one reads everything, only if both
together look spun.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detector.signals.wording.evidence import Evidence, suspicion
from detector.text.document import Document
from detector.text.offsets import Span


@dataclass(frozen=True)
class Doubt:
    """Suspicions (`evidence.suspicion`) from which more is read."""

    look: float  # of the light encoder: the deep one glances at the document
    read: float  # of the light encoder: the deep one reads all of it at once
    share: float  # of its stretches that each of two glances takes in, one at least
    again: float  # of the deep encoder, after a glance: it glances at as many more
    rest: float  # of the deep encoder, after two: it reads the document

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Doubt:
        return cls(*(float(settings[name]) for name in ("look", "read", "share", "again", "rest")))

    def portions(self, document: Document, light: Evidence, windows: Sequence[Span]) -> list[list[Span]]:
        """What the deep encoder reads in turn, as long as it is asked to go on: two glances at stretches, the strangest first,
        and all windows with words. Nothing, where the light one has no suspicion; the windows alone, where it has much."""
        general = suspicion(light)
        if general <= self.look:
            return []
        whole = _with_words(windows, light)
        stretches = _with_words((s for window in whole for s in document.stretches(window)), light)
        glance = max(1, round(self.share * len(stretches)))
        if general > self.read or len(stretches) <= 2 * glance:
            return [whole]
        ordered = sorted(stretches, key=lambda s: (suspicion(light.between(*s)), s), reverse=True)
        return [sorted(ordered[:glance]), sorted(ordered[glance : 2 * glance]), whole]

    def goes_on(self, seen: Evidence, glances: int) -> bool:
        """Whether the deep encoder reads the next portion after what it has seen in so many."""
        return suspicion(seen) > (self.again if glances == 1 else self.rest)


def _with_words(spans: Iterable[Span], light: Evidence) -> list[Span]:
    return [span for span in spans if len(light.between(*span))]


#: Nothing is left to the light encoder alone.
EVERYTHING = Doubt(look=-math.inf, read=-math.inf, share=1.0, again=-math.inf, rest=-math.inf)
