"""Layers that are rounded so that their errors cancel."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from detector.training.encoders.outlier_channels import ChannelScales, SplitLinear  # noqa: E402 - needs torch
from detector.training.encoders.rounding import TOP, as_quantised, moments, round_layer  # noqa: E402

INPUTS, OUTPUTS, OUTLIER_RATIO = 64, 24, 5


def layer(*outliers: int) -> SplitLinear:
    torch.manual_seed(2)
    return SplitLinear(
        torch.nn.Linear(INPUTS, OUTPUTS), ChannelScales(torch.tensor(outliers, dtype=torch.long), torch.ones(INPUTS))
    )


def texts(seed: int) -> list[torch.Tensor]:
    """ChannelScales that go together: a few causes and a little of their own."""
    causes = torch.randn(6, INPUTS, generator=torch.Generator().manual_seed(1))
    draw = torch.Generator().manual_seed(seed)
    return [
        torch.randn(1, 40, 6, generator=draw) @ causes + 0.1 * torch.randn(1, 40, INPUTS, generator=draw) + 0.5
        for _ in range(20)
    ]


def error(one: torch.nn.Module, exact: torch.nn.Module, given: list[torch.Tensor]) -> float:
    with torch.no_grad():
        return float(np.mean([float((one(text) - exact(text)).abs().mean()) for text in given]))


def nearest(one: SplitLinear) -> SplitLinear:
    with torch.no_grad():
        scale = one.rest.weight.abs().amax(dim=1, keepdim=True) / TOP
        one.rest.weight.copy_((one.rest.weight / scale).round() * scale)
    return one


def test_values_are_rounded_as_the_runtime_does() -> None:
    import onnxruntime
    from onnx import TensorProto, helper

    names = ("y", "scale", "zero")
    graph = helper.make_graph(
        [helper.make_node("DynamicQuantizeLinear", ["x"], names)],
        "rounding",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])],
        [
            helper.make_tensor_value_info("y", TensorProto.UINT8, [None]),
            helper.make_tensor_value_info("scale", TensorProto.FLOAT, []),
            helper.make_tensor_value_info("zero", TensorProto.UINT8, []),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for values in (torch.randn(999), torch.rand(99) + 3, -torch.rand(99), torch.zeros(5)):
        y, scale, zero = session.run(names, {"x": values.numpy()})
        wanted = (y.astype(np.float32) - np.float32(zero)) * scale
        np.testing.assert_allclose(as_quantised(values).numpy(), wanted, atol=1e-6)


def test_errors_of_inputs_that_go_together_cancel() -> None:
    one, exact = layer(), layer()
    round_layer(one, moments(one, texts(3), texts(3)))
    assert error(one, exact, texts(4)) < 0.5 * error(nearest(layer()), exact, texts(4))


def test_what_earlier_layers_got_wrong_is_made_up_for() -> None:
    one, unaware, exact = layer(), layer(), layer()
    wrong = [text * 1.1 - 0.3 for text in texts(3)]
    round_layer(one, moments(one, texts(3), wrong))
    round_layer(unaware, moments(unaware, wrong, wrong))
    with torch.no_grad():
        aware, before = (
            float(np.mean([float((some(t * 1.1 - 0.3) - exact(t)).abs().mean()) for t in texts(4)]))
            for some in (one, unaware)
        )
    assert aware < 0.2 * before


def test_loud_inputs_are_not_rounded_and_take_up_what_others_lose() -> None:
    one, exact = layer(OUTLIER_RATIO), layer(OUTLIER_RATIO)
    rounded = round_layer(one, moments(one, texts(3), texts(3)))
    assert not rounded.levels[OUTLIER_RATIO].any()
    assert float((one.loud.weight - exact.loud.weight).abs().max()) > 0
    assert error(one, exact, texts(4)) < 0.5 * error(nearest(layer(OUTLIER_RATIO)), exact, texts(4))


def test_levels_and_their_worth_are_the_weights() -> None:
    one = layer(OUTLIER_RATIO)
    rounded = round_layer(one, moments(one, texts(3), texts(3)))
    assert rounded.levels.dtype == torch.int8
    assert int(rounded.levels.abs().max()) <= TOP
    np.testing.assert_allclose((rounded.levels * rounded.scale).T.numpy(), one.rest.weight.detach().numpy(), atol=1e-6)
