"""One encoder with what is needed to make sense of it: documents in, evidence on each word out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.model_files import Manifest
from detector.signals.wording.channel import NO_CANDIDATE, Swaps, rivalry
from detector.signals.wording.encoder import Encoder, Floats, Reading, Word
from detector.signals.wording.evidence import (
    TELLING,
    Evidence,
    FindingModel,
    WordModel,
    join,
    with_light,
    word_inputs,
)
from detector.signals.wording.findings import Place
from detector.signals.wording.originals import Option, originals
from detector.signals.wording.phrases import EVIDENCE, NO_PHRASES, Known, Phrases
from detector.signals.wording.widening import widened
from detector.text.document import Document
from detector.text.offsets import Span

_BATCH_WINDOWS = 64  # read before their words are weighed, so that a long document's vectors are not all kept


@dataclass(frozen=True)
class DocumentReading:
    """What one encoder says of a document's words; `places` are those worth a finding."""

    evidence: Evidence
    prior: float
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Part:
    """A window that was read: its evidence, its words (offsets in its own text), known phrases in it, and of the other words
    that may become findings (`at`) what fits there."""

    evidence: Evidence
    text: str
    ids: NDArray[np.int64]
    words: Sequence[Word]
    at: NDArray[np.int64]
    fits: Floats
    phrases: tuple[Known, ...]


@dataclass(frozen=True)
class Dictionaries:
    """What spinners are known to put in: words, and whole phrases."""

    swaps: Swaps
    phrases: Phrases = NO_PHRASES
    paraphrases: Phrases = NO_PHRASES  # which honest texts have, too

    @classmethod
    def load(cls, manifest: Manifest, settings: dict[str, Any]) -> Dictionaries:
        phrases, paraphrases = (
            Phrases.load(manifest.path(settings[name])) if settings.get(name) else NO_PHRASES
            for name in ("phrases", "paraphrases")
        )
        return cls(Swaps.load(manifest.path(settings["swaps"])), phrases, paraphrases)


class Reader:
    def __init__(self, manifest: Manifest, settings: dict[str, Any], dictionaries: Dictionaries, threads: int) -> None:
        files = (manifest.path(settings[name]) for name in ("body", "vectors", "tokenizer"))
        self.encoder = Encoder(*files, threads=threads)
        self.swaps, self.phrases = dictionaries.swaps, dictionaries.phrases
        self._paraphrases = dictionaries.paraphrases
        self.words = WordModel.from_settings(settings["word"])
        self._finding = FindingModel.from_settings(settings["finding"])

    def parts(
        self,
        documents: Sequence[Document],
        windows: Sequence[Sequence[Span]],
        light: Sequence[Evidence | None] | None = None,
    ) -> list[list[Part]]:
        """Of each document the given windows of its prose that hold words, in the order in which they are given.

        With `light`, each word is weighed by what the light encoder said of it as well; it must have read these windows.
        """
        queue = [(number, window) for number, chosen in enumerate(windows) for window in chosen]
        parts: list[list[Part]] = [[] for _ in documents]
        for at in range(0, len(queue), _BATCH_WINDOWS):
            batch = queue[at : at + _BATCH_WINDOWS]
            texts = [documents[number].prose.text[slice(*window)] for number, window in batch]
            for (number, window), text, reading in zip(batch, texts, self.encoder.read(texts), strict=True):
                if reading.words:
                    parts[number].append(self._weigh(text, window, reading, light[number] if light else None))
        return parts

    def joined(self, parts: Sequence[Part]) -> DocumentReading | None:
        """What the windows of one document say together; None where no window holds words."""
        if not parts:
            return None
        evidence = join([part.evidence for part in parts])
        probabilities = self._finding.probabilities(evidence, self.words.prior)
        places: list[Place] = []
        first = 0
        for part in parts:
            places += self._places(part, probabilities[first : first + len(part.evidence)])
            first += len(part.evidence)
        return DocumentReading(evidence, self.words.prior, tuple(places))

    def _weigh(self, text: str, window: Span, reading: Reading, light: Evidence | None) -> Part:
        """The evidence of one window's words, with prose offsets."""
        if light is not None:
            light = light.between(*window)
            if len(light) < len(reading.words):  # a stretch that was cut within what the tokenizer takes for one word
                known = set((light.starts - window.start).tolist())
                reading = replace(reading, words=tuple(word for word in reading.words if word.start in known))
        words = reading.words
        rivals = rivalry(self.encoder, self.swaps, reading, [text[word.start : word.end].lower() for word in words])
        inputs = word_inputs(text, reading, rivals)
        if light is not None:
            inputs = with_light(inputs, light.inputs)
        log_odds = self.words.log_odds(inputs)
        phrases = tuple(self.phrases.within(text, words))
        alone = np.ones(len(words), dtype=bool)
        for phrase in phrases:
            span = slice(phrase.first, phrase.last + 1)
            log_odds[span] += EVIDENCE / len(phrase)
            alone[span] = False
        # A word that no spinner puts in may be a scanning or typing error: it counts, but nobody is told it was swapped.
        at = np.flatnonzero((log_odds > TELLING) & (rivals.gains > NO_CANDIDATE) & alone)
        starts = np.array([word.start for word in words]) + window.start
        ends = np.array([word.end for word in words]) + window.start
        evidence = Evidence(starts, ends, inputs, log_odds)
        return Part(evidence, text, reading.ids, words, at, reading.fits[[words[n].first for n in at]], phrases)

    def _places(self, part: Part, probabilities: Floats) -> list[Place]:
        """What is worth a finding, in order: words that are likely swapped, and all known phrases."""
        places = [*self._words(part, probabilities), *self._known(part, probabilities)]
        return sorted(places, key=lambda place: place.start)

    def _known(self, part: Part, probabilities: Floats) -> Iterator[Place]:
        for phrase in part.phrases:
            probability = float(probabilities[phrase.first : phrase.last + 1].max())
            span = int(part.evidence.starts[phrase.first]), int(part.evidence.ends[phrase.last])
            shares = np.arange(len(phrase.originals), 0, -1)
            options = (
                Option(o, float(s), known=True) for o, s in zip(phrase.originals, shares / shares.sum(), strict=True)
            )
            yield Place(*span, max(probability, self._finding.threshold), tuple(options))

    def _words(self, part: Part, probabilities: Floats) -> Iterator[Place]:
        chosen = probabilities[part.at] >= self._finding.threshold
        at = part.at[chosen].tolist()
        if not at:
            return
        words = [part.words[n] for n in at]
        forms = [part.text[word.start : word.end].lower() for word in words]
        options = originals(self.encoder, self.swaps, part.ids, words, forms=forms, fits=part.fits[chosen])
        taken = {n for phrase in part.phrases for n in range(phrase.first, phrase.last + 1)}
        suspicious = dict(zip(at, options, strict=True))
        for first, last, before in widened(part.text, part.words, suspicious, self._paraphrases, taken):
            span = int(part.evidence.starts[first]), int(part.evidence.ends[last])
            yield Place(*span, float(probabilities[first : last + 1].max()), before)
