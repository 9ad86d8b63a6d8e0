"""Which documents, and which of their windows, the deep encoder reads after the light one.

The light encoder seldom overlooks a spun document altogether, but it often cannot tell one from honest odd writing. So where
it has some suspicion the deep one glances at the windows it finds strangest; the rest is read only if those look spun to the
deep one as well. What is read is the same, window by window, as when the deep one reads everything.
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
    share: float  # of its windows that are glanced at, one at least
    glance: float  # of the deep encoder, in those: it reads the rest

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Doubt:
        return cls(*(float(settings[name]) for name in ("look", "read", "share", "glance")))

    def first(self, light: Evidence, windows: Sequence[Span]) -> list[Span]:
        """The windows that the deep encoder reads first; none, where the light one has no suspicion."""
        general = suspicion(light)
        if general <= self.look:
            return []
        if general > self.read:
            return list(windows)
        parts = [(light.between(*window), window) for window in windows]
        strangest = sorted(((suspicion(part), window) for part, window in parts if len(part)), reverse=True)
        chosen = {window for _, window in strangest[: max(1, round(self.share * len(windows)))]}
        return [window for window in windows if window in chosen]

    def settled(self, first: Sequence[Span], windows: Sequence[Span], glance: Evidence | None) -> bool:
        """Whether the deep encoder answers for the document, when it has read `first` of its windows: it has read all, or
        what it saw makes it read the rest."""
        return glance is not None and (len(first) == len(windows) or suspicion(glance) > self.glance)


#: Nothing is left to the light encoder alone.
EVERYTHING = Doubt(look=-math.inf, read=-math.inf, share=1.0, glance=-math.inf)
