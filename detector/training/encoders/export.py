"""Turns a trained encoder into the files the program reads: int8 ONNX body, eight-bit word vectors, tokenizer.

Activations are quantised by run with one scale for a whole matrix, weights with one for each output, and BERT has a few
inputs that are tens of times larger than the rest, or have weights that are: rounded together with them the others lose most
of what they say (`detector.training.encoders.parity` measures it). So the outlier channels of a layer, found on training text,
are multiplied apart, in float. Of the rest the larger ones are divided by a scale that their weights are multiplied by. Then
the weights are rounded so that their errors cancel (`detector.training.encoders.rounding`).
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from detector.runtime.tokenizer import open_tokenizer
from detector.training.data import splits as data
from detector.training.encoders.graph import write_graph
from detector.training.encoders.model import SpunEncoder, pretrained
from detector.training.encoders.outlier_channels import split_outlier_channels
from detector.training.encoders.rounding import round_encoder

TEXTS = 6  # of each source, in which outlier channels are looked for and that rounding is made good on
_CHARACTERS = 800  # of each


def training_texts(folder: Path, tokenizer: Tokenizer) -> Iterator[list[int]]:
    """Yield the tokens of the beginnings of some texts that the encoders learned from, of every register."""
    for source in (source for source in data.SOURCES if source.encoder):
        for text in islice(data.read(folder, source, "encoder"), TEXTS):
            yield tokenizer.encode(text.text[:_CHARACTERS]).ids[:256]


def export_body(encoder: SpunEncoder, path: Path, texts: Sequence[Sequence[int]], *, nearest: bool = False) -> None:
    """Write the body of an encoder as int8 ONNX.

    Outlier channels are looked for in `texts` (token ids), and rounding is made good on them. Without texts outlier
    channels are rounded together with the rest, and every weight to the nearest level; `nearest` does the second alone.
    """
    encoder.eval()
    encoder.body.set_attn_implementation("eager")
    if texts:
        split_outlier_channels(encoder, texts)
    write_graph(encoder, round_encoder(encoder, texts) if texts and not nearest else {}, path)


def export_vectors(encoder: SpunEncoder, path: Path) -> None:
    vectors = encoder.words.detach().float().numpy()
    scale = np.abs(vectors).max(axis=1) / 127
    scale[scale == 0] = 1
    rounded = np.round(vectors / scale[:, None]).astype(np.int8)
    bias = encoder.bias.detach().float().numpy()
    np.savez(path, vectors=rounded, scale=scale.astype(np.float32), bias=bias.astype(np.float32))


def load_checkpoint(checkpoint: Path, start: str, layers: int = 12) -> SpunEncoder:
    weights = torch.load(checkpoint, weights_only=True)["model"]
    encoder = pretrained(start, layers, expects=any(name.startswith("expect.") for name in weights))
    encoder.load_state_dict(weights)
    return encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--start", default="minilm", help="what the training started from: minilm, or a folder")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="some of its texts show the outlier channels")
    parser.add_argument(
        "--together", action="store_true", help="round outlier channels with the rest, to see what it costs"
    )
    parser.add_argument(
        "--nearest", action="store_true", help="round every weight to the nearest, to see what it costs"
    )
    parser.add_argument("--name", default="light")
    parser.add_argument("--out", type=Path, default=Path("models"))
    options = parser.parse_args()
    encoder = load_checkpoint(options.checkpoint, options.start, options.layers)
    options.out.mkdir(exist_ok=True)
    tokenizer = open_tokenizer(options.tokenizer)
    export_vectors(encoder, options.out / f"{options.name}-vectors.npz")
    texts = [] if options.together else list(training_texts(options.data, tokenizer))
    export_body(encoder, options.out / f"{options.name}.onnx", texts, nearest=options.nearest)
    if options.tokenizer.resolve() != (options.out / "tokenizer.json").resolve():
        shutil.copyfile(options.tokenizer, options.out / "tokenizer.json")


if __name__ == "__main__":
    main()
