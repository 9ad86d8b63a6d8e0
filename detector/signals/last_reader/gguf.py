"""Reads GGUF, the file format of llama.cpp: settings, a vocabulary, and tensors in few bits a number.

Only what the language model here is stored in: version 3, little-endian, tensors of the types F32, Q8_0 and Q4_1. The package
`gguf` would read all of it; it brings requests, yaml and tqdm, and takes seconds for a vocabulary.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION = b"GGUF", 3
BLOCK = 32  # numbers that share a scale
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


class GgufError(ValueError):
    """Says what of a file is not as it should be."""


class _Stored(NamedTuple):
    shape: tuple[int, ...]  # rows first, as numpy has it
    kind: int
    offset: int


@dataclass(frozen=True)
class Gguf:
    """An open file. `settings` by name; tensors are read when asked for."""

    settings: dict[str, Any]
    _tensors: dict[str, _Stored]
    _bytes: mmap.mmap

    def tensor(self, name: str) -> NDArray[np.float32]:
        """Return a tensor in float, outputs first. Raises GgufError where it is missing, cut off, or of another type."""
        if name not in self._tensors:
            raise GgufError(f"has no tensor {name}")
        stored = self._tensors[name]
        count = int(np.prod(stored.shape))
        if stored.kind not in _TYPES:
            raise GgufError(f"tensor {name} is of type {stored.kind}, which is not read here")
        size, decode = _TYPES[stored.kind]
        length = count // BLOCK * size
        if stored.offset + length > len(self._bytes):
            raise GgufError(f"is cut off before the end of tensor {name}")
        raw = np.frombuffer(self._bytes, np.uint8, length, stored.offset)
        return decode(raw.reshape(-1, size)).reshape(stored.shape)


def read(path: Path) -> Gguf:
    """Read settings and the list of tensors. Raises OSError, and GgufError for what is no such file or is cut off."""
    with path.open("rb") as stream:
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _Reader(content).read()
    except (struct.error, UnicodeDecodeError, KeyError) as error:
        raise GgufError("is cut off or damaged") from error


class _Reader:
    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = 0

    def read(self) -> Gguf:
        if self._content[:4] != MAGIC:
            raise GgufError("is no GGUF file")
        self._at = 4
        (version,) = self._take("I")
        if version != VERSION:
            raise GgufError(f"has version {version} of GGUF, not {VERSION}")
        tensors, settings = self._take("QQ")
        found = {self._string(): self._value(*self._take("I")) for _ in range(settings)}
        listed = [self._tensor() for _ in range(tensors)]
        unit = int(found.get("general.alignment", BLOCK))
        start = -(-self._at // unit) * unit
        return Gguf(found, {name: one._replace(offset=one.offset + start) for name, one in listed}, self._content)

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _string(self) -> str:
        (length,) = self._take("Q")
        self._at += length
        return self._content[self._at - length : self._at].decode()

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            of, length = self._take("IQ")
            if of in (_STRING, _ARRAY):
                return [self._value(of) for _ in range(length)]
            return list(self._take(f"{length}{_SCALARS[of]}"))
        return self._take(_SCALARS[kind])[0]

    def _tensor(self) -> tuple[str, _Stored]:
        name = self._string()
        (dimensions,) = self._take("I")
        shape = self._take(f"{dimensions}Q")
        kind, offset = self._take("IQ")
        return name, _Stored(tuple(reversed(shape)), kind, offset)


def _f32(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    return blocks.view(np.float32).copy()


def _q8_0(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Decode a scale in half precision and 32 signed bytes."""
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    result: NDArray[np.float32] = blocks[:, 2:].view(np.int8) * scale
    return result


def _q4_1(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Decode a scale and a minimum in half precision, and 16 bytes: of the first half the low four bits, then the high."""
    scale, least = (blocks[:, at : at + 2].copy().view(np.float16).astype(np.float32) for at in (0, 2))
    levels = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    result: NDArray[np.float32] = levels * scale + least
    return result


_TYPES: Final[dict[int, tuple[int, Callable[[NDArray[np.uint8]], NDArray[np.float32]]]]] = {
    0: (4 * BLOCK, _f32),
    3: (4 + BLOCK // 2, _q4_1),
    8: (2 + BLOCK, _q8_0),
}
