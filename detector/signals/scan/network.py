"""The first stage's network, in numpy: log-odds of words and of windows. Trained in `detector.training.scan`.

A word's vector is compared, number by number, with what stands before it, after it, and in all of its window; then
convolutions with growing steps look at the places around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DILATIONS = (1, 2, 4)  # steps to the places that each convolution reads
NEAR = 3  # words on each side that a word is compared with
WINDOW = 128  # words, at most

#: The model's arrays with their dimensions; all but the vocabulary's first ones are small.
ARRAYS = {
    "words": 2, "prior": 1, "styles": 2, "before": 2, "after": 2, "topic": 2, "mix": 2, "mix_bias": 1, "around": 3,
    "around_bias": 2, "word": 1, "word_bias": 1, "window_hidden": 2, "window_hidden_bias": 1, "window": 1,
    "window_bias": 1,
}  # fmt: skip


class Reading(NamedTuple):
    """Log-odds of each word having been put in by a spinner, and of each window having been spun."""

    words: Floats
    windows: Floats


class Network:
    """Reads numbered words. Immutable, so thread- and fork-safe."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self._w: dict[str, Floats] = {name: np.ascontiguousarray(arrays[name], dtype=np.float32) for name in ARRAYS}

    def read(self, ids: NDArray[np.int32], styles: NDArray[np.int32]) -> Reading:
        """Return the log-odds of one word or more in a row, and of windows of at most `WINDOW` of them."""
        w, count = self._w, len(ids)
        starts, sizes = cut(count)
        size = w["words"].shape[1]
        padded = np.zeros((count + 2 * NEAR, size), np.float32)
        vectors = padded[NEAR:-NEAR]
        np.take(w["words"], ids, axis=0, out=vectors)
        met = np.empty((count, 4, size), np.float32)
        met[:, 0] = vectors
        near = np.empty((count, NEAR, size), np.float32)
        for at, first, name in ((1, 0, "before"), (2, NEAR + 1, "after")):
            for k in range(NEAR):
                near[:, k] = padded[first + k : first + k + count]
            np.multiply(near.reshape(count, -1) @ w[name], vectors, out=met[:, at])
        counts = sizes[:, None].astype(np.float32)
        topics = np.add.reduceat(vectors, starts, axis=0) / counts @ w["topic"]
        np.multiply(np.repeat(topics, sizes, axis=0), vectors, out=met[:, 3])
        hidden = met.reshape(count, -1) @ w["mix"]
        hidden += w["mix_bias"]
        hidden += w["styles"][styles]
        np.maximum(hidden, 0, out=hidden)
        width = hidden.shape[1]
        around = np.empty((count, 3, width), np.float32)
        for weights, bias, dilation in zip(w["around"], w["around_bias"], DILATIONS, strict=True):
            step = min(dilation, count)
            around[:step, 0] = 0
            around[step:, 0] = hidden[: count - step]
            around[:, 1] = hidden
            around[: count - step, 2] = hidden[step:]
            around[count - step :, 2] = 0
            added = around.reshape(count, -1) @ weights
            added += bias
            hidden += np.maximum(added, 0, out=added)
        words = np.add(hidden @ w["word"] + w["word_bias"], w["prior"][ids], dtype=np.float32)
        means = np.add.reduceat(hidden, starts, axis=0) / counts
        pooled = np.concatenate([means, np.maximum.reduceat(hidden, starts, axis=0)], axis=1)
        inner = np.maximum(pooled @ w["window_hidden"] + w["window_hidden_bias"], 0)
        return Reading(words, inner @ w["window"] + w["window_bias"])


def cut(count: int, most: int = WINDOW) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where parts of `count` words begin, and their sizes: as few parts as can be, and alike in size."""
    number = -(-count // most)
    starts = np.arange(number) * count // number
    return starts, np.diff(np.append(starts, count))
