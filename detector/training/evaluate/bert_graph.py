"""Writes BERT-base in float as an ONNX graph with weights by chance: what is measured is its speed alone.

The graph is a plain one, `ids` in and `hidden` out; ONNX Runtime fuses its layers as it does those of an exported model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, save
from onnx.numpy_helper import from_array

LAYERS, WIDTH, INNER, HEADS, WORDS, PLACES = 12, 768, 3072, 12, 30_522, 512
_SPREAD = 0.02  # of the weights, as BERT's are before training


@dataclass
class _Graph:
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def store(self, values: NDArray[Any]) -> str:
        name = f"tensor{len(self.tensors)}"
        self.tensors.append(from_array(values, name))
        return name

    def weights(self, *shape: int) -> str:
        return self.store(self.chance.standard_normal(shape, dtype=np.float32) * np.float32(_SPREAD))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"value{len(self.nodes)}"
        domain = "com.microsoft" if operator == "Gelu" else ""
        self.nodes.append(helper.make_node(operator, inputs, [name], domain=domain, **attributes))
        return name

    def linear(self, values: str, inputs: int, outputs: int) -> str:
        return self.add("Add", self.add("MatMul", values, self.weights(inputs, outputs)), self.weights(outputs))

    def norm(self, *values: str) -> str:
        ones, zeros = self.store(np.ones(WIDTH, np.float32)), self.store(np.zeros(WIDTH, np.float32))
        return self.add("LayerNormalization", self.add("Add", *values), ones, zeros, axis=-1, epsilon=1e-12)

    def attention(self, hidden: str) -> str:
        by_head, joined = self.store(np.array([-1, HEADS, WIDTH // HEADS])), self.store(np.array([-1, WIDTH]))

        def heads(order: list[int]) -> str:
            return self.add("Transpose", self.add("Reshape", self.linear(hidden, WIDTH, WIDTH), by_head), perm=order)

        scale = self.store(np.array((WIDTH // HEADS) ** -0.5, np.float32))
        scores = self.add("Mul", self.add("MatMul", heads([1, 0, 2]), heads([1, 2, 0])), scale)
        mixed = self.add("MatMul", self.add("Softmax", scores, axis=-1), heads([1, 0, 2]))
        context = self.add("Reshape", self.add("Transpose", mixed, perm=[1, 0, 2]), joined)
        return self.norm(self.linear(context, WIDTH, WIDTH), hidden)


def write(path: Path) -> None:
    """Write the graph; some 440 MB."""
    graph = _Graph()
    count = graph.add("Shape", "ids")
    zero = graph.store(np.array([0]))
    places = graph.add("Slice", graph.weights(PLACES, WIDTH), zero, count, zero)
    hidden = graph.norm(graph.add("Gather", graph.weights(WORDS, WIDTH), "ids"), places)
    for _ in range(LAYERS):
        middle = graph.attention(hidden)
        inner = graph.add("Gelu", graph.linear(middle, WIDTH, INNER))
        hidden = graph.norm(graph.linear(inner, INNER, WIDTH), middle)
    graph.nodes.append(helper.make_node("Identity", [hidden], ["hidden"]))
    whole = helper.make_graph(
        graph.nodes,
        "bert",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])],
        [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["tokens", WIDTH])],
        graph.tensors,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    save(helper.make_model(whole, opset_imports=opsets, ir_version=8), str(path))
