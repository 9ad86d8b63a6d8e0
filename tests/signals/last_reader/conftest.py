"""A small file of a language model, and a session that says of a token what it would if it looked at all it may look at."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from detector.signals.last_reader.model import LanguageModel

Write = Callable[[Mapping[str, Any], Mapping[str, tuple[int, tuple[int, ...], bytes]]], Path]


class Looking:
    """Stands in for the session: the answer for a row depends on the tokens that its mask lets it see, and on their places."""

    def __init__(self) -> None:
        self.longest = 0

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self.longest = max(self.longest, len(inputs["ids"]))
        places = np.round(np.arctan2(inputs["sines"][:, 0], inputs["cosines"][:, 0]), 3)
        said = []
        for row, target in zip(inputs["rows"], inputs["targets"], strict=True):
            seen = inputs["mask"][row] == 0
            tokens = sorted(zip(places[seen].tolist(), inputs["ids"][seen].tolist(), strict=True))
            said.append(-float(hash((tuple(tokens), int(target))) % 997))
        return [np.array(said, dtype=np.float32)]


@pytest.fixture(scope="session")
def bytewise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer that takes each letter for a token, and knows a few words."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<|endoftext|>", *alphabet, "Ġt", "he", "Ġthe"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("Ġ", "t"), ("h", "e"), ("Ġt", "he")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture
def looking(bytewise: Path, monkeypatch: pytest.MonkeyPatch) -> LanguageModel:
    session = Looking()
    monkeypatch.setattr("detector.signals.last_reader.model.Session", lambda path, threads: session)
    model = LanguageModel(Path("none.onnx"), bytewise)
    model.session = session  # type: ignore[attr-defined]
    return model


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a GGUF file of settings (texts, whole numbers, lists of texts) and of tensors (type, shape, bytes)."""

    def text(value: str) -> bytes:
        raw = value.encode()
        return struct.pack("<Q", len(raw)) + raw

    def setting(value: Any) -> bytes:
        if isinstance(value, str):
            return struct.pack("<I", 8) + text(value)
        if isinstance(value, list):
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
        return struct.pack("<II", 4, value)

    def made(settings: Mapping[str, Any], tensors: Mapping[str, tuple[int, tuple[int, ...], bytes]]) -> Path:
        head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(settings))
        head += b"".join(text(name) + setting(value) for name, value in settings.items())
        at = 0
        data = b""
        for name, (kind, shape, raw) in tensors.items():
            head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
            head += struct.pack("<IQ", kind, at)
            data += raw + b"\0" * (-len(raw) % 32)
            at = len(data)
        path = tmp_path / "model.gguf"
        path.write_bytes(head + b"\0" * (-len(head) % 32) + data)
        return path

    return made
