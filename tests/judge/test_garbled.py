"""Texts in which words all over look a little odd, as after a translation that lost the meaning."""

from __future__ import annotations

import pytest

from detector.judge.decision import decide
from detector.judge.verdict import is_garbled
from detector.report import Grounds, Thresholds, Verdict

THRESHOLDS = Thresholds(suspect=0.67, spun=0.9)


@pytest.mark.parametrize(
    ("rate", "verse", "garbled"), [(240.0, False, True), (240.0, True, False), (80.0, False, False)]
)
def test_many_odd_words_garble_a_text_but_verse(rate: float, verse: bool, garbled: bool) -> None:
    assert is_garbled({"wording.words_over_10": rate}, verse=verse) is garbled


def test_what_was_not_measured_is_not_garbled() -> None:
    assert not is_garbled({}, verse=False)


@pytest.mark.parametrize(
    ("probability", "verdict", "told"),
    [(0.1, Verdict.SUSPECT, True), (0.8, Verdict.SUSPECT, True), (0.95, Verdict.SPUN, False)],
)
def test_it_is_suspect_and_says_why(probability: float, verdict: Verdict, told: bool) -> None:
    found, remarks = decide(probability, Grounds(probability, garbled=True), THRESHOLDS)
    assert found is verdict
    assert any(remark.startswith("garbled: ") for remark in remarks) is told


def test_a_proof_weighs_more() -> None:
    found, remarks = decide(0.1, Grounds(0.1, proven=Verdict.SPUN, garbled=True), THRESHOLDS)
    assert (found, remarks) == (Verdict.SPUN, ())
