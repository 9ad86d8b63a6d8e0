"""Training dwells on honest windows that a judge finds odd, leaves spun ones as they were drawn, and meets literal order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from detector.runtime.tokenizer import open_tokenizer
from detector.text.document import Document
from detector.training.encoders import windows as recipes
from detector.training.encoders.labels import Labeller
from detector.training.encoders.teacher import oddness_by
from detector.training.encoders.windows import OddnessScore, Recipe
from detector.training.spinners import SourceWord, Spun

MODELS = Path(__file__).parents[3] / "models"
PLAIN = "The council met on Monday and agreed to repair the bridge before the winter comes."
ODD = "The council did met in Monday and agree for to repairing the bridge before comes the winter."


class Shouting:
    """Replaces every word by its capitals."""

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        for piece in pieces:
            piece.text, piece.replaced = piece.text.upper(), True


class Seen(Labeller):
    """Remembers what it was given to label."""

    def __init__(self) -> None:
        super().__init__(open_tokenizer(MODELS / "tokenizer.json"))
        self.texts: list[str] = []

    def label(self, source: str, spun: Spun, rng: random.Random, max_tokens: int) -> recipes.Example:
        self.texts.append(spun.text)
        return super().label(source, spun, rng, max_tokens)


@pytest.fixture(autouse=True)
def nothing_but_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    for share in ("DEBRIS_SHARE", "NOISE_SHARE", "LEARNER_SHARE"):
        monkeypatch.setattr(recipes, share, 0.0)


def drawn(
    texts: dict[str, Sequence[str]], oddness: OddnessScore | None, count: int = 200, reordered_share: float = 0.0
) -> list[str]:
    labeller = Seen()
    weights = dict.fromkeys(texts, 1.0)
    recipe = Recipe(texts, weights, {"wordnet": Shouting()}, labeller, oddness=oddness, reordered_share=reordered_share)
    rng = random.Random(4)
    for _ in range(count):
        recipe.example(rng)
    return labeller.texts


def oddness(text: str) -> float:
    return float(text == ODD)


def test_of_four_honest_windows_the_oddest_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "CLEAN_SHARE", 1.0)
    texts = {"news": [PLAIN, PLAIN, PLAIN, ODD]}
    assert drawn(texts, None).count(ODD) == pytest.approx(200 / 4, abs=20)
    assert drawn(texts, oddness).count(ODD) == pytest.approx(200 * (1 - (3 / 4) ** 4), abs=20)


def test_sources_stay_as_frequent_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "CLEAN_SHARE", 1.0)
    assert drawn({"news": [PLAIN], "learners": [ODD]}, oddness).count(ODD) == pytest.approx(100, abs=20)


def test_spun_windows_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "CLEAN_SHARE", 0.0)

    def judge(text: str) -> float:
        raise AssertionError(text)

    assert set(drawn({"news": [PLAIN]}, judge, count=5)) == {PLAIN.upper()}


def test_a_shipped_encoder_judges() -> None:
    judge = oddness_by(MODELS / "light")
    assert judge(ODD) > judge(PLAIN)
    assert judge("") == float("-inf")


def test_words_are_swapped_in_literal_order_as_elsewhere() -> None:
    texts = drawn({"news": [PLAIN]}, None, reordered_share=0.5)
    known = sorted(PLAIN.lower().rstrip(".").split())
    reordered = [text for text in texts if text.lower() != PLAIN.lower()]
    swapped = [text for text in reordered if text.isupper()]
    assert 30 < len(reordered) < 100  # an only clause is left as it is now and then
    assert len(swapped) == pytest.approx(len(reordered) * (1 - recipes.CLEAN_SHARE), abs=15)
    assert any(sorted(text.lower().rstrip(".").split()) == known for text in swapped)


MARKUP = """<html><body><nav><a href="/">Home</a></nav><h1>The bridge</h1>
<p>The council met on Monday and agreed to repair the old bridge be&shy;fore the winter comes to the valley again.</p>
<pre>sudo make bridge --now --and --never --again --in --any --other --way --than --this --one --here</pre>
<p>An engineer came in the spring, measured it for a week and wrote a report that hardly anybody has read so far.</p>
</body></html>"""
DIVIDED = (
    "The council met on Mon-\nday and agreed to re-\npair the bridge before the winter comes, which it did not do. " * 9
)


@pytest.mark.parametrize("text", [MARKUP, DIVIDED, f"{PLAIN} " * 40], ids=["markup", "divided words", "plain"])
def test_windows_are_cut_as_they_are_when_the_text_is_scored(text: str) -> None:
    document = Document.from_text(text)
    windows = [document.prose.text[slice(*window)] for window in document.windows]
    stretches = [document.prose.text[slice(*s)] for window in document.windows for s in document.stretches(window)]
    rng = random.Random(3)
    drawn = [recipes.draw_window(text, rng) for _ in range(200)]
    assert set(drawn) <= {*windows, *stretches, ""}
    assert set(windows) <= set(drawn)
    assert not any("<" in window or "&shy;" in window or "Mon-" in window for window in drawn)


def test_a_text_without_words_has_no_window() -> None:
    assert recipes.draw_window("…\n\n--- 12 ---", random.Random(1)) == ""


def test_of_a_book_a_part_is_read() -> None:
    book = "\n".join(f"Line {number} of the book tells of the bridge and of the winter." for number in range(1000))
    excerpt = recipes.excerpt(book, random.Random(1))
    assert excerpt.startswith("Line ")
    assert excerpt in book
    assert len(excerpt) <= recipes.EXCERPT
