"""Linear layers whose outlier channels are multiplied apart in float, so that the other channels may be quantised.

A channel is one input of a linear layer. In BERT some take values, or have weights, tens of times larger than the others.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from detector.training.encoders.model import SpunEncoder

MOST_OUTLIERS = 16  # by their values, and as many by their weights
OUTLIER_RATIO = 1.5  # an outlier is so many times larger than the largest channel but MOST_OUTLIERS
SMOOTHING = 0.25  # power of a channel's relative size that it is divided by; with more, the weights are rounded worse
SMALLEST = 0.01  # relative size that smaller channels count as


@dataclass(frozen=True)
class ChannelScales:
    """Which channels of a linear layer are outliers, and what each channel is divided by (SmoothQuant, Xiao et al. 2023)."""

    outliers: Tensor
    scales: Tensor


class SplitLinear(nn.Module):
    """A linear layer in two: one of its outlier channels, which stays in float, and one of the rest, which may be quantised.

    The names `rest`, `loud` and `quiet` stand in the shipped files (`shipped_weights` reads them) and can't be changed without
    exporting those again: `loud` are the weights of the outliers, `quiet` is what inputs are multiplied by, 0 for outliers.
    """

    quiet: Tensor

    def __init__(self, layer: nn.Linear, channels: ChannelScales) -> None:
        super().__init__()
        self.rest = copy.deepcopy(layer)
        self.outliers = channels.outliers
        self.has_outliers = len(self.outliers) > 0
        self.loud = nn.Linear(len(self.outliers), layer.out_features, bias=False)
        self.register_buffer("quiet", (1 / channels.scales).index_fill_(0, self.outliers, 0.0))
        with torch.no_grad():
            self.loud.weight.copy_(layer.weight[:, self.outliers])
            self.rest.weight.mul_(channels.scales)
            self.rest.weight[:, self.outliers] = 0.0

    def forward(self, values: Tensor) -> Tensor:
        rest: Tensor = self.rest(values * self.quiet)
        return rest + self.loud(values.index_select(-1, self.outliers)) if self.has_outliers else rest


def are_outliers(sizes: Tensor) -> Tensor:
    """Return which of the channels are far larger than all but a few."""
    usual = sizes.topk(MOST_OUTLIERS + 1).values[-1]
    return sizes > OUTLIER_RATIO * usual


@torch.no_grad()
def outlier_channels(encoder: SpunEncoder, texts: Sequence[Sequence[int]]) -> dict[str, ChannelScales]:
    """Return, for each linear layer by name, its outliers and scales on these texts (token ids)."""
    layers = {name: layer for name, layer in encoder.named_modules() if isinstance(layer, nn.Linear)}
    largest: dict[str, Tensor] = {name: torch.zeros(layer.in_features) for name, layer in layers.items()}

    def measure(name: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        largest[name] = torch.maximum(largest[name], inputs[0].abs().amax(dim=(0, 1)))

    hooks = [layer.register_forward_pre_hook(partial(measure, name)) for name, layer in layers.items()]
    for ids in texts:
        tokens = torch.tensor([ids])
        hidden = encoder.hidden(tokens, torch.ones_like(tokens))
        encoder.heads(hidden, encoder.words[tokens])
        if encoder.expect:
            encoder.expect(hidden)
    for hook in hooks:
        hook.remove()
    channels = {}
    for name, values in largest.items():
        outliers = are_outliers(values) | are_outliers(layers[name].weight.abs().amax(dim=0))
        scales = (values / values.median().clamp(min=1e-6)).clamp(min=SMALLEST) ** SMOOTHING
        channels[name] = ChannelScales(outliers.nonzero()[:, 0], scales)
    return channels


def split_outlier_channels(encoder: SpunEncoder, texts: Sequence[Sequence[int]]) -> None:
    """Replace every linear layer of the encoder, in place, by one that is split on these texts."""
    for name, channels in outlier_channels(encoder, texts).items():
        owner, _, attribute = name.rpartition(".")
        module = encoder.get_submodule(owner)
        setattr(module, attribute, SplitLinear(encoder.get_submodule(name), channels))  # type: ignore[arg-type]
