"""Alignment: the words of two texts side by side, wherever they stand."""

from __future__ import annotations

from traced_texts import SOURCE, SWAPS, spun, unrelated

from detector.trace.alignment import align
from detector.trace.texts import ComparedText


def swaps_of(one: str, other: str) -> dict[str, str]:
    a, b = ComparedText.of(one), ComparedText.of(other)
    edits = [edit for stretch in align(a, b) for edit in stretch.edits]
    return {" ".join(a.forms[e.a_start : e.a_end]): " ".join(b.forms[e.b_start : e.b_end]) for e in edits}


def test_each_swap_is_found_and_nothing_else() -> None:
    found = swaps_of(SOURCE, spun())
    assert {word: put_in for word, put_in in found.items() if " " not in word}.items() <= SWAPS.items()
    assert {word for key in found for word in key.split()} == {*SWAPS, "drawn", "old"} & set(" ".join(found).split())
    assert len(" ".join(found).split()) == sum(SOURCE.split().count(word) > 0 or word in SOURCE for word in SWAPS)


def test_a_phrase_for_a_word_is_one_swap() -> None:
    assert swaps_of(SOURCE, SOURCE.replace("long debate", "never ending argument")) == {
        "long debate": "never ending argument"
    }


def test_what_is_left_out_and_put_in_is_told() -> None:
    a, b = ComparedText.of(SOURCE), ComparedText.of(SOURCE.replace("Two plans were on the table. ", ""))
    (stretch,) = align(a, b)
    assert sum(edit.a_end - edit.a_start for edit in stretch.edits) == 6
    assert stretch.kept == len(b)


def test_an_article_inside_a_longer_text_is_found_to_its_ends() -> None:
    a, b = ComparedText.of(spun()), ComparedText.of(f"{unrelated(1, 40)} {SOURCE} {unrelated(2, 40)}")
    (stretch,) = align(a, b)
    before = len(ComparedText.of(unrelated(1, 40)))
    assert (stretch.a_start, stretch.a_end) == (0, len(a))
    assert (stretch.b_start, stretch.b_end) == (before, before + len(ComparedText.of(SOURCE)))


def test_two_articles_sewn_together_are_two_stretches_and_so_is_a_moved_paragraph() -> None:
    other = unrelated(5)
    sewn = ComparedText.of(f"{other} {SOURCE}")
    (stretch,) = align(ComparedText.of(other), sewn)
    assert stretch.b_start == 0
    both = align(ComparedText.of(f"{spun()} {other}"), sewn)
    assert [one.b_start > 0 for one in both] == [True, False]  # in the order of the first text


def test_unrelated_texts_and_empty_ones_have_nothing_in_common() -> None:
    texts = [ComparedText.of(text) for text in (SOURCE, unrelated(1), unrelated(2), "", "a word")]
    assert not any(align(a, b) for a in texts for b in texts if a is not b)


def test_one_phrase_over_and_over_takes_no_time_and_is_no_stretch() -> None:
    a = ComparedText.of("the boat of the man in the town " * 2000)
    assert align(a, ComparedText.of("the ship of the man in the village " * 2000)) == []
