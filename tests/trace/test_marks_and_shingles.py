"""Marks and shingles: what spinning leaves alone, whatever it swaps."""

from __future__ import annotations

import numpy as np
from traced_texts import SOURCE, spun, unrelated

from detector.trace.marks import STAR, Marker
from detector.trace.shingles import sample_all
from detector.trace.signatures import sign_text, sign_texts


def test_a_run_of_words_that_may_be_swapped_is_one_star() -> None:
    marker = Marker()
    one = marker.marks("On Monday the minister said that 40 boats were lost.")
    other = marker.marks("On Monday the great secretary stated that 40 big ships were mislaid.")
    assert one.marks.tolist() == other.marks.tolist()
    assert (one.marks == STAR).sum() == 3
    assert [len(one.forms), len(other.forms)] == [10, 12]
    assert one.words.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_numbers_and_names_stand_for_themselves_but_not_the_first_word_of_a_sentence() -> None:
    marker = Marker()
    assert marker.marks("Boats were lost.").marks.tolist() == marker.marks("Ships were lost.").marks.tolist()
    for one, other in (("seen in 1994", "seen in 1995"), ("he met Anna there", "he met Berta there")):
        assert marker.marks(one).marks.tolist() != marker.marks(other).marks.tolist()


def test_hashes_depend_on_nothing_but_the_text() -> None:
    used = Marker()
    used.marks(unrelated(1))
    assert used.marks(SOURCE).marks.tolist() == Marker().marks(SOURCE).marks.tolist()


def test_a_spun_text_keeps_the_shingles_of_its_marks() -> None:
    source, copy, other = (set(sign_text(text).hashes.tolist()) for text in (SOURCE, spun(), unrelated(1)))
    assert len(source & copy) >= 20
    assert not source & other


def test_a_sample_is_the_same_wherever_the_text_stands() -> None:
    texts = SOURCE, f"{unrelated(2)}\n\n{SOURCE}\n\n{unrelated(3)}"
    alone, within = sample_all(Marker().marks_of_all(texts), 0.25, 0.1, fewest=0)
    assert len(alone) > 20
    assert np.isin(alone, within).all()


def test_texts_without_words_have_signatures_that_share_nothing() -> None:
    for text in ("", "…", "one word", "12 34"):
        assert len(sign_text(text).hashes) == 0


def test_several_texts_together_are_what_each_is_by_itself() -> None:
    texts = ["", SOURCE, "…", "Two words", "", f"{SOURCE} {SOURCE}", "Anna", spun(), "the of and to", unrelated(1), ""]
    marker = Marker()
    for text, marks, signature in zip(texts, marker.marks_of_all(texts), sign_texts(texts, marker), strict=True):
        alone = Marker().marks(text)
        for one, other in zip(
            (alone.marks, alone.words, alone.forms), (marks.marks, marks.words, marks.forms), strict=True
        ):
            assert one.tolist() == other.tolist()
        assert signature.hashes.tolist() == sign_text(text).hashes.tolist() == sorted(set(signature.hashes.tolist()))
        assert (signature.digest, signature.words) == (sign_text(text).digest, len(alone.forms))
    assert sign_texts([], marker) == []
