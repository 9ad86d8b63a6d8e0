"""GGUF files: settings, tensors in each way they are stored, and what is no such file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detector.signals.last_reader.gguf import GgufError, read

Write = Callable[..., Path]
HALF, ONE = np.float16(0.5).tobytes(), np.float16(1).tobytes()


def test_settings_and_tensors_are_read_as_they_were_written(write: Write) -> None:
    floats = np.arange(64, dtype=np.float32).reshape(2, 32)
    whole = HALF + np.arange(-16, 16, dtype=np.int8).tobytes()
    nibbles = HALF + ONE + bytes(low | (15 - low) << 4 for low in range(16))
    path = write(
        {"general.name": "Tiny", "llama.block_count": 2, "tokenizer.ggml.tokens": ["a", "Ġb"]},
        {"float": (0, (2, 32), floats.tobytes()), "eight": (8, (1, 32), whole), "four": (3, (32,), nibbles)},
    )
    found = read(path)
    assert found.settings == {"general.name": "Tiny", "llama.block_count": 2, "tokenizer.ggml.tokens": ["a", "Ġb"]}
    assert (found.tensor("float") == floats).all()
    assert found.tensor("eight").tolist() == [[value / 2 for value in range(-16, 16)]]
    assert found.tensor("four").tolist() == [1 + level / 2 for level in [*range(16), *range(15, -1, -1)]]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"GGML" + bytes(60), "no GGUF file"),
        (b"GGUF\x02\0\0\0" + bytes(60), "version 2"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 60, "cut off or damaged"),
        (b"GGUF\x03\0", "cut off or damaged"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError, match=problem):
        read(path)


def test_a_file_that_is_cut_off_is_refused_when_the_tensor_is_read(write: Write) -> None:
    path = write({}, {"float": (0, (1, 32), bytes(128)), "odd": (12, (1, 32), bytes(128))})
    path.write_bytes(path.read_bytes()[:-200])
    found = read(path)
    for name, problem in (("float", "cut off"), ("odd", "type 12"), ("none", "has no tensor none")):
        with pytest.raises(GgufError, match=problem):
            found.tensor(name)
