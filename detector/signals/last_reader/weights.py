"""The weights of the language model as its graph reads them: seven bits a number, in one file beside the graph.

The graph comes with the package and has no weights: it names each tensor, and where in the file it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.signals.last_reader.gguf import Gguf

FILE = "weights.bin"
TOP = 64  # the highest level: with eight bits, processors without VNNI would overflow
PAGE = 4096  # bytes; tensors begin at a page, so that they are mapped and not copied


class Shape(NamedTuple):
    """Of a model like Llama: how many numbers each part has."""

    layers: int = 30
    width: int = 576
    inner: int = 1536
    heads: int = 9
    key_heads: int = 3
    vocabulary: int = 49152
    theta: float = 100_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def key_width(self) -> int:
        return self.key_heads * self.head_width


SMOLLM2 = Shape()
_SETTINGS = {
    "layers": "block_count",
    "width": "embedding_length",
    "inner": "feed_forward_length",
    "heads": "attention.head_count",
    "key_heads": "attention.head_count_kv",
    "vocabulary": "vocab_size",
    "theta": "rope.freq_base",
}


class Tensor(NamedTuple):
    """One tensor of the file."""

    name: str
    kind: type[np.generic]
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return int(np.prod(self.shape)) * np.dtype(self.kind).itemsize


def layout(shape: Shape) -> Iterator[tuple[Tensor, int]]:
    """Yield the tensors of the file in order, with the byte at which each begins."""
    at = 0
    for tensor in _tensors(shape):
        yield tensor, at
        at += -(-tensor.bytes // PAGE) * PAGE


def shape_of(model: Gguf) -> Shape:
    """Return the shape that a file says its model has; one that is not said is as SmolLM2's."""
    said = {field: model.settings.get(f"llama.{name}") for field, name in _SETTINGS.items()}
    return SMOLLM2._replace(**{field: value for field, value in said.items() if value is not None})


def write_weights(model: Gguf, out: BinaryIO) -> None:
    """Write the tensors of a model. Raises GgufError where it lacks one."""
    shape = shape_of(model)
    for (tensor, at), (name, values) in zip(layout(shape), _convert(model, shape), strict=True):
        assert (tensor.name, tensor.shape) == (name, values.shape)
        out.write(b"\0" * (at - out.tell()))
        out.write(np.ascontiguousarray(values, dtype=tensor.kind).tobytes())


def _tensors(shape: Shape) -> Iterator[Tensor]:
    def product(name: str, inputs: int, outputs: int) -> Iterator[Tensor]:
        yield Tensor(f"{name}.levels", np.int8, (inputs, outputs))
        yield Tensor(f"{name}.scale", np.float32, (outputs,))

    yield Tensor("words.levels", np.int8, (shape.vocabulary, shape.width))
    yield from product("head", shape.width, shape.vocabulary)
    yield Tensor("norm", np.float32, (shape.width,))
    for number in range(shape.layers):
        yield from product(f"{number}.attend", shape.width, shape.width + 2 * shape.key_width)
        yield from product(f"{number}.attended", shape.width, shape.width)
        yield from product(f"{number}.widen", shape.width, 2 * shape.inner)
        yield from product(f"{number}.narrow", shape.inner, shape.width)
        yield Tensor(f"{number}.norm", np.float32, (shape.width,))
        yield Tensor(f"{number}.middle_norm", np.float32, (shape.width,))


def _convert(model: Gguf, shape: Shape) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the tensors of `layout` with their values."""

    def product(name: str, weights: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[Any]]]:
        levels, scale = _round(weights)
        yield f"{name}.levels", levels.T
        yield f"{name}.scale", scale

    words = model.tensor("token_embd.weight")
    yield "words.levels", _round(words)[0]
    yield from product("head", words)
    yield "norm", model.tensor("output_norm.weight")
    for number in range(shape.layers):
        at = f"blk.{number}"
        query, key, value = (model.tensor(f"{at}.attn_{part}.weight") for part in "qkv")
        turned = (_halves(query, shape.heads), _halves(key, shape.key_heads))
        yield from product(f"{number}.attend", np.concatenate([*turned, value]))
        yield from product(f"{number}.attended", model.tensor(f"{at}.attn_output.weight"))
        gate, up = (model.tensor(f"{at}.ffn_{part}.weight") for part in ("gate", "up"))
        yield from product(f"{number}.widen", np.concatenate([gate, up]))
        yield from product(f"{number}.narrow", model.tensor(f"{at}.ffn_down.weight"))
        yield f"{number}.norm", model.tensor(f"{at}.attn_norm.weight")
        yield f"{number}.middle_norm", model.tensor(f"{at}.ffn_norm.weight")


def _round(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return whole numbers [outputs, inputs] and what each output is to be multiplied with."""
    scale = np.maximum(np.abs(weights).max(axis=1), np.float32(1e-12)) / TOP
    return np.rint(weights / scale[:, None]).astype(np.int8), scale


def _halves(weights: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Put the numbers of a head that are turned together half a head apart; llama.cpp has them side by side."""
    by_pair = weights.reshape(heads, -1, 2, weights.shape[1])
    return by_pair.swapaxes(1, 2).reshape(weights.shape)


def size(path: Path) -> int:
    return path.stat().st_size
