"""The first stage reads words: their numbers, their surroundings, and sections of long texts."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from detector.errors import ModelError
from detector.signals.scan import LARGEST, SECTION, Scanner
from detector.signals.scan.features import COUNT
from detector.signals.scan.network import DILATIONS, NEAR, Network, cut
from detector.signals.scan.phrases import PhraseNumbers, hash_phrases
from detector.signals.scan.words import CASES, STYLES, SUFFIXES, Vocabulary, classify_gap, normalise, suffix

FORMS = ["the", "a", "wings", "offer", "arms", "deal", "was", "made", "big"]
SIZE, WIDTH = 4, 6


def weights(seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    size = len(FORMS) + SUFFIXES
    network = {
        "prior": some(size), "styles": some(STYLES, WIDTH), "before": some(NEAR * SIZE, SIZE),
        "after": some(NEAR * SIZE, SIZE), "topic": some(SIZE, SIZE), "mix": some(4 * SIZE, WIDTH), "mix_bias": some(WIDTH),
        "around": some(len(DILATIONS), 3 * WIDTH, WIDTH), "around_bias": some(len(DILATIONS), WIDTH), "word": some(WIDTH),
        "word_bias": some(1), "window_hidden": some(2 * WIDTH, 3), "window_hidden_bias": some(3), "window": some(3),
        "window_bias": some(1),
    }  # fmt: skip
    whole, starts = hash_phrases([[2, 3]])
    classifier = {
        "mean": np.zeros(COUNT), "scale": np.ones(COUNT) * 20, "hidden": some(COUNT, 2), "hidden_bias": some(2),
        "output": some(2), "output_bias": some(1),
    }  # fmt: skip
    return {
        **network,
        **classifier,
        "words": rng.integers(-127, 128, (size, SIZE)).astype(np.int8),
        "word_scales": np.full(size, 0.01, np.float16),
        "forms": np.frombuffer("\n".join(FORMS).encode(), np.uint8),
        "phrases": whole,
        "phrase_starts": starts,
    }


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "scan.npz"
    np.savez(path, **weights())
    return path


@pytest.mark.parametrize(
    ("gap", "like"),
    [("\n\n", "\n"), (", ", ","), (" – ", "—"), ('." ', ". "), ("- ", " -"), (" ,", " ."), ("“ ", " )"), ("-", "‐"), (" “", " (")],
)  # fmt: skip
def test_gaps_that_mean_the_same_are_alike(gap: str, like: str) -> None:
    assert classify_gap(gap) == classify_gap(like)


def test_gaps_that_mean_another_thing_differ() -> None:
    assert len({classify_gap(gap) for gap in (" ", "\n", ", ", ". ", ": ", " “", "” ", "-", " – ", "- ", " / ")}) == 11


def test_words_are_numbered_by_their_form_and_unknown_ones_by_their_end() -> None:
    vocabulary = Vocabulary(FORMS)
    ids, styles = vocabulary.read("The WINGS offer\nWas made; 1999 and 2001, jumbled tumbled running.")
    assert ids[:5].tolist() == [0, 2, 3, 6, 7]
    assert ids[5] == ids[7] == len(FORMS) + suffix("0000")  # digits are alike
    assert ids[8] == ids[9] != ids[10]
    assert all(0 <= number < len(vocabulary) for number in ids)
    assert styles.tolist()[0] // CASES == styles.tolist()[3] // CASES  # a text begins as a paragraph does
    assert len({style % CASES for style in styles[:3].tolist()}) == 3
    assert normalise("DON’T") == "don't"


def test_a_text_has_as_many_numbers_as_words_whatever_stands_between() -> None:
    vocabulary = Vocabulary(FORMS)
    for text in ("", "…", "   \n ", "x", "a-b_c", "  the  ", "é ß 漢字 ﬁ", "\ud800 the"):
        ids, styles = vocabulary.read(text)
        assert len(ids) == len(styles)
        assert all(0 <= style < STYLES for style in styles)


def test_a_vocabulary_pickles() -> None:
    read = pickle.loads(pickle.dumps(Vocabulary(FORMS))).read("the wings")
    assert read[0].tolist() == [0, 2]


def test_known_phrases_are_counted_and_no_others() -> None:
    phrases = [[2, 3], [4, 5, 6, 7, 8], [1, 2, 3]]
    table = PhraseNumbers(*hash_phrases(phrases))
    rng = np.random.default_rng(1)
    for _ in range(50):
        ids = rng.integers(0, 9, 40).astype(np.int32)
        listed = ids.tolist()
        expected = sum(listed[at : at + len(p)] == p for p in phrases for at in range(len(listed)))
        assert table.count(ids) == expected
    assert table.count(np.array([2], np.int32)) == 0
    assert PhraseNumbers(*hash_phrases([])).count(np.array([2, 3], np.int32)) == 0


@pytest.mark.parametrize("count", [1, 127, 128, 129, 1000])
def test_windows_cover_every_word_and_are_alike_in_size(count: int) -> None:
    starts, sizes = cut(count)
    assert starts[0] == 0
    assert sizes.sum() == count
    assert sizes.max() <= 128
    assert sizes.max() - sizes.min() <= 1


def test_a_word_depends_on_what_stands_around_it() -> None:
    network = Network({**weights(), "words": np.random.default_rng(2).normal(size=(len(FORMS) + SUFFIXES, SIZE))})
    styles = np.zeros(5, np.int32)
    one = network.read(np.array([0, 1, 2, 3, 4], np.int32), styles)
    other = network.read(np.array([0, 5, 2, 3, 4], np.int32), styles)
    assert one.words.shape == (5,)
    assert one.windows.shape == (1,)
    assert (one.words != other.words)[[0, 1, 2]].all()


def test_what_is_said_of_a_text_does_not_depend_on_the_others(model: Path) -> None:
    scanner = Scanner(model)
    texts = ["The wings offer was made. " * count for count in (1, 7, 40, 400)]
    together = scanner.log_odds(texts)
    assert together == [Scanner(model).log_odds([text])[0] for text in texts]
    assert together[::-1] == scanner.log_odds(texts[::-1])
    assert len(set(together)) > 1


def test_a_text_without_words_has_the_lowest_log_odds(model: Path) -> None:
    assert Scanner(model).log_odds(["", "… — !"]) == [-LARGEST, -LARGEST]


def test_a_long_text_is_judged_by_its_strongest_section_less_what_chance_gives(model: Path) -> None:
    scanner = Scanner(model)
    rng = np.random.default_rng(3)
    sections = [" ".join(rng.choice(FORMS, SECTION)) for _ in range(3)]
    alone = [scanner.log_odds([section])[0] for section in sections]
    whole = scanner.log_odds([" ".join(sections)])[0]
    assert whole == pytest.approx(max(alone) - np.log(3), abs=0.05)  # the first words have another gap before them


def test_a_file_that_lacks_something_is_refused(tmp_path: Path) -> None:
    whole = weights()
    broken = tmp_path / "broken.npz"
    for name in ("prior", "phrases", "mean"):
        np.savez(broken, **{key: value for key, value in whole.items() if key != name})
        with pytest.raises(ModelError, match=rf"broken\.npz.*{name}"):
            Scanner(broken)
    np.savez(broken, **{**whole, "prior": whole["prior"][1:]})
    with pytest.raises(ModelError, match="do not fit together"):
        Scanner(broken)
    np.savez(broken, **{**whole, "mean": whole["mean"][1:]})
    with pytest.raises(ModelError, match="do not fit together"):
        Scanner(broken)
