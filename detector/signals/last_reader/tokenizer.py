"""The tokenizer of the language model, from the vocabulary in its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detector.signals.last_reader.gguf import GgufError

_KIND = "tokenizer.ggml"


def write_tokenizer(settings: Mapping[str, Any], path: Path) -> None:
    """Write a `tokenizer.json`: pairs of bytes are joined, each digit is by itself. Raises GgufError for another kind."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    kind = settings.get(f"{_KIND}.model"), settings.get(f"{_KIND}.pre")
    if kind != ("gpt2", "smollm"):
        raise GgufError(f"has a tokenizer of the kind {kind[0]}, {kind[1]}, which is not read here")
    tokens, merges = settings[f"{_KIND}.tokens"], settings[f"{_KIND}.merges"]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={token: number for number, token in enumerate(tokens)},
            merges=[tuple(merge.split(" ", 1)) for merge in merges],
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False),
        ]
    )
    tokenizer.save(str(path))
