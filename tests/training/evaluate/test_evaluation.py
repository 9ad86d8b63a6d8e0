from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from detector.judge import gates
from detector.report import Finding, Suggestion
from detector.training.data.by_hand import swapped, translated_by_hand
from detector.training.data.records import Record, simulated_records, spin_record, with_mistakes
from detector.training.evaluate.scores import Swap, best_rank, differences, interval, marked
from detector.training.evaluate.verdict import Scored, register_thresholds
from detector.training.fit.measure import document_of
from detector.training.spinners.dictionary import DictionarySpinner

Judged = Callable[..., list[Scored]]

BEFORE = "The allies denied that they agreed to an arms deal."


def finding(text: str, phrase: str, *suggestions: str) -> Finding:
    start = text.index(phrase)
    offered = tuple(Suggestion(one, 0.5) for one in suggestions)
    return Finding(start, start + len(phrase), phrase, "wording", "SWAPPED_WORD", "", 0.9, offered)


def test_words_that_stand_where_others_stood_are_swaps() -> None:
    after = "The friends denied that they agreed to an wings deal."
    found = list(differences(BEFORE, after))
    assert [(after[s.start : s.end], s.original) for s in found] == [("friends", "allies"), ("wings", "arms")]


def test_insertions_are_no_swaps() -> None:
    assert list(differences(BEFORE, "The old " + BEFORE[4:])) == []


def test_a_marked_phrase_is_looked_for_whatever_its_capitals() -> None:
    text = "Counterfeit Consciousness is here."
    marks = [
        {"phrase": "counterfeit consciousness", "expected": "Artificial Intelligence"},
        {"phrase": "gone", "expected": "x"},
    ]
    assert list(marked(text, marks)) == [Swap(0, 25, "artificial intelligence")]


def test_an_original_is_named_by_a_word_that_does_not_stand_there_anyway() -> None:
    text = "It denied agreeing to an wings offer."
    swap = Swap(text.index("wings"), text.index("."), "arms deal")
    assert best_rank([finding(text, "wings offer", "wing offers", "arms offer")], swap, "wings offer") == 1
    assert best_rank([finding(text, "wings", "arms")], swap, "wings offer") == 0
    assert best_rank([finding(text, "wings offer", "wings bid")], swap, "wings offer") is None
    kept = Swap(swap.start, swap.end, "arms offer")
    assert best_rank([finding(text, "wings offer", "the offer")], kept, "wings offer") is None


@pytest.mark.parametrize(("hits", "count", "low", "high"), [(0, 30, 0.0, 0.1157), (1, 30, 0.0008, 0.1722)])
def test_intervals_are_clopper_and_pearsons(hits: int, count: int, low: float, high: float) -> None:
    assert interval(hits, count) == pytest.approx((low, high), abs=1e-4)


def test_without_spinners_nothing_is_simulated(tmp_path: Path) -> None:
    assert list(simulated_records(tmp_path, {}, 3)) == []


LONG = Record(
    "1", "one", "news", "g", " ".join([BEFORE, "Nobody knew what the army would do with the old bridge."] * 8), False
)


def test_an_honest_text_with_mistakes_stays_honest_but_is_not_genuine() -> None:
    one = with_mistakes(LONG)
    assert (one.spun, one.genuine, one.edits, one.source) == (False, False, (), LONG.source)
    assert one.text != LONG.text
    assert one == with_mistakes(LONG)
    assert LONG.genuine


def test_a_spun_text_may_have_had_mistakes() -> None:
    pytest.importorskip("wordfreq")
    pytest.importorskip("lemminflect")
    dictionary = {"dictionary": DictionarySpinner({"army": [("kettle", 1.0)], "bridge": [("bow", 1.0)]})}
    versions = [spin_record(replace(LONG, id=str(number)), dictionary, ["dictionary"]) for number in range(40)]
    made = [version for version in versions if version]
    assert {version.family.partition("/")[0].rstrip("+") for version in made} == {"dictionary"}
    mistaken = [version for version in made if "/learner" in version.family or "/scan" in version.family]
    assert 0 < len(mistaken) < len(made) / 2
    for version in made:
        assert {version.text[start:end].lower() for start, end in version.edits} <= {"kettle", "bow"}


def test_a_swap_by_hand_marks_the_words_that_differ() -> None:
    pairs = [("agreed to an arms deal", "agreed to a wings offer"), ("arms deal", "arms bargain")]
    text, edits, originals = swapped(f"{BEFORE} No arms deal was made.", pairs, "a")
    assert text == "The allies denied that they agreed to a wings offer. No arms bargain was made."
    assert [text[start:end] for start, end in edits] == ["a wings offer", "bargain"]
    assert originals == ("an arms deal", "deal")


def test_swaps_by_hand_are_made_in_the_order_of_the_text() -> None:
    with pytest.raises(ValueError, match="a: no 'allies' after 'The allies denied that they concurred'"):
        swapped(BEFORE, [("agreed", "concurred"), ("allies", "friends")], "a")


def test_translations_by_hand_are_honest_and_long_enough_to_be_scored() -> None:
    records = list(translated_by_hand())
    assert {record.register for record in records} == {"translated by hand, first", "translated by hand, second"}
    assert len({record.id for record in records}) == len(records)
    assert not any(record.spun for record in records)
    assert not any(gates.check(document_of(record)).reason for record in records)


def test_a_register_called_spun_too_often_shows_what_a_stricter_threshold_would_cost(judged: Judged) -> None:
    documents = [
        *judged("news", *[0.1] * 99, 0.95, spun=False),
        *judged("learner", *[0.2] * 98, 0.89, 0.92, 0.94, 0.97, spun=False),
        *judged("swaps", 0.93, 0.94, 0.96, 0.99, spun=True),
        *judged("wild", 0.5, 0.95, spun=True),
    ]
    assert register_thresholds(documents) == {"learner": {"above": 0.92, "spun": {"swaps": 1.0, "wild": 0.5}}}
    documents += judged("learner", 0.98, spun=False)
    assert register_thresholds(documents) == {"learner": {"above": 0.94, "spun": {"swaps": 0.5, "wild": 0.5}}}


def test_where_no_register_is_called_spun_too_often_nothing_has_to_be_stricter(judged: Judged) -> None:
    assert register_thresholds(judged("news", *[0.1] * 99, 0.95, spun=False)) == {}
