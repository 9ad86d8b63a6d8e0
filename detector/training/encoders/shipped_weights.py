"""The weights of an encoder, as it was shipped or from a checkpoint, as the start of more training.

Checkpoints are kept by nobody for ever. What was rounded to eight bits comes back rounded; a few hundred steps make up for it.
Parameters that are frozen stay as the pretrained encoder has them, and so do the word vectors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.training.encoders.model import SpunEncoder


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
    by_output = {output: node for node in graph.node for output in node.output}
    result = {
        name: torch.from_numpy(values.copy()) for name, values in stored.items() if name.endswith((".weight", ".bias"))
    }
    for key, levels in stored.items():
        name = key.removesuffix(".levels")
        if name == key:
            continue
        values = levels.T.astype(np.float32) * stored[f"{name}.scale"][:, None]
        quieted = by_output.get(by_output[by_output[f"{name}.product"].input[0]].input[0])
        if quieted and quieted.input[-1].endswith(".quiet"):  # 0 for outlier channels
            values *= stored[quieted.input[1]]
        if summed := by_output.get(f"{name}.sum"):
            outlying, loud, _ = summed.input
            values[:, stored[by_output[outlying].input[1]]] = stored[loud].T
        result[f"{name}.weight"] = torch.from_numpy(values)
    return result
