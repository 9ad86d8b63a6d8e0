"""Training that was interrupted goes on as if it had not been, and its labels listen to a teacher."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from detector.training.encoders.average import average  # noqa: E402 - needs torch
from detector.training.encoders.expectation import Expectation, Expected  # noqa: E402
from detector.training.encoders.labels import IGNORED, Example  # noqa: E402
from detector.training.encoders.model import SpunEncoder  # noqa: E402
from detector.training.encoders.teacher import Lesson  # noqa: E402
from detector.training.encoders.train import GROUP, TEACHER_SHARE, Training, losses, restore_loss, train  # noqa: E402
from detector.training.encoders.validation import collate  # noqa: E402

WORDS, WIDTH = 40, 16


SHAPE = {
    "vocab_size": WORDS,
    "hidden_size": WIDTH,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
#: The last ten go on with a word.
PIECES = ["[PAD]", "[CLS]", "[MASK]", *(f"{'##' if at >= WORDS - 10 else ''}w{at}" for at in range(3, WORDS))]


def encoder(*, expects: bool = False) -> SpunEncoder:
    torch.manual_seed(2)
    return SpunEncoder(
        transformers.BertModel(transformers.BertConfig(**SHAPE), add_pooling_layer=False),
        torch.nn.Linear(WIDTH, WIDTH),
        torch.zeros(WORDS),
        torch.nn.Linear(WIDTH, WIDTH) if expects else None,
    )


class Spy(transformers.BertForMaskedLM):  # type: ignore[misc]
    """A masked language model that remembers what it was shown."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        super().__init__(transformers.BertConfig(**SHAPE, initializer_range=0.5))  # sure of what it says
        self.bert.register_forward_pre_hook(lambda _, inputs: self.shown.append(inputs[0]))
        self.shown: list[torch.Tensor] = []


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
    return argparse.Namespace(work=tmp_path, lr=1e-3, tokens=1000, bf16=False, seed=1, batch=96)


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
    train(Training(encoder(), argparse.Namespace(**{**vars(options), "bf16": True})), Recipe())
    assert reduced
    assert not any(reduced)


def test_after_so_many_groups_the_first_windows_come_again(
    options: argparse.Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []

    class Recipe:
        def example(self, rng: random.Random) -> Example:
            drawn.append(rng.random())
            return examples(1)[0]

    def step(training: Training, *_: object) -> tuple[float, float]:
        training.state["tokens"] += 5
        return 0.0, 0.0

    monkeypatch.setattr(Training, "step", step)
    train(Training(encoder(), options), Recipe(), groups=2)
    groups = [drawn[at : at + GROUP] for at in range(0, len(drawn), GROUP)]
    assert len(groups) > 2
    assert groups[0] == groups[2] != groups[1]


@torch.no_grad()
def test_the_second_head_hears_the_labels_and_the_teacher() -> None:
    model = encoder().eval()
    fits, originals = torch.randn(2, 4, WIDTH), torch.full((2, 4), IGNORED)
    originals[0, 1] = originals[1, 2] = 7
    nothing = np.zeros(4, dtype=np.float16)
    candidates = np.array([[5, 6]], dtype=np.int32)
    lessons = [Lesson(nothing, np.array([at], dtype=np.int32), candidates, np.array([[0.75, 0.25]])) for at in (1, 3)]
    opinion = torch.log_softmax(model.restore(fits), dim=-1)
    labels = -(opinion[0, 1, 7] + opinion[1, 2, 7]) / 2
    taught = -sum(0.75 * opinion[at][5] + 0.25 * opinion[at][6] for at in ((0, 1), (1, 3))) / 2
    assert restore_loss(model, fits, originals, ()) == pytest.approx(float(labels), rel=1e-4)
    expected = labels + TEACHER_SHARE * (taught - labels)
    assert restore_loss(model, fits, originals, lessons) == pytest.approx(float(expected), rel=1e-4)
    assert restore_loss(model, fits, torch.full_like(originals, IGNORED), ()) == 0


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


def test_a_masked_model_is_asked_about_whole_words_it_cannot_see() -> None:
    spy, batch = Spy(), collate(examples(1))
    expectation = Expectation(spy, PIECES)
    expected, again = expectation.of(batch, 1), expectation.of(batch, 1)
    ids, _, labels, _ = batch
    hidden = spy.shown[0] == PIECES.index("[MASK]")
    assert 0 < len(expected.rows) < int((labels != IGNORED).sum())
    assert hidden[expected.rows, expected.places].all()
    begins = ~expectation.goes_on[ids]
    assert begins[expected.rows, expected.places].all()
    assert int((hidden & begins).sum()) == len(expected.rows)
    within = ~begins[:, 1:]  # what goes on with a word is hidden with it
    assert torch.equal(hidden[:, 1:][within], hidden[:, :-1][within])
    assert expected.logits.shape == (len(expected.rows), WORDS)
    assert torch.equal(expected.places, again.places)
    assert not torch.equal(expectation.of(batch, 2).places, expected.places)


def test_a_third_head_learns_what_is_expected(options: argparse.Namespace) -> None:
    training = Training(encoder(expects=True), argparse.Namespace(**{**vars(options), "tokens": 1e6}))
    training.expectation = Expectation(Spy(), PIECES)
    steps = [training.step(examples(1)) for _ in range(80)]
    assert len(steps[0]) == 3
    assert np.mean([expect for *_, expect in steps[-20:]]) < 0.8 * steps[0][2]


def test_an_encoder_without_a_third_head_has_no_loss_of_it() -> None:
    places = torch.tensor([0]), torch.tensor([1])
    for model in (encoder(), encoder(expects=True)):
        batch = collate(examples(1))
        found = losses(model, batch, (), Expected(*places, torch.zeros(1, WORDS)))[2]
        assert bool(found > 0) == (model.expect is not None)


def test_an_average_lies_between() -> None:
    one, other = ({"weight": torch.full((2,), value), "count": torch.tensor(3)} for value in (1.0, 3.0))
    both = average(one, other, 0.25)
    assert both["weight"].tolist() == [1.5, 1.5]
    assert both["count"] == 3
    with pytest.raises(ValueError, match="different encoders"):
        average(one, {"weight": one["weight"]}, 0.5)
    head = {"expect.weight": torch.ones(1)}
    for pair in ((one, other | head), (one | head, other)):
        assert average(*pair, 0.25)["expect.weight"].tolist() == [1.0]
