"""Rounds the layers of an encoder one after the other, each so that it makes up for what rounding has cost before it.

Rounded to the nearest of 129 values each, the weights of a layer lose about as much as a training run of a million tokens
changes; worse, a run that began from rounded weights has moved most of them by less than half a step, and rounding takes that
back. But errors of several weights of one output can cancel. So a layer is rounded input by input, and what an input's
rounding costs is put right by the weights of the inputs that are still to come, as far as the inputs go together in texts
(Frantar et al. 2023, GPTQ). What it is to answer is what the layer answers in the float model, given there what that model
gives it; what it is given is what the rounded layers before it give, rounded as at run time. So it makes up for theirs, too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from detector.training.encoders.model import OPINION_SCALE, SpunEncoder
from detector.training.encoders.outlier_channels import SplitLinear

TOP = 64  # weights are rounded to whole numbers up to this, seven bits
DAMPING = 0.01  # of the mean square of the inputs: how much nearness to the weights as trained counts by itself
SHRINKS = tuple(1 - 0.03 * step for step in range(12))  # of the largest weight, which takes the highest level
_BLOCK = 128  # inputs, between which errors are passed on at once

Both = tuple[list[Tensor], list[Tensor]]  # of each text: what the float model gives, and the rounded one


@dataclass(frozen=True)
class Rounded:
    """Weights of a layer's channels but the outliers: whole numbers, [inputs, outputs], and the scale of each output."""

    levels: Tensor
    scale: Tensor


@dataclass(frozen=True)
class Moments:
    """Of a layer's inputs over texts: means in both models, products with one another, and with those of the float model."""

    exact_mean: Tensor
    mean: Tensor
    own: Tensor
    mixed: Tensor


def as_quantised(values: Tensor) -> Tensor:
    """Return values as ONNX Runtime gives them to a product in eight bits: one scale and one zero for all."""
    low, high = values.min().clamp(max=0), values.max().clamp(min=0)
    scale = (high - low).clamp(min=1e-12) / 255
    zero = (-low / scale).round().clamp(0, 255)
    return ((values / scale).round() + zero).clamp(0, 255).sub(zero) * scale


@contextmanager
def inputs_as_quantised(layers: Sequence[SplitLinear]) -> Iterator[None]:
    """Give the layers, while it lasts, the inputs that are quantised at run time as they are then."""

    def rounded(_: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        return as_quantised(inputs[0])

    hooks = [layer.rest.register_forward_pre_hook(rounded) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def moments(layer: SplitLinear, exact: Sequence[Tensor], rounded: Sequence[Tensor]) -> Moments:
    width, outliers = len(layer.quiet), layer.outliers
    exact_sum, own_sum = torch.zeros(width), torch.zeros(width)
    own, mixed, count = torch.zeros(width, width), torch.zeros(width, width), 0
    for was, now in zip((t.flatten(0, -2) for t in exact), (t.flatten(0, -2) for t in rounded), strict=True):
        wanted, given = was * layer.quiet, as_quantised(now * layer.quiet)
        wanted[:, outliers], given[:, outliers] = was[:, outliers], now[:, outliers]
        exact_sum += wanted.sum(dim=0)
        own_sum += given.sum(dim=0)
        own += given.T @ given
        mixed += wanted.T @ given
        count += len(given)
    exact_mean, mean = exact_sum / count, own_sum / count
    return Moments(
        exact_mean,
        mean,
        own.double() / count - torch.outer(mean, mean).double(),
        mixed.double() / count - torch.outer(exact_mean, mean).double(),
    )


def round_layer(layer: SplitLinear, inputs: Moments) -> Rounded:
    """Rounds it in place and says how."""
    width, outliers = len(inputs.mean), layer.outliers
    weights = layer.rest.weight.detach().double().clone()
    weights[:, outliers] = layer.loud.weight.detach().double()
    power = inputs.own.diagonal()
    damping = DAMPING * power.mean() * torch.eye(width, dtype=torch.float64)
    products = inputs.own + damping
    best = torch.linalg.solve(products, (weights @ (inputs.mixed + damping)).T).T
    others = layer.quiet.nonzero()[:, 0]
    others = others[power[others].argsort(descending=True)]
    order = torch.cat([others, outliers])
    scale = _scale(best[:, others], power[others])
    levels, free = _compensated(best[:, order], products[order][:, order], scale, len(others))
    rounded = torch.zeros_like(weights)
    rounded[:, others] = levels
    result = Rounded(rounded.T.round().to(torch.int8).contiguous(), scale.float())
    with torch.no_grad():
        shift = weights @ inputs.exact_mean.double() - (rounded * scale[:, None]) @ inputs.mean.double()
        layer.rest.weight.copy_(rounded * scale[:, None])
        layer.loud.weight.copy_(free)
        layer.rest.bias.add_(shift - free @ inputs.mean.double()[outliers])
    return result


def _scale(weights: Tensor, power: Tensor) -> Tensor:
    """Return the scale of each output that loses least when every weight goes to the nearest level."""
    largest = weights.abs().amax(dim=1).clamp(min=1e-12)
    costs = []
    for shrink in SHRINKS:
        scale = (largest * shrink / TOP)[:, None]
        costs.append((_nearest(weights, scale) * scale - weights) ** 2 @ power)
    return largest * torch.tensor(SHRINKS, dtype=torch.float64)[torch.stack(costs).argmin(dim=0)] / TOP


def _nearest(weights: Tensor, scale: Tensor) -> Tensor:
    return (weights / scale).round().clamp(-TOP, TOP)


def _compensated(weights: Tensor, products: Tensor, scale: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the levels of the first `count` inputs, chosen in turn, and the float weights of those after them."""
    weights = weights.clone()
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(products)), upper=True)
    levels = torch.empty(len(weights), count, dtype=torch.float64)
    for start in range(0, count, _BLOCK):
        end = min(start + _BLOCK, count)
        errors = torch.empty(len(weights), end - start, dtype=torch.float64)
        for at in range(start, end):
            levels[:, at] = _nearest(weights[:, at], scale)
            errors[:, at - start] = (weights[:, at] - levels[:, at] * scale) / factor[at, at]
            weights[:, at:end] -= torch.outer(errors[:, at - start], factor[at, at:end])
        weights[:, end:] -= errors @ factor[start:end, end:]
    return levels, weights[:, count:]


@torch.no_grad()
def round_encoder(encoder: SpunEncoder, texts: Sequence[Sequence[int]]) -> dict[str, Rounded]:
    """Rounds every layer of a split encoder in place; `texts` are token ids. By name of the layer: how."""
    exact: Any = copy.deepcopy(encoder)
    one: Any = encoder
    found: dict[str, Rounded] = {}
    names = {module: name for name, module in encoder.named_modules()}

    def settle(module: nn.Module, states: Both) -> None:
        """Rounds the layers of a module that take its input."""
        for layer in _layers(module):
            found[names[layer]] = round_layer(layer, moments(layer, *states))

    def through(run: Callable[..., Tensor], twin: Callable[..., Tensor], *states: Both) -> Both:
        exactly, given = (zip(*side, strict=True) for side in zip(*states, strict=True))
        was = [twin(*inputs) for inputs in exactly]
        with inputs_as_quantised(_layers(encoder)):
            return was, [run(*inputs) for inputs in given]

    vectors = [encoder.words[torch.tensor([text])] for text in texts]
    words = (vectors, vectors)
    state = through(_embed(one), _embed(exact), words)
    for layer, twin in zip(one.body.encoder.layer, exact.body.encoder.layer, strict=True):
        settle(layer.attention.self, state)
        context = through(_first(layer.attention.self), _first(twin.attention.self), state)
        settle(layer.attention.output, context)
        middle = through(layer.attention.output, twin.attention.output, context, state)
        settle(layer.intermediate, middle)
        wide = through(layer.intermediate, twin.intermediate, middle)
        settle(layer.output, wide)
        state = through(layer.output, twin.output, wide, middle)
    if encoder.expect is not None:
        settle(encoder.expect, state)
    settle(encoder.transform, state)
    fits = through(encoder.transform, exact.transform, state)
    beside = through(_beside, _beside, state, fits, words)
    settle(encoder.detect[0], beside)
    settle(encoder.detect[2], through(encoder.detect[:2], exact.detect[:2], beside))
    return found


def _layers(module: nn.Module) -> list[SplitLinear]:
    return [part for part in module.modules() if isinstance(part, SplitLinear)]


def _embed(encoder: Any) -> Callable[[Tensor], Tensor]:
    return lambda vectors: cast(Tensor, encoder.body.embeddings(inputs_embeds=vectors))


def _first(module: nn.Module) -> Callable[[Tensor], Tensor]:
    def run(values: Tensor) -> Tensor:
        result: Any = module(values)
        return cast(Tensor, result[0])

    return run


def _beside(hidden: Tensor, fits: Tensor, vectors: Tensor) -> Tensor:
    return torch.cat([hidden, OPINION_SCALE * fits * vectors], dim=-1)
