"""The wording signal: was a word swapped, and which one stood there before? It carries the verdict.

The deep encoder reads everything; or, for large collections, a light one reads everything and the deep one again whatever
looks suspicious to it, and only its answer counts. Nothing outside this package can tell which one answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detector.config import WordingDepth
from detector.document import Document, Span
from detector.models import Manifest
from detector.report import Status
from detector.signals import Feature, Measurement
from detector.signals.wording.evidence import FEATURES, Evidence, features, suspicion
from detector.signals.wording.findings import find
from detector.signals.wording.reader import DocumentReading, Reader

MAX_WINDOWS = 1000  # some 100,000 words; of longer documents an even selection of windows is read


@dataclass(frozen=True)
class WordingMeasurement(Measurement):
    """A measurement with the evidence of each word that was read, in order of the prose."""

    evidence: Evidence | None = None
    prior: float = 0.5

    def of_window(self, window: Span) -> dict[str, float] | None:
        part = self.evidence.between(*window) if self.evidence else None
        return features(part, self.prior) if part else None


class WordingSignal:
    name = "wording"
    features: tuple[Feature, ...] = FEATURES

    def __init__(self, manifest: Manifest, *, threads: int, depth: WordingDepth = "deep") -> None:
        settings: dict[str, Any] = manifest.settings["wording"]
        encoders: dict[str, Any] = settings["encoders"]
        self._doubt = float(settings["doubt"])
        self._first = Reader(manifest, encoders["deep" if depth == "deep" else "light"], settings["swaps"], threads)
        self._second = Reader(manifest, encoders["deep"], settings["swaps"], threads) if depth == "auto" else None

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        windows = [_selected(document.windows) for document in documents]
        readings = self._first.read(documents, windows)
        if self._second is not None:
            doubtful = [number for number, reading in enumerate(readings) if self._in_doubt(reading)]
            again = self._second.read([documents[n] for n in doubtful], [windows[n] for n in doubtful])
            for number, reading in zip(doubtful, again, strict=True):
                readings[number] = reading
        return [_measurement(*row) for row in zip(documents, windows, readings, strict=True)]

    def close(self) -> None:
        """Nothing to give back: sessions end with the object."""

    def _in_doubt(self, reading: DocumentReading | None) -> bool:
        return reading is not None and suspicion(reading.evidence) > self._doubt


def _measurement(document: Document, windows: Sequence[Span], reading: DocumentReading | None) -> Measurement:
    if reading is None:
        return Measurement.skipped("no words to read")
    detail = f"{len(reading.evidence):,} words"
    if len(windows) < len(document.windows):
        detail += f" in {len(windows):,} of {len(document.windows):,} windows, evenly chosen"
    return WordingMeasurement(
        Status.OK,
        detail,
        features(reading.evidence, reading.prior),
        tuple(find(document, reading.places)),
        evidence=reading.evidence,
        prior=reading.prior,
    )


def _selected(windows: Sequence[Span]) -> Sequence[Span]:
    if len(windows) <= MAX_WINDOWS:
        return windows
    return [windows[i * len(windows) // MAX_WINDOWS] for i in range(MAX_WINDOWS)]
