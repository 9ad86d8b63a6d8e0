from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from detector.training.data.lexicon import PLAIN, Resources, article, article_entries, in_every_form
from detector.training.data.tortured import parallel_forms, stripped
from detector.training.spinners import Spinner, Spun, spin, split
from detector.training.spinners.corruption import Debris, EntitySpinner
from detector.training.spinners.dictionary import DictionarySpinner, mend_article, with_case_of
from detector.training.spinners.mistakes import ForeignWordOrder, Learner, Noise, Scan

TEXT = (
    "The army said on Monday that an arms deal had been reached. “We need the arms deal,” a major told Korean "
    "reporters after two decades of well-known sanctions, and Kim Jong-un’s allies agreed: the army was ready."
)
TABLE = {
    "arms": [("wings", 1.0)],
    "arms deal": [("wings offer", 1.0)],
    "deal": [("cope", 0.5), ("offer", 0.5)],
    "army": [("regular army", 1.0)],
    "major": [("big", 0.6), ("prime", 0.4)],
    "allies": [("friends", 1.0)],
    "an": [("one", 1.0)],
}
SPINNERS: dict[str, Spinner] = {
    "dictionary": DictionarySpinner(TABLE),
    "entity": EntitySpinner(["him", "kin", "long", "jing"]),
    "debris": Debris(1.0),
    "noise": Noise(0.5),
    "scan": Scan((0.5, 0.5)),
    "literal": ForeignWordOrder((1.0, 1.0)),
    "learner": Learner((0.5, 0.5), ["rank", "rack", "agreed", "agree", "agreement"]),
}


def restored(spun: Spun, source: str) -> str:
    """The source again, by putting back what each edit replaced."""
    parts, position = [], 0
    for edit in spun.edits:
        parts += [spun.text[position : edit.start], source[edit.source_start : edit.source_end]]
        position = edit.end
    return "".join(parts) + spun.text[position:]


@pytest.mark.parametrize("name", ["dictionary", "entity"])
@pytest.mark.parametrize("seed", range(20))
def test_edits_lead_back_to_the_source(name: str, seed: int) -> None:
    spun = spin(TEXT, [SPINNERS[name]], 0.4, random.Random(seed))
    assert spun.edits
    again = restored(spun, TEXT)
    assert again in (TEXT, TEXT.replace("an arms", "a arms"))  # an article mended to fit is no edit


def needs(name: str) -> None:
    """Learners confuse forms of one lemma, which a package of the training extra knows."""
    if name == "learner":
        pytest.importorskip("lemminflect")


@pytest.mark.parametrize("name", SPINNERS)
def test_the_seed_decides(name: str) -> None:
    needs(name)
    one, other = (spin(TEXT, [SPINNERS[name]], 0.3, random.Random(7)) for _ in range(2))
    assert one == other
    assert spin(TEXT, [SPINNERS[name]], 0.3, random.Random(8)) != one


def test_a_rate_of_nothing_changes_nothing() -> None:
    assert spin(TEXT, [DictionarySpinner({})], 0.5, random.Random(1)) == Spun(TEXT, ())


def test_phrases_are_replaced_whole() -> None:
    texts = [spin(TEXT, [SPINNERS["dictionary"]], 0.2, random.Random(seed)).text for seed in range(20)]
    assert any("wings offer" in text for text in texts)


@pytest.mark.parametrize("name", ["debris", "noise", "scan", "learner", "literal"])
def test_debris_and_mistakes_are_no_swaps(name: str) -> None:
    needs(name)
    spun = spin(TEXT, [SPINNERS[name]], 0.5, random.Random(3))
    assert spun.edits == ()
    assert spun.text != TEXT


def test_a_literal_translation_has_the_words_of_its_source_in_another_order() -> None:
    plain = "The union has voted to end a strike that had left dozens of ships at anchor."
    small = {"a", "an", "the", "which", "that", *ForeignWordOrder._PREPOSITIONS}
    content = sorted(piece.form for piece in split(plain)[0] if piece.form not in small)
    texts = {spin(plain, [SPINNERS["literal"]], 0, random.Random(seed)).text for seed in range(30)}
    assert len(texts) > 5
    for text in texts:
        assert sorted(piece.form for piece in split(text)[0] if piece.form not in small) == content
        assert text[0].isupper()
        assert text[1:] == text[1:].lower()


def test_a_literal_translation_leaves_names_and_numbers_as_they_are() -> None:
    text = "Kim said that 1,500 allies agreed with the army about it."
    for seed in range(30):
        after = spin(text, [SPINNERS["literal"]], 0, random.Random(seed)).text
        assert "1,500" in after
        assert "Kim" in after


def test_units_and_nationalities_go_to_their_neighbours() -> None:
    swaps = {
        (TEXT[e.source_start : e.source_end], spun.text[e.start : e.end])
        for seed in range(30)
        for spun in [spin(TEXT, [SPINNERS["entity"]], 0.2, random.Random(seed))]
        for e in spun.edits
    }
    assert ("decades", "centuries") in swaps
    assert any(before == "Korean" and after[0].isupper() for before, after in swaps)


def test_capitals_are_kept() -> None:
    assert [with_case_of(model, "big") for model in ("Major", "MAJOR", "major", "M")] == ["Big", "BIG", "big", "Big"]


def test_articles_agree_by_letter() -> None:
    pieces, _ = split("An hour")
    pieces[1].text = "minute"
    mend_article(pieces, 1)
    assert pieces[0].text == "A"


def test_what_differs_is_read_off_phrases_of_unequal_length() -> None:
    known = {("bosom", "breast"), ("breast", "bosom"), ("network", "organization")}
    assert stripped(["breast", "cancer"], ["bosom", "malignant", "growth"], known) == (
        ["cancer"],
        ["malignant", "growth"],
    )
    assert stripped(["deep", "neural", "network"], ["profound", "organization"], known) == (
        ["deep", "neural"],
        ["profound"],
    )


def test_a_swap_seen_in_the_plural_is_known_in_the_singular() -> None:
    pytest.importorskip("lemminflect")
    assert ("campaign", "crusade") in parallel_forms("campaigns", "crusades")
    assert not parallel_forms("campaigns", "crusading")


def test_the_article_dictionary_is_well_formed() -> None:
    seen = set()
    for head, pos, synonyms in article_entries():
        assert (head, pos) not in seen
        seen.add((head, pos))
        assert PLAIN.fullmatch(head)
        for synonym, weight in synonyms:
            assert re.fullmatch(r"[a-z]+(?:[ '-][a-z]+){0,3}", synonym)
            assert synonym != head
            assert 1 <= weight <= 9
    assert len(seen) > 15_000


def test_the_article_dictionary_is_inflected() -> None:
    pytest.importorskip("lemminflect")
    table = {word: dict(forms) for word, forms in article(Resources(Path(), Path())).items()}
    assert table["governments"]["authorities"] > table["governments"]["states"]
    assert "authoritieses" not in table["governments"]
    assert table["bigger"].keys() >= {"larger"}
    assert "regulation enforcement" in table["law enforcement"]
    assert all(abs(sum(forms.values()) - 1) < 0.01 for forms in table.values())


def test_a_plural_stays_one_and_a_mass_is_not_two() -> None:
    pytest.importorskip("lemminflect")
    table = in_every_form([("data", "NOUN", [("information", 1.0)]), ("things", "NOUN", [("matter", 1.0)])], common=0.0)
    assert table == {"data": [("information", 1.0)], "things": [("matters", 1.0)]}
