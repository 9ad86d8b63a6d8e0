"""Turns a trained encoder into the files the program reads: int8 ONNX body, eight-bit word vectors, tokenizer.

Activations are quantised by run with one scale for a whole matrix, weights with one for each output, and BERT has a few
inputs that are tens of times louder than the rest, or weigh tens of times more: rounded together with them the others lose
most of what they say (`detector.training.parity` measures it). So the loud inputs of a layer, found on training text, are
multiplied apart, in float, and of the rest the louder ones are made quieter and their weights larger by as much.
"""

from __future__ import annotations

import argparse
import copy
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from detector.signals.wording.encoder import Output, open_tokenizer
from detector.training import data
from detector.training.encoder import SpunEncoder, pretrained

LOUD = 1.5  # times what the 17th loudest input of a layer takes, or weighs, at most: multiplied apart from there on
MOST_LOUD = 16  # by what it takes, and as many by what it weighs
EASED = 0.25  # power of an input's loudness that it is divided by; more, and the weights are rounded worse
QUIETEST = 0.01  # of the usual loudness: as quiet an input counts as
TEXTS = 48  # that loud inputs are looked for in
_CHARACTERS = 800  # of each


class _Body(nn.Module):
    """The encoder from word vectors on, as it is run: no token ids, no comparison with the vocabulary."""

    def __init__(self, encoder: SpunEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, vectors: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        hidden = self.encoder.body(inputs_embeds=vectors, attention_mask=mask).last_hidden_state
        return *self.encoder.heads(hidden, vectors), *([self.encoder.expect(hidden)] if self.encoder.expect else [])


@dataclass(frozen=True)
class Inputs:
    """Of one linear layer: which inputs are multiplied apart, and what each of the others is divided by."""

    loud: Tensor
    ease: Tensor


class Split(nn.Module):
    """A linear layer in two: its loud inputs, which stay in float, and the rest, eased, which may be quantised."""

    quiet: Tensor

    def __init__(self, layer: nn.Linear, inputs: Inputs) -> None:
        super().__init__()
        self.rest = copy.deepcopy(layer)
        self.which = inputs.loud
        self.any_loud = len(self.which) > 0
        self.loud = nn.Linear(len(self.which), layer.out_features, bias=False)
        self.register_buffer("quiet", (1 / inputs.ease).index_fill_(0, self.which, 0.0))
        with torch.no_grad():
            self.loud.weight.copy_(layer.weight[:, self.which])
            self.rest.weight.mul_(inputs.ease)
            self.rest.weight[:, self.which] = 0.0

    def forward(self, values: Tensor) -> Tensor:
        rest: Tensor = self.rest(values * self.quiet)
        return rest + self.loud(values.index_select(-1, self.which)) if self.any_loud else rest


def loudest(values: Tensor) -> Tensor:
    """Which are far above all but a few."""
    usual = values.topk(MOST_LOUD + 1).values[-1]
    return values > LOUD * usual


@torch.no_grad()
def loud_inputs(encoder: SpunEncoder, texts: Sequence[Sequence[int]]) -> dict[str, Inputs]:
    """Of each linear layer, the inputs that are far louder than the rest or weigh far more, and how loud the rest are."""
    layers = {name: layer for name, layer in encoder.named_modules() if isinstance(layer, nn.Linear)}
    largest: dict[str, Tensor] = {name: torch.zeros(layer.in_features) for name, layer in layers.items()}

    def listen(name: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        largest[name] = torch.maximum(largest[name], inputs[0].abs().amax(dim=(0, 1)))

    hooks = [layer.register_forward_pre_hook(partial(listen, name)) for name, layer in layers.items()]
    for ids in texts:
        read = torch.tensor([ids])
        hidden = encoder.hidden(read, torch.ones_like(read))
        encoder.heads(hidden, encoder.words[read])
        if encoder.expect:
            encoder.expect(hidden)
    for hook in hooks:
        hook.remove()
    found = {}
    for name, values in largest.items():
        loud = (loudest(values) | loudest(layers[name].weight.abs().amax(dim=0))).nonzero()[:, 0]
        ease = (values / values.median().clamp(min=1e-6)).clamp(min=QUIETEST) ** EASED
        found[name] = Inputs(loud, ease)
    return found


def split(encoder: SpunEncoder, texts: Sequence[Sequence[int]]) -> None:
    for name, inputs in loud_inputs(encoder, texts).items():
        owner, _, attribute = name.rpartition(".")
        module = encoder.get_submodule(owner)
        setattr(module, attribute, Split(encoder.get_submodule(name), inputs))  # type: ignore[arg-type]


def training_texts(folder: Path, tokenizer: Tokenizer) -> Iterator[list[int]]:
    """The beginnings of some texts the encoders learned from, of every register."""
    for source in (source for source in data.SOURCES if source.encoder):
        for text in islice(data.read(folder, source, "encoder"), -(-TEXTS // 16)):
            yield tokenizer.encode(text.text[:_CHARACTERS]).ids[:256]


def export_body(encoder: SpunEncoder, path: Path, texts: Sequence[Sequence[int]]) -> None:
    """`texts` are what loud inputs are looked for in; without texts they are rounded together with the rest."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    encoder.eval()
    encoder.body.set_attn_implementation("eager")
    if texts:
        split(encoder, texts)
    width = encoder.words.shape[1]
    example = (torch.randn(2, 16, width), torch.ones(2, 16, dtype=torch.long))
    outputs = Output._fields if encoder.expect else Output._fields[:2]
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.onnx"
        torch.onnx.export(
            _Body(encoder),
            example,
            str(whole),
            input_names=["vectors", "mask"],
            output_names=list(outputs),
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("vectors", "mask", *outputs)},
            opset_version=17,
            dynamo=False,
        )
        nodes: Any = onnx.load(str(whole)).graph.node
        apart = [node.name for node in nodes if node.name.endswith("/loud/MatMul")]
        # Seven bits for the weights: without VNNI eight by eight bits overflow, and machines would disagree.
        quantize_dynamic(
            whole, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8, nodes_to_exclude=apart
        )


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
    parser.add_argument("--data", type=Path, required=True, help="loud inputs are looked for in some of its texts")
    parser.add_argument("--together", action="store_true", help="round loud inputs with the rest, to see what it costs")
    parser.add_argument("--name", default="light")
    parser.add_argument("--out", type=Path, default=Path("models"))
    options = parser.parse_args()
    encoder = load_checkpoint(options.checkpoint, options.start, options.layers)
    options.out.mkdir(exist_ok=True)
    tokenizer = open_tokenizer(options.tokenizer)
    export_vectors(encoder, options.out / f"{options.name}-vectors.npz")
    texts = [] if options.together else list(training_texts(options.data, tokenizer))
    export_body(encoder, options.out / f"{options.name}.onnx", texts)
    if options.tokenizer.resolve() != (options.out / "tokenizer.json").resolve():
        shutil.copyfile(options.tokenizer, options.out / "tokenizer.json")


if __name__ == "__main__":
    main()
