"""Writes an encoder as the ONNX graph that ONNX Runtime runs fastest, node by node.

What an exporter makes of the float model is right, but a third slower: it works out shapes at run time, masks a text that has
no padding, and leaves every bias and residual to a pass of its own. Here a text is one matrix [tokens, channels], products in
eight bits are the runtime's own fused ones, and what is multiplied apart in float is added in the product that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detector.signals.wording.encoder import Output
from detector.training.encoders.model import OPINION_SCALE, SpunEncoder
from detector.training.encoders.outlier_channels import SplitLinear
from detector.training.encoders.rounding import TOP, Rounded

OPSET, IR_VERSION = 17, 8
RUNTIME = "com.microsoft"  # the domain of ONNX Runtime's own operators
POSITIONS = "body.embeddings.position_embeddings.weight"
TOKEN_TYPES = "body.embeddings.token_type_embeddings.weight"


class Quantised(NamedTuple):
    """Activations in eight bits, with their scale and zero: names of tensors."""

    values: str
    scale: str
    zero: str


@dataclass
class GraphWriter:
    """Nodes and initializers of a graph that is being written; what is added returns the name of its result."""

    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    _quantised: dict[tuple[str, bytes], Quantised] = field(default_factory=dict)
    _gathered: dict[tuple[str, bytes], str] = field(default_factory=dict)

    def store(self, name: str, values: NDArray[Any] | Tensor) -> str:
        from onnx.numpy_helper import from_array

        array = values.detach().numpy() if isinstance(values, Tensor) else values
        self.tensors.append(from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def linear(self, values: str, name: str, layer: nn.Module, rounded: Rounded | None) -> str:
        """Multiply with the weights of a layer in eight bits, and in float with those of its outlier channels."""
        rest: Any = layer.rest if isinstance(layer, SplitLinear) else layer
        rounded = rounded or to_nearest(rest.weight)
        quiet = layer.quiet if isinstance(layer, SplitLinear) else None
        quantised = self._quantise(values, name, quiet)
        weights = [self.store(f"{name}.levels", rounded.levels), self.store(f"{name}.scale", rounded.scale)]
        bias = self.store(f"{name}.bias", rest.bias)
        inputs = [quantised.values, weights[0], quantised.scale, weights[1], quantised.zero, "", bias]
        product = self.add("MatMulIntegerToFloat", inputs, f"{name}.product", domain=RUNTIME)
        if not (isinstance(layer, SplitLinear) and layer.has_outliers):
            return product
        loud = self.store(f"{name}.loud", layer.loud.weight.T)
        return self.add("Gemm", [self._gather(values, name, layer.outliers), loud, product], f"{name}.sum")

    def _quantise(self, values: str, name: str, quiet: Tensor | None) -> Quantised:
        key = values, b"" if quiet is None else quiet.numpy().tobytes()
        if key not in self._quantised:
            if quiet is not None:
                values = self.add("Mul", [values, self.store(f"{name}.quiet", quiet)], f"{name}.quieted")
            self._quantised[key] = Quantised(*(f"{name}.input.{part}" for part in Quantised._fields))
            self.add("DynamicQuantizeLinear", [values], *self._quantised[key])
        return self._quantised[key]

    def _gather(self, values: str, name: str, channels: Tensor) -> str:
        key = values, channels.numpy().tobytes()
        if key not in self._gathered:
            chosen = self.store(f"{name}.outliers", channels)
            self._gathered[key] = self.add("Gather", [values, chosen], f"{name}.outlying", axis=-1)
        return self._gathered[key]

    def norm(self, values: str, name: str, layer: Any) -> str:
        parameters = [self.store(f"{name}.{part}", getattr(layer, part)) for part in ("weight", "bias")]
        return self.add("LayerNormalization", [values, *parameters], name, axis=-1, epsilon=layer.eps)

    def gelu(self, values: str) -> str:
        return self.add("Gelu", [values], f"{values}.gelu", domain=RUNTIME)

    def attention(self, name: str, queries: str, keys: str, values: str, width: int) -> str:
        """Mix the values of all tokens for each; `width` is that of a head."""
        by_head = {
            part: self.add(
                "Transpose", [self.add("Reshape", [part, "by_head"], f"{part}.by_head")], f"{part}.heads", perm=order
            )
            for part, order in ((queries, [1, 0, 2]), (keys, [1, 2, 0]), (values, [1, 0, 2]))
        }
        scores = self.add(
            "FusedMatMul", [by_head[queries], by_head[keys]], f"{name}.scores", domain=RUNTIME, alpha=width**-0.5
        )
        shares = self.add("Softmax", [scores], f"{name}.shares", axis=-1)
        mixed = self.add("MatMul", [shares, by_head[values]], f"{name}.mixed")
        ordered = self.add("Transpose", [mixed], f"{name}.ordered", perm=[1, 0, 2])
        return self.add("Reshape", [ordered, "side_by_side"], f"{name}.context")


def to_nearest(weight: Tensor) -> Rounded:
    """Return weights [outputs, inputs] at the nearest level each, of which the largest of an output has the highest."""
    scale = weight.detach().abs().amax(dim=1).clamp(min=1e-12) / TOP
    levels = (weight.detach() / scale[:, None]).round()
    return Rounded(levels.T.to(torch.int8).contiguous(), scale)


def write_graph(encoder: SpunEncoder, rounded: Mapping[str, Rounded], path: Path) -> None:
    """Write the body and heads of an encoder. A layer that is not in `rounded` (by name) is rounded to the nearest.

    The file's input is `vectors` [tokens, d]; its outputs are those of `Output`. Parameters have the names that they have in
    `SpunEncoder`, a layer's weights in parts (`shipped_weights` puts them together again): layers that read the same have
    `quiet` and `outliers` once, under the first one's name, if they are equal.
    """
    import onnx
    from onnx import TensorProto, helper

    one: Any = encoder
    layers = dict(encoder.named_modules())
    width = encoder.words.shape[1]
    heads: int = one.body.config.num_attention_heads
    graph = GraphWriter()
    graph.store("by_head", np.array([-1, heads, width // heads]))
    graph.store("side_by_side", np.array([-1, width]))

    def linear(values: str, name: str) -> str:
        return graph.linear(values, name, layers[name], rounded.get(name))

    def norm(values: str, name: str) -> str:
        return graph.norm(values, name, layers[name])

    hidden = norm(_embeddings(graph, one.body.embeddings), "body.embeddings.LayerNorm")
    for number in range(len(one.body.encoder.layer)):
        at = f"body.encoder.layer.{number}"
        query, key, value = (linear(hidden, f"{at}.attention.self.{part}") for part in ("query", "key", "value"))
        context = graph.attention(f"{at}.attention", query, key, value, width // heads)
        attended = linear(context, f"{at}.attention.output.dense")
        middle = norm(
            graph.add("Add", [attended, hidden], f"{at}.attention.residual"), f"{at}.attention.output.LayerNorm"
        )
        wide = graph.gelu(linear(middle, f"{at}.intermediate.dense"))
        hidden = norm(
            graph.add("Add", [linear(wide, f"{at}.output.dense"), middle], f"{at}.residual"), f"{at}.output.LayerNorm"
        )

    def opinion(head: str) -> str:
        product, norm_name = (f"{head}.{part}" for part in _parts(layers[head]))
        return norm(graph.gelu(linear(hidden, product)), norm_name)

    found = {"original_vectors": opinion("transform")}
    agreement = graph.add("Mul", [found["original_vectors"], "vectors"], "agreement")
    scaled = graph.add(
        "Mul", [agreement, graph.store("opinion_scale", np.array(OPINION_SCALE, dtype=np.float32))], "agreement.scaled"
    )
    beside = graph.add("Concat", [hidden, scaled], "beside", axis=-1)
    logits = linear(graph.gelu(linear(beside, "detect.0")), "detect.2")
    found["logits"] = graph.add("Squeeze", [logits, graph.store("last_axis", np.array([1]))], "logits.flat")
    if encoder.expect is not None:
        found["masked_vectors"] = opinion("expect")
    outputs = [name for name in Output._fields if name in found]
    for name in outputs:
        graph.add("Identity", [found[name]], name)
    shapes = {name: ["tokens"] if name == "logits" else ["tokens", width] for name in outputs}
    whole = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["tokens", width])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        graph.tensors,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(RUNTIME, 1)]
    onnx.save(helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION), str(path))


def _embeddings(graph: GraphWriter, embeddings: Any) -> str:
    """Add what belongs to a token's type, of which there is one, and to its place to its vector."""
    types, places = (embeddings.token_type_embeddings.weight, embeddings.position_embeddings.weight)
    graph.store("first", np.array([0]))
    count = graph.add("Shape", ["vectors"], "count", start=0, end=1)
    used = graph.add("Slice", [graph.store(POSITIONS, places), "first", count, "first"], "places")
    first = graph.add("Gather", [graph.store(TOKEN_TYPES, types), "first"], "type")
    return graph.add("Add", [graph.add("Add", ["vectors", first], "typed"), used], "embedded")


def _parts(head: nn.Module) -> tuple[str, str]:
    """Return the names of a head's product and of its norm: MiniLM's are in a sequence, BERT's have names."""
    return ("0", "2") if isinstance(head, nn.Sequential) else ("dense", "LayerNorm")
