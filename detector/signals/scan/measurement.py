"""What the first stage hands on of a document: its log-odds, and in which windows the encoders should begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from detector.signals import LongSignal, Measurement
from detector.signals.scan.words import surfaces
from detector.text.document import Document
from detector.text.offsets import Span

_STRONGEST = 3  # words of a window


@dataclass(frozen=True)
class ScanMeasurement(Measurement):
    """A measurement with the log-odds of each word, in order of the prose."""

    log_odds: float = 0.0
    words: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def order(self, document: Document, windows: Sequence[Span]) -> list[int]:
        """Return the numbers of windows of the document, those first in which the first stage suspects most."""
        starts = np.fromiter((word.start() for word in surfaces(document.prose.text)), np.int64, len(self.words))
        suspicions = [self._suspicion(*np.searchsorted(starts, window)) for window in windows]
        return sorted(range(len(windows)), key=lambda number: -suspicions[number])

    def _suspicion(self, first: int, end: int) -> float:
        words = self.words[first:end]
        return float(np.sort(words)[-_STRONGEST:].mean()) if len(words) else -np.inf


@runtime_checkable
class ScannedSignal(LongSignal, Protocol):
    """A signal that reads less where it knows what the first stage made of a document."""

    def measure_scanned(
        self, documents: Sequence[Document], scanned: Sequence[ScanMeasurement | None]
    ) -> list[Measurement]:
        """Return a measurement for each document, in order, like `measure`; None is one of which nothing is known."""
        ...
