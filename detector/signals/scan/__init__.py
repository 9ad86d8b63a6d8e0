"""The first stage: reads every document at some hundred thousand words a second, and says which may be spun at all.

It knows words and the few words around them, so it finds heavy spinning and not light one. It makes no verdict of a
document that may be spun: the encoders read that one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from detector.model_files import Manifest, load_arrays, read_lines, require_lengths
from detector.report import Status
from detector.signals import Feature, Measurement
from detector.signals.scan.features import COUNT, summarise
from detector.signals.scan.measurement import ScanMeasurement
from detector.signals.scan.network import ARRAYS, WINDOW, Floats, Network, Reading, cut
from detector.signals.scan.phrases import PhraseNumbers
from detector.signals.scan.words import Ids, Vocabulary
from detector.text.document import Document

NAME, FILE = "scan", "scan.npz"
FEATURES = (
    Feature("scan.log_odds", "log-odds", "what the first stage makes of the words and of the few words around them"),
)
#: Words of a section. Each is read and judged by itself: what fits into a processor's cache, and about as long as the
#: documents that the classifier was fitted on.
SECTION = 4 * WINDOW
LARGEST = 12.0  # log-odds; beyond them they say nothing more
_CLASSIFIER = {"mean": 1, "scale": 1, "hidden": 2, "hidden_bias": 1, "output": 1, "output_bias": 1}


class Scanner:
    """The first stage's model: text in, log-odds of its being spun out. Immutable, so thread- and fork-safe."""

    def __init__(self, path: Path) -> None:
        """Open the model. Raise ModelError, naming the file, when it is not whole."""
        arrays = load_arrays(path, forms=1, word_scales=1, phrases=1, phrase_starts=1, **ARRAYS, **_CLASSIFIER)
        self._vocabulary = Vocabulary(read_lines(path, arrays["forms"]))
        sizes = {name: len(arrays[name]) for name in ("words", "word_scales", "prior")}
        require_lengths(path, **sizes, vocabulary=len(self._vocabulary))
        require_lengths(path, mean=len(arrays["mean"]), scale=len(arrays["scale"]), features=COUNT)
        words = arrays["words"].astype(np.float32) * arrays["word_scales"].astype(np.float32)[:, None]
        self._network = Network({**arrays, "words": words})
        self._phrases = PhraseNumbers(arrays["phrases"], arrays["phrase_starts"])
        self._classifier = {name: arrays[name].astype(np.float64) for name in _CLASSIFIER}
        self._threads = ThreadpoolController()

    def log_odds(self, texts: Sequence[str]) -> list[float]:
        """Return the log-odds of each text being spun: those of its strongest section, less what chance gives to many.

        A text without words has the lowest there are.
        """
        return [log_odds for log_odds, _ in self.read(texts)]

    def read(self, texts: Sequence[str]) -> list[tuple[float, Floats]]:
        """Return the log-odds of each text, and those of each of its words having been put in, in order."""
        # The matrices are small: several threads would wait for each other.
        with self._threads.limit(limits=1, user_api="blas"):
            sections = [self._sections(text) for text in texts]
        return [(self.judge(features, self._classifier), words) for features, words in sections]

    def features(self, text: str) -> NDArray[np.float64]:
        """Return what the classifier reads of each section of a text."""
        return self._sections(text)[0]

    def _sections(self, text: str) -> tuple[NDArray[np.float64], Floats]:
        ids, styles = self._vocabulary.read(text)
        if not len(ids):
            return np.zeros((0, COUNT)), np.zeros(0, np.float32)
        parts = [slice(start, start + size) for start, size in zip(*cut(len(ids), SECTION), strict=True)]
        readings = [self._network.read(ids[part], styles[part]) for part in parts]
        features = [
            self._summarise(reading, ids[part], styles[part]) for reading, part in zip(readings, parts, strict=True)
        ]
        return np.array(features), np.concatenate([reading.words for reading in readings])

    @staticmethod
    def judge(features: NDArray[np.float64], classifier: Mapping[str, NDArray[Any]]) -> float:
        """Return the log-odds of a document from what `features` returns."""
        if not len(features):
            return -LARGEST
        c = classifier
        hidden = np.tanh((features - c["mean"]) / c["scale"] @ c["hidden"] + c["hidden_bias"])
        strongest = float((hidden @ c["output"] + c["output_bias"]).max())
        return min(max(strongest - log(len(features)), -LARGEST), LARGEST)

    def _summarise(self, reading: Reading, ids: Ids, styles: Ids) -> NDArray[np.float64]:
        known = float((ids < len(self._vocabulary.forms)).mean())
        return summarise(reading, styles, self._phrases.count(ids), known)


class ScanSignal:
    """Measures with the first stage. Thread- and fork-safe. Pickles with its model."""

    name = NAME
    features = FEATURES

    def __init__(self, manifest: Manifest) -> None:
        """Open the model that the manifest names. Raise ModelError, naming the file or key that is wrong."""
        self._scanner = Scanner(manifest.checked(manifest.section(NAME).text("model")))

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        read = self._scanner.read([document.prose.text for document in documents])
        return [
            ScanMeasurement(
                Status.OK,
                f"{len(document.words):,} words",
                {FEATURES[0].name: round(value, 4)},
                log_odds=value,
                words=words,
            )
            for document, (value, words) in zip(documents, read, strict=True)
        ]

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""
