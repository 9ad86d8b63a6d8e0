"""Which documents, and which of their windows, the deep encoder reads after the light one.

The light encoder seldom overlooks a spun document altogether, but it often cannot tell one from honest odd writing. So where
it has some suspicion the deep one glances at the windows it finds strangest, and once more at the next ones if those look a
little odd; the rest is read only if both together look spun. What is read is the same, window by window, as when the deep one
reads everything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detector.document import Span
from detector.signals.wording.evidence import Evidence, suspicion


@dataclass(frozen=True)
class Doubt:
    """Suspicions (`evidence.suspicion`) from which more is read."""

    look: float  # of the light encoder: the deep one glances at the document
    read: float  # of the light encoder: the deep one reads all of it at once
    share: float  # of its windows that each of two glances takes in, one at least
    again: float  # of the deep encoder, after a glance: it glances at as many more
    rest: float  # of the deep encoder, after two: it reads the rest

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Doubt:
        return cls(*(float(settings[name]) for name in ("look", "read", "share", "again", "rest")))

    def portions(self, light: Evidence, windows: Sequence[Span]) -> list[list[Span]]:
        """What the deep encoder reads in turn, as long as it is asked to go on: the windows with words, the strangest first.
        Nothing, where the light one has no suspicion; one portion, where it has much."""
        general = suspicion(light)
        if general <= self.look:
            return []
        parts = [(light.between(*window), window) for window in windows]
        ordered = [window for _, window in sorted(((suspicion(p), w) for p, w in parts if len(p)), reverse=True)]
        glance = max(1, round(self.share * len(windows))) if general <= self.read else len(ordered)
        portions = ordered[:glance], ordered[glance : 2 * glance], ordered[2 * glance :]
        return [sorted(portion) for portion in portions if portion]

    def goes_on(self, seen: Evidence, glances: int) -> bool:
        """Whether the deep encoder reads the next portion after what it has seen in so many."""
        return suspicion(seen) > (self.again if glances == 1 else self.rest)


#: Nothing is left to the light encoder alone.
EVERYTHING = Doubt(look=-math.inf, read=-math.inf, share=1.0, again=-math.inf, rest=-math.inf)
