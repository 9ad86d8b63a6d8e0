"""The ablation trains once with everything and once without each family, keeps what it measured, and says it as a table."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from detector.training.encoders.ablation import (  # noqa: E402 - needs torch
    AGAIN,
    ALL,
    ablate,
    chance,
    same_settings,
    table,
)
from detector.training.encoders.labels import IGNORED, Example  # noqa: E402
from detector.training.encoders.model import SpunEncoder  # noqa: E402
from detector.training.encoders.windows import Recipe  # noqa: E402
from detector.training.spinners.mixture import HELD_OUT_FAMILY  # noqa: E402

WORDS, WIDTH = 40, 16


def encoder() -> SpunEncoder:
    shape = transformers.BertConfig(
        vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    return SpunEncoder(
        transformers.BertModel(shape, add_pooling_layer=False), torch.nn.Linear(WIDTH, WIDTH), torch.zeros(WORDS)
    )


class Windows(Recipe):
    """Two families, each of which has put one word in."""

    def __init__(self) -> None:
        self.families = {"wordnet": 1.0, "moby": 2.0}
        self.drawn: list[tuple[str, ...]] = []

    def example(self, rng: random.Random) -> Example:
        self.drawn.append(tuple(self.families))
        ids = [3, *(rng.randrange(10, WORDS) for _ in range(8)), 4]
        put = 5 + sorted(("moby", "wordnet")).index(rng.choice(sorted(self.families)))
        at = rng.randrange(1, 9)
        ids[at] = put
        labels = [IGNORED, *(int(n == at) for n in range(1, 9)), IGNORED]
        return Example(ids, labels, [7 if label == 1 else IGNORED for label in labels])


@pytest.fixture
def options(tmp_path: Path) -> argparse.Namespace:
    return argparse.Namespace(work=tmp_path, lr=1e-3, tokens=900, batch=256, seed=3, bf16=False)


def numbers(value: float) -> dict[str, float]:
    return {"word_ap": value, "window_auroc_light": value / 2, "original_top5": value / 4}


def test_a_recipe_without_a_family_leaves_the_whole_one_alone() -> None:
    whole = Windows()
    part = whole.without("moby")
    assert list(part.families) == ["wordnet"]
    assert list(whole.families) == ["wordnet", "moby"]


def test_each_training_is_asked_about_what_it_lacks_and_only_once(options: argparse.Namespace) -> None:
    asked: list[str] = []

    def measure(model: SpunEncoder, family: str) -> dict[str, float]:
        asked.append(family)
        return numbers(len(asked) / 10)

    found = ablate(Windows(), ["wordnet", "moby"], encoder, measure, options)
    assert {name: sorted(measured) for name, measured in found.items()} == {
        ALL: sorted((HELD_OUT_FAMILY, "wordnet", "moby")),
        "wordnet": sorted((HELD_OUT_FAMILY, "wordnet")),
        "moby": sorted((HELD_OUT_FAMILY, "moby")),
        AGAIN: sorted((HELD_OUT_FAMILY, "wordnet", "moby")),
    }
    times = len(asked)
    assert ablate(Windows(), ["wordnet", "moby"], encoder, measure, options) == found
    assert len(asked) == times


def test_what_is_left_out_is_never_shown(options: argparse.Namespace) -> None:
    windows = Windows()
    ablate(windows, ["moby"], encoder, lambda model, family: numbers(0.5), options)
    third = len(windows.drawn) // 3
    assert set(windows.drawn[:third]) == {("wordnet", "moby")}
    assert set(windows.drawn[third : 2 * third]) == {("wordnet",)}
    assert set(windows.drawn[2 * third :]) == {("wordnet", "moby")}


def test_fewer_families_of_a_folder_that_knows_more(options: argparse.Namespace) -> None:
    """A run that was stopped after its first training, and then asked for one family alone."""

    def stopped(model: SpunEncoder, family: str) -> dict[str, float]:
        if len(list(options.work.iterdir())) > 1:
            raise KeyboardInterrupt
        return numbers(0.5)

    with pytest.raises(KeyboardInterrupt):
        ablate(Windows(), ["wordnet", "moby"], encoder, stopped, options)
    found = ablate(Windows(), ["moby"], encoder, lambda model, family: numbers(0.5), options)
    assert len(table(found).splitlines()) == 3
    assert chance(found).startswith("Another seed, nothing left out: up to 0.000")


def test_the_last_training_has_all_families_and_another_seed(options: argparse.Namespace) -> None:
    weights: list[SpunEncoder] = []

    def measure(model: SpunEncoder, family: str) -> dict[str, float]:
        weights.append(model)
        return numbers(0.5)

    ablate(Windows(), ["moby"], encoder, measure, options)
    first, last = (weights[at].state_dict()["transform.weight"] for at in (0, -1))
    assert not torch.equal(first, last)


def test_chance_is_the_largest_difference_that_the_seed_makes() -> None:
    found = {
        ALL: {HELD_OUT_FAMILY: numbers(0.6), "moby": numbers(0.8), "wordnet": numbers(0.4)},
        AGAIN: {HELD_OUT_FAMILY: numbers(0.58), "moby": numbers(0.84), "wordnet": numbers(0.32)},
    }
    said = chance(found)
    assert "0.080, 0.040, 0.020 apart on windows of one family" in said
    assert f"0.020, 0.010, 0.005 on {HELD_OUT_FAMILY}" in said


def test_a_folder_made_with_other_settings_is_refused(options: argparse.Namespace) -> None:
    vars(options).update(start="minilm", count=8, bert=None)
    same_settings(options)
    same_settings(options)
    options.tokens = 1800
    with pytest.raises(SystemExit, match="another --work"):
        same_settings(options)


def test_the_table_sets_with_beside_without() -> None:
    found = {
        ALL: {HELD_OUT_FAMILY: numbers(0.6), "moby": numbers(0.8)},
        "moby": {HELD_OUT_FAMILY: numbers(0.5), "moby": numbers(0.4)},
    }
    row = table(found).splitlines()[2]
    assert row == (
        "| moby | 0.800 → 0.400 | 0.400 → 0.200 | 0.200 → 0.100 | 0.600 → 0.500 | 0.300 → 0.250 | 0.150 → 0.125 |"
    )
