"""What a shipped encoder says of training windows: lessons for another to learn from, and which of them look odd.

Lessons are the deep encoder's for the light one. They are computed once (`encoders.lessons` computes them beforehand) and
kept by group of windows under `WORK/lessons`, named by the hashes of the teacher and of the windows, so that one process can
prepare them while another learns; a group that is not there yet is computed when it is asked for.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import Encoder
from detector.signals.wording.likelihood import mean_of_highest
from detector.training.code_version import code_version, file_version
from detector.training.encoders.labels import IGNORED, Example
from detector.training.encoders.windows import OddnessScore

SUSPICIOUS = 0.2  # probability from which the teacher is asked what stood there
CANDIDATES = 16
ODDEST = 3  # words by which a judge goes


@dataclass(frozen=True)
class Lesson:
    """Of one window: each token's probability of being put in, and at some places what stood there, with shares."""

    probability: NDArray[np.float16]
    places: NDArray[np.int32]
    candidates: NDArray[np.int32]  # [places, CANDIDATES]
    shares: NDArray[np.float16]


def open_encoder(path: Path, threads: int = 1) -> Encoder:
    """Return the encoder whose files are `PATH.onnx` and `PATH-vectors.npz`, with the tokenizer beside them."""
    body, vectors = (path.with_name(path.name + ending) for ending in (".onnx", "-vectors.npz"))
    return Encoder(body, vectors, path.with_name("tokenizer.json"), threads=threads)


def oddness_by(path: Path) -> OddnessScore:
    """Return a function that tells how odd the oddest words of a text look to an encoder."""
    encoder = open_encoder(path)

    def oddness(text: str) -> float:
        reading = encoder.encode([text])[0]
        return mean_of_highest(reading.logits[reading.first_tokens], ODDEST) if reading.words else -np.inf

    return oddness


class Teacher:
    def __init__(self, models: Path, cache: Path, name: str = "deep", threads: int = 1) -> None:
        files = file_version(models / file for file in (f"{name}.onnx", f"{name}-vectors.npz", "tokenizer.json"))
        code = code_version("detector.signals.wording.encoder", alone=("detector.training.encoders.teacher",))
        self.cache = cache / f"{files}-{code}"
        self.cache.mkdir(parents=True, exist_ok=True)
        self.encoder = open_encoder(models / name, threads)

    def lessons(self, batches: Sequence[Sequence[Example]]) -> list[list[Lesson]]:
        """Return one lesson a window, in the order of the batches. Compute and keep those that are not kept yet."""
        examples = [example for batch in batches for example in batch]
        digest = hashlib.sha256(repr([(example.ids, example.labels) for example in examples]).encode())
        path = self.cache / f"{digest.hexdigest()[:20]}.npz"
        if not path.exists():
            self._prepare(path, examples)
        with np.load(path, allow_pickle=False) as stored:
            ends, placed = np.cumsum(stored["tokens"])[:-1], np.cumsum(stored["counts"])[:-1]
            columns = [np.split(stored["probability"], ends)]
            columns += [np.split(stored[name], placed) for name in ("places", "candidates", "shares")]
        flat = iter([Lesson(*row) for row in zip(*columns, strict=True)])
        return [[next(flat) for _ in batch] for batch in batches]

    def _prepare(self, path: Path, examples: Sequence[Example]) -> None:
        lessons = [self._lesson(example) for example in examples]
        partial = path.with_suffix(f".{os.getpid()}.npz")  # another process may be at the same group
        arrays: dict[str, Any] = {
            name: np.concatenate([getattr(lesson, name) for lesson in lessons])
            for name in ("probability", "places", "candidates", "shares")
        }
        arrays["tokens"] = [len(lesson.probability) for lesson in lessons]
        arrays["counts"] = [len(lesson.places) for lesson in lessons]
        np.savez(partial, **arrays)
        partial.rename(path)

    def _lesson(self, example: Example) -> Lesson:
        logits, fits, _ = self.encoder.run(example.ids)
        probability = 1 / (1 + np.exp(-logits))
        labels = np.array(example.labels)
        places = np.flatnonzero((labels != IGNORED) & ((probability > SUSPICIOUS) | (labels == 1)))
        scores = fits[places] @ self.encoder.vectors.T + self.encoder.bias
        best = np.argpartition(-scores, CANDIDATES, axis=1)[:, :CANDIDATES]
        chosen = np.take_along_axis(scores, best, axis=1)
        shares = np.exp(chosen - chosen.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return Lesson(
            probability.astype(np.float16), places.astype(np.int32), best.astype(np.int32), shares.astype(np.float16)
        )
