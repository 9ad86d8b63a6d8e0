from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from detector.report import Grounds, Report
from detector.training.evaluate.garbled import BACK, print_result
from detector.training.evaluate.verdict import Scored


def test_round_trips_stand_apart_from_honest_texts(
    judged: Callable[..., list[Scored]], capsys: pytest.CaptureFixture[str]
) -> None:
    def report(register: str, probability: float, rate: float) -> tuple[str, Report]:
        (one,) = judged(register, probability, spun=register == BACK)
        grounds = Grounds(probability, garbled=rate >= 200)
        return register, replace(one.report, measures={"wording.words_over_10": rate}, grounds=grounds)

    print_result([report(BACK, 0.95, 260.0), report(BACK, 0.6, 120.0), report("learner", 0.1, 40.0)])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        "there and back 2 0 1 1 1 2 1 1 1",
        "learner 1 1 0 0 0 0 0 0 0",
        "all honest 1 1 0 0 0 0 0 0 0",
    ]
