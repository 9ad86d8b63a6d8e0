"""The weights of an encoder, as it was shipped or from a checkpoint, as the start of more training.

Checkpoints are kept by nobody for ever. What was rounded to eight bits comes back rounded; a few hundred steps make up for it.
Parameters that are frozen stay as the pretrained encoder has them, and so do the word vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.training.encoders.model import SpunEncoder

_PREFIX = "encoder."  # of parameter names in the file
_PRODUCT = re.compile(r"/(?P<path>.+)/MatMul(_quant)?$")


def load_shipped(encoder: SpunEncoder, path: Path) -> None:
    """Put a checkpoint (.pt), or `PATH.onnx` and the bias of `PATH-vectors.npz`, into an encoder; parts of another shape start
    new, and so does a third head that is not there."""
    found = _checkpoint(path) if path.suffix == ".pt" else _files(path)
    wanted = {n: p for n, p in encoder.named_parameters() if p.requires_grad}
    new = {name for name in wanted if name.startswith("expect.")}
    if not new & found.keys():  # one that was shipped without this head
        wanted = {name: parameter for name, parameter in wanted.items() if name not in new}
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise KeyError(f"{path} lacks {', '.join(missing)}")
    with torch.no_grad():
        for parameter, values in wanted.items():
            if values.shape == found[parameter].shape:
                values.copy_(found[parameter])
            else:
                print(f"{parameter}: has another shape now, starts new")


def _checkpoint(path: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = torch.load(path, weights_only=True)["model"]
    return found


def _files(path: Path) -> dict[str, Tensor]:
    with np.load(path.with_name(f"{path.name}-vectors.npz"), allow_pickle=False) as stored:
        bias = torch.from_numpy(stored["bias"])
    return {**weights(path.with_name(f"{path.name}.onnx")), "bias": bias}


def weights(path: Path) -> dict[str, Tensor]:
    """Return every parameter of the file, in float, by its name in `SpunEncoder`."""
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(str(path)).graph
    stored: dict[str, NDArray[Any]] = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:  # the exporter stores once what is equal
        if node.op_type == "Identity" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    result: dict[str, Tensor] = {}
    for key in stored:
        if key.startswith(_PREFIX) and not key.endswith(("_scale", "_zero_point")):
            result[key.removeprefix(_PREFIX).removesuffix("_quantized")] = torch.from_numpy(_numbers(stored, key))
    for module, key in products(graph.node):
        if key in stored:
            result[f"{module}.weight"] = torch.from_numpy(_numbers(stored, key).T.copy())
    return _whole(result)


def products(nodes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield names of modules, and of what they multiply with in the file."""
    for node in nodes:
        product = _PRODUCT.match(node.name)
        if product and node.op_type in ("MatMul", "MatMulInteger"):
            yield _module(product["path"]), node.input[1]


def _whole(parts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return parameters with layers whose outlier channels were multiplied apart (`SplitLinear`) put together again."""
    result = {}
    for name, values in parts.items():
        owner, _, part = name.rpartition(".")
        if owner.endswith(".rest"):
            owner = owner.removesuffix(".rest")
            if part == "weight":
                quiet = parts[f"{owner}.quiet"]
                values.mul_(quiet)
                if f"{owner}.loud.weight" in parts:
                    values[:, quiet == 0] = parts[f"{owner}.loud.weight"]
        if not owner.endswith(".loud") and part != "quiet":
            result[f"{owner}.{part}" if owner else part] = values
    return result


def _numbers(stored: Mapping[str, NDArray[Any]], key: str) -> NDArray[Any]:
    """Return a parameter as numbers. One kept in eight bits is scaled, by column or as a whole."""
    plain = key.removesuffix("_quantized")
    values = stored[key]
    if plain == key:
        return values.copy()
    zero: NDArray[Any] = stored[f"{plain}_zero_point"].astype(np.float32)
    return (values.astype(np.float32) - zero) * stored[f"{plain}_scale"]


def _module(path: str) -> str:
    """Return the module that a path in the file names: `/detect/detect.0` is `detect.0`, as a sequence repeats its own
    name."""
    parts = path.split("/")
    kept = [part for at, part in enumerate(parts) if not any(p.startswith(f"{part}.") for p in parts[at + 1 : at + 2])]
    return ".".join(kept)
