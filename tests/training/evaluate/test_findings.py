"""The numbers of findings: what is right, what is shown, what is exact; and the measures of others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from detector.report import Finding, Grade, Verdict
from detector.text.offsets import Span
from detector.training.data.records import Record
from detector.training.evaluate.findings import Found, accused, belief, joined, of_group
from detector.training.evaluate.peers import Hits, PhraseList, measure, noun_chunks
from detector.training.evaluate.scores import Swap

TEXT = "He denied an wings offer of the huge power, and went."
SWAPS = (Swap(13, 18, "arms"), Swap(19, 24, "deal"), Swap(32, 36, "great"))


def record(*, spun: bool = True) -> Record:
    return Record("a", "made", "news", "a", TEXT, spun)


def found(*spans: tuple[int, int, float, Grade], verdict: Verdict = Verdict.SPUN, spun: bool = True) -> Found:
    findings = [
        Finding(start, end, TEXT[start:end], "wording", "R", "", score, (), grade) for start, end, score, grade in spans
    ]
    report: Any = SimpleNamespace(findings=tuple(findings), verdict=verdict, words=11)
    return Found(record(spun=spun), SWAPS if spun else (), report)


LIKELY = (13, 24, 0.9, Grade.LIKELY)
TOUCHING = (28, 36, 0.6, Grade.POSSIBLE)
WRONG = (48, 52, 0.2, Grade.POSSIBLE)


def test_words_next_to_each_other_are_one_phrase() -> None:
    assert joined(SWAPS, TEXT) == [Swap(13, 24, "arms deal"), SWAPS[2]]


def test_findings_are_counted_by_grade_in_documents_called_spun() -> None:
    numbers = of_group([found(LIKELY, TOUCHING, WRONG), found(LIKELY, verdict=Verdict.SUSPECT)])
    assert (numbers["documents"], numbers["called"]) == (2, 1)
    likely, both = numbers["likely"], numbers["all"]
    assert (likely["findings"], likely["precision"], likely["recall"], likely["exact_f1"]) == (
        1,
        1,
        0.5,
        pytest.approx(2 / 3),
    )
    assert (both["findings"], both["precision"], both["recall"]) == (3, pytest.approx(2 / 3), 1)
    assert both["f1"] == pytest.approx(0.8)
    assert both["exact_f1"] == pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5))


def test_how_far_a_probability_can_be_believed() -> None:
    rows = belief([found(LIKELY, TOUCHING, WRONG)])
    assert [(row["low"], row["findings"], row["right"]) for row in rows if row["findings"]] == [
        (0.2, 1, 0), (0.5, 1, 1), (0.85, 1, 1)
    ]  # fmt: skip


def test_honest_documents_that_are_accused() -> None:
    rows = accused([found(WRONG, spun=False, verdict=Verdict.CLEAN), found(LIKELY, WRONG, spun=False)])
    assert rows["all"] == rows["news"]
    assert (rows["all"]["documents"], rows["all"]["called"], rows["all"]["words"]) == (2, 1, 22)
    assert [rows["all"][name] for name in ("all", "likely", "in_called")] == pytest.approx(
        [3000 / 22, 1000 / 22, 2000 / 22]
    )


def test_a_list_is_looked_up_anywhere_or_by_words() -> None:
    listed = PhraseList(["wings offer", "gs off"])
    assert set(listed.anywhere(TEXT.replace("wings", "Wings")).spans) == {Span(13, 24), Span(16, 22)}
    assert set(listed.whole_words(TEXT).spans) == {Span(13, 24)}
    assert not listed.whole_words("Nothing.").called


def test_noun_chunks_are_parted_by_function_words_and_commas() -> None:
    pytest.importorskip("lemminflect")
    assert [TEXT[start:end] for start, end in noun_chunks(TEXT)] == ["wings offer", "huge power"]


def test_a_method_is_measured_by_chunk_span_and_word() -> None:
    pytest.importorskip("lemminflect")
    one = measure([(record(), SWAPS)], [Hits({Span(13, 24): 0.9, Span(48, 52): 0.2}, called=True)])
    assert (one["documents"], one["called"], one["chunk_recall"], one["chunk_precision"]) == (1, 1, 0.5, 1)
    assert (one["overlapping_f1"], one["exact_f1"]) == (0.5, 0.5)
    best = measure([(record(), SWAPS)], [Hits({Span(13, 24): 0.9, Span(32, 36): 0.2}, called=True)])
    assert best["ndcg"] == pytest.approx(1)
    assert np.isfinite(one["ndcg"])
    assert one["ndcg"] < best["ndcg"]
