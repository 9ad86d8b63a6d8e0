"""The first stage in torch, for training. `detector.signals.scan.network` computes the same in numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from detector.signals.scan.network import DILATIONS, NEAR
from detector.signals.scan.words import STYLES, SUFFIXES, suffix

DIMENSIONS, WIDTH, HEAD = 64, 128, 64


class Scan(nn.Module):
    """Word log-odds and window log-odds from the numbers and styles of words.

    A word meets what stands before it, after it, and all words of its window in products of vectors; then convolutions
    with growing steps, added to what they read, look at the places around it.
    """

    def __init__(self, size: int, dimensions: int = DIMENSIONS, width: int = WIDTH) -> None:
        super().__init__()
        self.words = nn.Embedding(size, dimensions)
        self.prior = nn.Embedding(size, 1)
        self.styles = nn.Embedding(STYLES, width)
        self.before = nn.Linear(NEAR * dimensions, dimensions, bias=False)
        self.after = nn.Linear(NEAR * dimensions, dimensions, bias=False)
        self.topic = nn.Linear(dimensions, dimensions, bias=False)
        self.mix = nn.Linear(4 * dimensions, width)
        self.around = nn.ModuleList(nn.Linear(3 * width, width) for _ in DILATIONS)
        self.word = nn.Linear(width, 1)
        self.window_hidden = nn.Linear(2 * width, HEAD)
        self.window = nn.Linear(HEAD, 1)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.zeros_(self.prior.weight)
        nn.init.normal_(self.styles.weight, std=0.1)
        nn.init.constant_(self.word.bias, -2.5)

    def forward(self, ids: Tensor, styles: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-odds [windows, words] and [windows]. `mask` is 1 where there is a word."""
        there = mask.unsqueeze(-1)
        vectors = self.words(ids) * there
        before = torch.cat([shift(vectors, k - NEAR) for k in range(NEAR)], -1)
        after = torch.cat([shift(vectors, k + 1) for k in range(NEAR)], -1)
        counts = there.sum(1, keepdim=True).clamp_min(1)
        topic = self.topic(vectors.sum(1, keepdim=True) / counts)
        met = [vectors, vectors * self.before(before), vectors * self.after(after), vectors * topic]
        hidden = functional.relu(self.mix(torch.cat(met, -1)) + self.styles(styles)) * there
        for layer, step in zip(self.around, DILATIONS, strict=True):
            near = torch.cat([shift(hidden, -step), hidden, shift(hidden, step)], -1)
            hidden = (hidden + functional.relu(layer(near))) * there
        words = (self.word(hidden) + self.prior(ids)).squeeze(-1)
        pooled = torch.cat([hidden.sum(1) / counts.squeeze(1), hidden.amax(1)], -1)
        return words, self.window(functional.relu(self.window_hidden(pooled))).squeeze(-1)


def shift(values: Tensor, by: int) -> Tensor:
    """Return, at each place, the value that stands `by` places later; nothing stands outside."""
    length = values.shape[1]
    by = max(-length, min(by, length))
    if by < 0:
        return functional.pad(values[:, : length + by], (0, 0, -by, 0))
    return functional.pad(values[:, by:], (0, 0, 0, by))


def start_vectors(
    forms: list[str], vectors: Path, tokenizer: Tokenizer, dimensions: int = DIMENSIONS
) -> NDArray[np.float32]:
    """Return the light encoder's vectors of the words, in their `dimensions` principal directions.

    A word of several pieces gets their mean; a suffix the mean of the words that have it.
    """
    stored = np.load(vectors)
    pieces = stored["vectors"].astype(np.float32) * stored["scale"][:, None]
    encoded = tokenizer.encode_batch([form.replace("0", "1") for form in forms], add_special_tokens=False)
    of_words = np.stack([pieces[encoding.ids or [0]].mean(0) for encoding in encoded])
    of_words -= of_words.mean(0)
    _, directions = np.linalg.eigh(of_words.T @ of_words)
    of_words = of_words @ directions[:, -dimensions:]
    of_words /= of_words.std() * 2
    ends = np.array([suffix(form) for form in forms])
    of_suffixes = np.zeros((SUFFIXES, dimensions), np.float32)
    np.add.at(of_suffixes, ends, of_words)
    of_suffixes /= np.maximum(np.bincount(ends, minlength=SUFFIXES), 1)[:, None]
    return np.concatenate([of_words, of_suffixes]).astype(np.float32)


def arrays(model: Scan) -> Mapping[str, NDArray[np.float32]]:
    """Return the model's weights as the network in numpy has them: inputs first, outputs last."""
    state = {name: value.float().numpy() for name, value in model.state_dict().items()}
    result = {"words": state["words.weight"], "prior": state["prior.weight"][:, 0], "styles": state["styles.weight"]}
    for name in ("before", "after", "topic"):
        result[name] = state[f"{name}.weight"].T
    for name in ("mix", "window_hidden"):
        result[name], result[f"{name}_bias"] = state[f"{name}.weight"].T, state[f"{name}.bias"]
    result["around"] = np.stack([state[f"around.{number}.weight"].T for number in range(len(DILATIONS))])
    result["around_bias"] = np.stack([state[f"around.{number}.bias"] for number in range(len(DILATIONS))])
    for name in ("word", "window"):
        result[name], result[f"{name}_bias"] = state[f"{name}.weight"][0], state[f"{name}.bias"]
    return result
