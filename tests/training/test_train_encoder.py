"""Training that was interrupted goes on as if it had not been, and its labels listen to a teacher."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from detector.training.average import average  # noqa: E402 - needs torch
from detector.training.encoder import SpunEncoder  # noqa: E402
from detector.training.recipes import IGNORED, Example  # noqa: E402
from detector.training.teacher import Lesson  # noqa: E402
from detector.training.train_encoder import Training, losses, train  # noqa: E402
from detector.training.validation import collate  # noqa: E402

WORDS, WIDTH = 40, 16


def encoder() -> SpunEncoder:
    torch.manual_seed(2)
    shape = transformers.BertConfig(
        vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    return SpunEncoder(
        transformers.BertModel(shape, add_pooling_layer=False), torch.nn.Linear(WIDTH, WIDTH), torch.zeros(WORDS)
    )


def examples(number: int) -> list[Example]:
    rng = random.Random(number)
    made = []
    for _ in range(4):
        ids = [rng.randrange(3, WORDS) for _ in range(12)]
        labels = [IGNORED, *(int(rng.random() < 0.3) for _ in ids[2:]), IGNORED]
        made.append(Example(ids, labels, [rng.randrange(3, WORDS) if label == 1 else IGNORED for label in labels]))
    return made


@pytest.fixture
def options(tmp_path: Path) -> argparse.Namespace:
    return argparse.Namespace(work=tmp_path, lr=1e-3, tokens=1000, bf16=False)


def test_the_same_seed_learns_the_same(options: argparse.Namespace) -> None:
    one, other = Training(encoder(), options), Training(encoder(), options)
    assert [one.step(examples(n)) for n in range(4)] == [other.step(examples(n)) for n in range(4)]


def test_what_was_interrupted_goes_on_as_if_it_had_not_been(options: argparse.Namespace) -> None:
    through = Training(encoder(), options)
    expected = [through.step(examples(n)) for n in range(5)]
    first = Training(encoder(), options)
    for n in range(3):
        first.step(examples(n))
    first.save("last")
    second = Training(encoder(), options)
    second.load(options.work / "last.pt")
    assert [second.step(examples(n)) for n in range(3, 5)] == expected[3:]
    assert second.state == through.state


def test_what_is_drawn_is_drawn_in_full_precision(options: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Masked swaps come from a model, and a teacher's lessons are for the windows that any process draws."""
    reduced: list[bool] = []

    class Recipe:
        def example(self, rng: random.Random) -> Example:
            reduced.append(torch.is_autocast_enabled("cpu"))
            return examples(1)[0]

    def step(training: Training, *_: object) -> tuple[float, float]:
        training.state["tokens"] += 500
        return 0.0, 0.0

    monkeypatch.setattr(Training, "step", step)
    train(Training(encoder(), argparse.Namespace(**{**vars(options), "bf16": True, "seed": 1, "batch": 96})), Recipe())
    assert reduced
    assert not any(reduced)


def test_a_swap_that_the_teacher_believes_less_in_weighs_less() -> None:
    model, batch = encoder().eval(), examples(1)
    swapped = [np.array(example.labels) == 1 for example in batch]
    nothing = np.zeros((0, 16))

    def gradient(belief: float) -> float:
        lessons = [
            Lesson(
                np.where(there, belief, 0.0).astype(np.float16),
                nothing[:, 0].astype(np.int32),
                nothing.astype(np.int32),
                nothing.astype(np.float16),
            )
            for there in swapped
        ]
        model.zero_grad()
        losses(model, collate(batch), lessons)[0].backward()
        return float(model.detect[2].bias.grad)

    assert gradient(1.0) < gradient(0.5) < gradient(0.0)  # downhill is towards more swaps, less so in doubt


def test_an_average_lies_between() -> None:
    one, other = ({"weight": torch.full((2,), value), "count": torch.tensor(3)} for value in (1.0, 3.0))
    both = average(one, other, 0.25)
    assert both["weight"].tolist() == [1.5, 1.5]
    assert both["count"] == 3
    with pytest.raises(ValueError, match="different encoders"):
        average(one, {"weight": one["weight"]}, 0.5)
