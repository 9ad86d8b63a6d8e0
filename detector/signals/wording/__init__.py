"""The wording signal: was a word swapped, and which one stood there before? It carries the verdict.

A light encoder reads everything, and the deep one what that is in doubt about (`doubt.py`), or everything, or nothing. Where
the deep one has read, what both say of each word counts. Nothing outside this package can tell who answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detector.model_files import Manifest
from detector.options import WordingDepth
from detector.report import Status
from detector.signals import Feature, Measurement
from detector.signals.wording.doubt import EVERYTHING, Doubt
from detector.signals.wording.evidence import Evidence, join
from detector.signals.wording.features import FEATURES, features
from detector.signals.wording.findings import find
from detector.signals.wording.mentions import KnownPhrase, find_suspicious_mentions, leave_out, note_on
from detector.signals.wording.reader import Dictionaries, DocumentReading, Part, Reader
from detector.text.document import Document
from detector.text.offsets import Span

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
        encoders, dictionaries = settings["encoders"], Dictionaries.load(manifest, settings)
        self._light = Reader(manifest, encoders["light"], dictionaries, threads)
        self._again: _Again | None = None
        if depth != "light":
            doubt = Doubt.from_settings(settings["doubt"]) if depth == "auto" else EVERYTHING
            self._again = _Again(Reader(manifest, encoders["deep"], dictionaries, threads), doubt)

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        windows = [_selected(document.windows) for document in documents]
        light = self._light.parts(documents, windows)
        readings = self._again.read(documents, windows, light) if self._again else [None] * len(documents)
        return [
            _measurement(document, chosen, reading or self._light.joined(parts))
            for document, chosen, reading, parts in zip(documents, windows, readings, light, strict=True)
        ]

    def close(self) -> None:
        """Nothing to give back: sessions end with the object."""


class _Again:
    """Reads with the deep encoder what the light one is in doubt about; there each word is weighed by what both say of it."""

    def __init__(self, deep: Reader, doubt: Doubt) -> None:
        self._deep = deep
        self._doubt = doubt

    def read(
        self, documents: Sequence[Document], windows: Sequence[Sequence[Span]], light: Sequence[Sequence[Part]]
    ) -> list[DocumentReading | None]:
        """One reading a document; None where it is left to the light encoder."""
        before = [_evidence(parts) for parts in light]
        left = [
            self._doubt.portions(document, evidence, of_document) if evidence else []
            for document, evidence, of_document in zip(documents, before, windows, strict=True)
        ]
        glanced: list[list[Evidence]] = [[] for _ in documents]
        answers: list[DocumentReading | None] = [None] * len(documents)
        turn = 0
        while any(left):
            turn += 1
            chosen = [portions.pop(0) if portions else [] for portions in left]
            for number, parts in enumerate(self._deep.parts(documents, chosen, before)):
                if left[number]:
                    glanced[number] += [part.evidence for part in parts]
                    if not self._doubt.goes_on(join(glanced[number]), turn):
                        left[number] = []
                elif chosen[number]:
                    answers[number] = self._deep.joined(parts)
        return answers


def _evidence(parts: Sequence[Part]) -> Evidence | None:
    return join([part.evidence for part in parts]) if parts else None


def _measurement(document: Document, windows: Sequence[Span], reading: DocumentReading | None) -> Measurement:
    if reading is None:
        return Measurement.skipped("no words to read")
    detail = f"{len(reading.evidence):,} words"
    if len(windows) < len(document.windows):
        detail += f" in {len(windows):,} of {len(document.windows):,} windows, evenly chosen"
    text, evidence, places = document.prose.text, reading.evidence, reading.places
    known = (KnownPhrase(p.start, p.end, tuple(o.word for o in p.options if o.known)) for p in places)
    if mentions := find_suspicious_mentions(text, evidence, known):
        evidence = leave_out(evidence, mentions)
        places = tuple(p for p in places if not any(start <= p.start < end for start, end in mentions))
    return WordingMeasurement(
        Status.OK,
        detail,
        features(evidence, reading.prior),
        tuple(find(document, places)),
        (note_on(text, mentions),) if mentions else (),
        evidence=evidence,
        prior=reading.prior,
    )


def _selected(windows: Sequence[Span]) -> Sequence[Span]:
    if len(windows) <= MAX_WINDOWS:
        return windows
    return [windows[i * len(windows) // MAX_WINDOWS] for i in range(MAX_WINDOWS)]
