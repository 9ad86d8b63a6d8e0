"""The network that is trained is the one that serves."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from detector.signals.scan.network import Network  # noqa: E402 - needs torch
from detector.training.scan.model import Scan, arrays, shift  # noqa: E402


@pytest.mark.parametrize("count", [1, 3, 100])
def test_numpy_and_torch_say_the_same(count: int) -> None:
    torch.manual_seed(count)
    model = Scan(50, dimensions=8, width=12).eval()
    ids, styles = torch.randint(0, 50, (1, count)), torch.randint(0, 44, (1, count))
    with torch.no_grad():
        words, window = model(ids, styles, torch.ones(1, count))
    reading = Network(arrays(model)).read(ids[0].int().numpy(), styles[0].int().numpy())
    np.testing.assert_allclose(reading.words, words[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(reading.windows, window.numpy(), atol=1e-5)


def test_padding_changes_nothing() -> None:
    torch.manual_seed(1)
    model = Scan(50, dimensions=8, width=12).eval()
    ids, styles, mask = torch.randint(0, 50, (1, 20)), torch.zeros(1, 20, dtype=torch.long), torch.ones(1, 20)
    mask[:, 12:] = 0
    with torch.no_grad():
        padded = model(ids, styles, mask)
        alone = model(ids[:, :12], styles[:, :12], mask[:, :12])
    torch.testing.assert_close(padded[0][:, :12], alone[0])
    torch.testing.assert_close(padded[1], alone[1])


def test_nothing_stands_outside() -> None:
    values = torch.arange(1.0, 4.0).reshape(1, 3, 1)
    assert shift(values, -1)[0, :, 0].tolist() == [0, 1, 2]
    assert shift(values, 2)[0, :, 0].tolist() == [3, 0, 0]
    assert shift(values, -5)[0, :, 0].tolist() == [0, 0, 0]
