from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from detector.training.evaluate.external import draw_documents, print_result, registers, shares_by_register
from detector.training.evaluate.verdict import Scored, false_positives

SENTENCE = "Nobody in the village knew what the army would do with the old bridge over the river."
LONG = " ".join([SENTENCE] * 8)
(NEWS,) = (source for source in registers("evaluation") if source.name == "Australian news")


def test_documents_are_long_enough_and_cut_at_the_end_of_a_sentence(tmp_path: Path) -> None:
    lines = [LONG + f" Number {number}." + LONG + LONG for number in range(5)]
    (tmp_path / "lee_background.cor").write_text("\n".join([*lines, SENTENCE]), encoding="utf-8")
    found = draw_documents(tmp_path, NEWS, 3)
    assert len(found) == 3
    assert found == draw_documents(tmp_path, NEWS, 3)
    every = draw_documents(tmp_path, NEWS, 100)
    assert len(every) == 5
    assert set(found) < set(every)
    assert all(200 < len(one.text.split()) <= 230 and one.text.endswith(".") for one in found)
    assert {(one.source, one.register, one.spun) for one in found} == {("outside", "Australian news", False)}


def test_nothing_there_is_no_document(tmp_path: Path) -> None:
    assert not any(draw_documents(tmp_path, source, 3) for source in registers("evaluation"))


def test_registers_are_shown_one_by_one_and_together(
    judged: Callable[..., list[Scored]], capsys: pytest.CaptureFixture[str]
) -> None:
    honest = judged("licences", *[0.1] * 15, spun=False) + judged("Koran", *[0.1] * 14, 0.6, spun=False)
    half = shares_by_register(judged("licences", 0.95, 0.6, 0.1, 0.1, spun=True))
    print_result({"honest": false_positives(honest), "spun": {"5%": half, "10%": half}})
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[2:]]
    assert lines == [
        "licences 15 0 0 [0.0%, 21.8%] 0.250 0.500 0.250 0.500",
        "Koran 15 0 1 [0.0%, 21.8%]",  # none of its spun versions has a score
        "all 30 0 1 [0.0%, 11.6%] 0.250 0.500 0.250 0.500",
    ]
