"""Writes the graph of a causal language model like Llama, node by node and without its weights.

usage: python -m detector.training.encoders.causal_graph [--out models/last-reader.onnx]

A text is one matrix [tokens, channels], and the tokens need not be in a row: a mask says which ones each token sees, and
each has its place in the text. So several ways to go on are read beside each other, and what they have in common is read
once. Weights are in seven bits; of the activations each row has its own scale, since the first token of a text has some
that are a thousand times as large as any others.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from detector.signals.last_reader.weights import FILE, SMOLLM2, Shape, Tensor, layout

OPSET, IR_VERSION = 17, 8
RUNTIME = "com.microsoft"


@dataclass
class _Writer:
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)

    def add(self, operator: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def constant(self, name: str, values: Any) -> str:
        from onnx.numpy_helper import from_array

        self.tensors.append(from_array(np.array(values), name))
        return name

    def rows(self, values: str) -> tuple[str, str, str, str]:
        """Quantise each row by its largest number; return levels, their scale and zero, and the largest numbers."""
        size = self.add("Abs", [values], f"{values}.size")
        largest = self.add("ReduceMax", [size], f"{values}.largest", axes=[-1], keepdims=1)
        largest = self.add("Max", [largest, "tiny"], f"{values}.divisor")
        even = self.add("Div", [values, largest], f"{values}.even")
        parts = [f"{values}.{part}" for part in ("levels", "scale", "zero")]
        self.add("DynamicQuantizeLinear", [even], *parts)
        return parts[0], parts[1], parts[2], largest

    def product(self, rows: tuple[str, str, str, str], name: str) -> str:
        levels, scale, zero, largest = rows
        weights = [f"{name}.levels", f"{name}.scale"]
        inputs = [levels, weights[0], scale, weights[1], zero]
        even = self.add("MatMulIntegerToFloat", inputs, f"{name}.even", domain=RUNTIME)
        return self.add("Mul", [even, largest], f"{name}.product")

    def norm(self, values: str, name: str, shape: Shape) -> str:
        return self.add(
            "SimplifiedLayerNormalization", [values, name], f"{name}.normed", axis=-1, epsilon=shape.epsilon
        )


def write_graph(path: Path, shape: Shape = SMOLLM2) -> None:
    """Write the graph. Its inputs, for n tokens of which s are followed by a token whose probability is asked:

    `ids` [n]; `cosines`, `sines` [n, head width] of the places; `mask` [n, n] is added to the attention scores; `rows` [s]
    and `targets` [s] say after which token which other one is asked for. The output is `log_probs` [s].
    """
    from onnx import TensorProto, helper

    graph = _Writer()
    for name, value in (
        ("tiny", np.float32(1e-9)),
        ("by_head", [-1, shape.heads + shape.key_heads, shape.head_width]),
        ("by_value_head", [-1, shape.key_heads, shape.head_width]),
        ("by_group", [shape.key_heads, shape.heads // shape.key_heads, -1, shape.head_width]),
        ("by_query_head", [shape.heads, -1, shape.head_width]),
        ("side_by_side", [-1, shape.width]),
        ("attend_parts", [shape.width + shape.key_width, shape.key_width]),
        ("head_parts", [shape.heads, shape.key_heads]),
        ("halves", [shape.head_width // 2] * 2),
        ("inner_parts", [shape.inner] * 2),
        ("last", [-1]),
        ("middle", [1]),
    ):
        graph.constant(name, value)
    embedded = graph.add("Gather", ["words.levels", "ids"], "ids.levels")
    scales = graph.add("Unsqueeze", [graph.add("Gather", ["head.scale", "ids"], "ids.scale"), "last"], "ids.scales")
    as_float = graph.add("Cast", [embedded], "ids.float", to=TensorProto.FLOAT)
    hidden = graph.add("Mul", [as_float, scales], "embedded")
    graph.add("Unsqueeze", ["cosines", "middle"], "cosines.by_head")
    graph.add("Unsqueeze", ["sines", "middle"], "sines.by_head")
    for number in range(shape.layers):
        normed = graph.rows(graph.norm(hidden, f"{number}.norm", shape))
        context = _attention(graph, graph.product(normed, f"{number}.attend"), f"{number}", shape)
        attended = graph.product(graph.rows(context), f"{number}.attended")
        middle = graph.add("Add", [attended, hidden], f"{number}.middle")
        normed = graph.rows(graph.norm(middle, f"{number}.middle_norm", shape))
        wide = graph.product(normed, f"{number}.widen")
        gate, up = f"{number}.gate", f"{number}.up"
        graph.add("Split", [wide, "inner_parts"], gate, up, axis=-1)
        opened = graph.add("QuickGelu", [gate], f"{number}.opened", domain=RUNTIME, alpha=1.0)
        inner = graph.add("Mul", [opened, up], f"{number}.inner")
        narrow = graph.product(graph.rows(inner), f"{number}.narrow")
        hidden = graph.add("Add", [narrow, middle], f"{number}.hidden")
    asked = graph.norm(graph.add("Gather", [hidden, "rows"], "asked"), "norm", shape)
    shares = graph.add("LogSoftmax", [graph.product(graph.rows(asked), "head")], "shares", axis=-1)
    wanted = graph.add("Unsqueeze", ["targets", "last"], "targets.column")
    found = graph.add("GatherElements", [shares, wanted], "found", axis=-1)
    graph.add("Squeeze", [found, "last"], "log_probs")
    graph.tensors += [_elsewhere(tensor, at) for tensor, at in layout(shape)]
    float_, whole = TensorProto.FLOAT, TensorProto.INT64
    inputs = [
        helper.make_tensor_value_info(name, kind, form)
        for name, kind, form in (
            ("ids", whole, ["tokens"]),
            ("cosines", float_, ["tokens", shape.head_width]),
            ("sines", float_, ["tokens", shape.head_width]),
            ("mask", float_, ["tokens", "tokens"]),
            ("rows", whole, ["asked"]),
            ("targets", whole, ["asked"]),
        )
    ]
    output = helper.make_tensor_value_info("log_probs", float_, ["asked"])
    whole_graph = helper.make_graph(graph.nodes, "causal", inputs, [output], graph.tensors)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(RUNTIME, 1)]
    model = helper.make_model(whole_graph, opset_imports=opsets, ir_version=IR_VERSION)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _attention(graph: _Writer, product: str, name: str, shape: Shape) -> str:
    """Mix the values of the tokens that each one sees. Three heads of queries share one of keys and values."""
    turning, values = f"{name}.turning", f"{name}.values"
    graph.add("Split", [product, "attend_parts"], turning, values, axis=-1)
    by_head = graph.add("Reshape", [turning, "by_head"], f"{name}.by_head")
    first, second = f"{name}.first", f"{name}.second"
    graph.add("Split", [by_head, "halves"], first, second, axis=-1)
    across = graph.add("Concat", [graph.add("Neg", [second], f"{name}.minus"), first], f"{name}.across", axis=-1)
    kept = graph.add("Mul", [by_head, "cosines.by_head"], f"{name}.kept")
    moved = graph.add("Mul", [across, "sines.by_head"], f"{name}.moved")
    turned = graph.add("Add", [kept, moved], f"{name}.turned")
    queries, keys = f"{name}.queries", f"{name}.keys"
    graph.add("Split", [turned, "head_parts"], queries, keys, axis=1)
    heads = graph.add("Transpose", [queries], f"{name}.query_heads", perm=[1, 0, 2])
    grouped = graph.add("Reshape", [heads, "by_group"], f"{name}.query_groups")
    upright = graph.add("Transpose", [keys], f"{name}.key_heads", perm=[1, 2, 0])
    parted = graph.add("Reshape", [values, "by_value_head"], f"{name}.values.by_head")
    of_values = graph.add("Transpose", [parted], f"{name}.value_heads", perm=[1, 0, 2])
    shared_keys, shared_values = (
        graph.add("Unsqueeze", [part, "middle"], f"{part}.shared") for part in (upright, of_values)
    )
    alpha = float(shape.head_width) ** -0.5
    scores = graph.add("FusedMatMul", [grouped, shared_keys], f"{name}.scores", domain=RUNTIME, alpha=alpha)
    seen = graph.add("Add", [scores, "mask"], f"{name}.seen")
    shares = graph.add("Softmax", [seen], f"{name}.shares", axis=-1)
    mixed = graph.add("MatMul", [shares, shared_values], f"{name}.mixed")
    flat = graph.add("Reshape", [mixed, "by_query_head"], f"{name}.mixed.by_head")
    ordered = graph.add("Transpose", [flat], f"{name}.ordered", perm=[1, 0, 2])
    return graph.add("Reshape", [ordered, "side_by_side"], f"{name}.context")


def _elsewhere(tensor: Tensor, at: int) -> Any:
    """Return a tensor whose values are in the file of weights."""
    from onnx import TensorProto, helper

    kind = helper.np_dtype_to_tensor_dtype(np.dtype(tensor.kind))
    stored = TensorProto(name=tensor.name, data_type=kind, dims=tensor.shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", FILE), ("offset", at), ("length", tensor.bytes)):
        stored.external_data.add(key=key, value=str(value))
    return stored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("models/last-reader.onnx"))
    write_graph(parser.parse_args().out)


if __name__ == "__main__":
    main()
