"""Turns a trained encoder into the files the program reads: int8 ONNX body, eight-bit word vectors, tokenizer."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from detector.training.encoder import SpunEncoder, from_bert, from_minilm


class _Body(nn.Module):
    """The encoder from word vectors on, as it is run: no token ids, no comparison with the vocabulary."""

    def __init__(self, encoder: SpunEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, vectors: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder.heads(
            self.encoder.body(inputs_embeds=vectors, attention_mask=mask).last_hidden_state, vectors
        )


def export_body(encoder: SpunEncoder, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    encoder.eval()
    encoder.body.set_attn_implementation("eager")
    width = encoder.words.shape[1]
    example = (torch.randn(2, 16, width), torch.ones(2, 16, dtype=torch.long))
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.onnx"
        torch.onnx.export(
            _Body(encoder),
            example,
            str(whole),
            input_names=["vectors", "mask"],
            output_names=["logits", "fits"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("vectors", "mask", "logits", "fits")},
            opset_version=17,
            dynamo=False,
        )
        # Seven bits for the weights: without VNNI eight by eight bits overflow, and machines would disagree.
        quantize_dynamic(whole, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def export_vectors(encoder: SpunEncoder, path: Path) -> None:
    vectors = encoder.words.detach().float().numpy()
    scale = np.abs(vectors).max(axis=1) / 127
    scale[scale == 0] = 1
    rounded = np.round(vectors / scale[:, None]).astype(np.int8)
    bias = encoder.bias.detach().float().numpy()
    np.savez(path, vectors=rounded, scale=scale.astype(np.float32), bias=bias.astype(np.float32))


def load_checkpoint(checkpoint: Path, start: str, layers: int = 12) -> SpunEncoder:
    encoder = from_minilm() if start == "minilm" else from_bert(Path(start), layers)
    encoder.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--start", default="minilm", help="what the training started from: minilm, or a folder")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--name", default="light")
    parser.add_argument("--out", type=Path, default=Path("models"))
    options = parser.parse_args()
    encoder = load_checkpoint(options.checkpoint, options.start, options.layers)
    options.out.mkdir(exist_ok=True)
    export_body(encoder, options.out / f"{options.name}.onnx")
    export_vectors(encoder, options.out / f"{options.name}-vectors.npz")
    if options.tokenizer.resolve() != (options.out / "tokenizer.json").resolve():
        shutil.copyfile(options.tokenizer, options.out / "tokenizer.json")


if __name__ == "__main__":
    main()
