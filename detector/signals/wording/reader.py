"""One encoder with what is needed to make sense of it: documents in, evidence on each word out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from detector.document import Document, Span
from detector.models import Manifest
from detector.report import Finding
from detector.signals.wording.channel import NO_CANDIDATE, Swaps, rivalry
from detector.signals.wording.encoder import Encoder, Reading
from detector.signals.wording.evidence import (
    Evidence,
    WordModel,
    join,
    least_telling,
    swap_probabilities,
    word_inputs,
)
from detector.signals.wording.findings import Place, find

_BATCH_WINDOWS = 64  # read before their words are weighed, so that a long document's vectors are not all kept


@dataclass(frozen=True)
class DocumentReading:
    """What one encoder says of a document's words; `places` are those worth a finding."""

    reader: Reader
    evidence: Evidence
    places: tuple[Place, ...]

    @property
    def prior(self) -> float:
        return self.reader.words.prior

    def findings(self, document: Document) -> Iterator[Finding]:
        return find(document, self.reader.encoder, self.reader.swaps, self.places)


class Reader:
    def __init__(self, manifest: Manifest, settings: dict[str, Any], swaps: str, threads: int) -> None:
        files = (manifest.path(settings[name]) for name in ("body", "vectors", "tokenizer"))
        self.encoder = Encoder(*files, threads=threads)
        self.swaps = Swaps.load(manifest.path(swaps))
        self.words = WordModel.from_settings(settings["word"])
        self._finding = float(settings["finding"])

    def read(self, documents: Sequence[Document], windows: Sequence[Sequence[Span]]) -> list[DocumentReading | None]:
        """One reading a document, of the given windows of its prose; None where there are no words."""
        queue = [(number, window) for number, chosen in enumerate(windows) for window in chosen]
        parts: list[list[tuple[Evidence, list[Place]]]] = [[] for _ in documents]
        for at in range(0, len(queue), _BATCH_WINDOWS):
            batch = queue[at : at + _BATCH_WINDOWS]
            texts = [documents[number].prose.text[slice(*window)] for number, window in batch]
            for (number, window), text, reading in zip(batch, texts, self.encoder.read(texts), strict=True):
                if reading.words:
                    parts[number].append(self._weigh(text, window.start, reading))
        return [self._joined(of_document) if of_document else None for of_document in parts]

    def _joined(self, parts: Sequence[tuple[Evidence, list[Place]]]) -> DocumentReading:
        evidence = join([evidence for evidence, _ in parts])
        probabilities = dict(zip(evidence.starts, swap_probabilities(evidence.log_odds, self.words.prior), strict=True))
        places = tuple(
            place._replace(probability=float(probabilities[place.word.start]))
            for _, of_part in parts
            for place in of_part
            if probabilities[place.word.start] > self._finding
        )
        return DocumentReading(self, evidence, places)

    def _weigh(self, text: str, offset: int, reading: Reading) -> tuple[Evidence, list[Place]]:
        """The evidence of one window's words, with prose offsets."""
        words = reading.words
        rivals = rivalry(self.encoder, self.swaps, reading, [text[word.start : word.end].lower() for word in words])
        inputs = word_inputs(text, reading, rivals)
        log_odds = self.words.log_odds(inputs)
        places: list[Place] = []
        # A word that no spinner puts in may be a scanning or typing error: it counts, but nobody is told it was swapped.
        for at in np.flatnonzero((log_odds > least_telling(self.words.prior)) & (rivals.gains > NO_CANDIDATE)):
            word = words[at]
            there = replace(word, start=word.start + offset, end=word.end + offset)
            places.append(Place(there, reading.fits[word.first].copy(), 0.0))
        starts = np.array([word.start for word in words]) + offset
        ends = np.array([word.end for word in words]) + offset
        return Evidence(starts, ends, inputs, log_odds), places
