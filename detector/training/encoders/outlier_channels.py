"""Layers whose loud inputs are multiplied apart from the rest, so that the rest may be rounded."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from detector.training.encoders.model import SpunEncoder

LOUD = 1.5  # times what the 17th loudest input of a layer takes, or weighs, at most: multiplied apart from there on
MOST_LOUD = 16  # by what it takes, and as many by what it weighs
EASED = 0.25  # power of an input's loudness that it is divided by; more, and the weights are rounded worse
QUIETEST = 0.01  # of the usual loudness: as quiet an input counts as


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
