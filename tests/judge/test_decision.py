"""The verdict under any threshold, from what a report holds: the same as the judge's own."""

from __future__ import annotations

import pytest

from detector.judge.decision import OVERWHELMING, decide
from detector.report import Grounds, Origin, Thresholds, Verdict, WindowScore

MODEL = Thresholds(0.75, 0.95)


@pytest.mark.parametrize(
    ("probability", "grounds", "threshold", "verdict"),
    [
        (0.96, Grounds(0.96), 0.95, Verdict.SPUN),
        (0.96, Grounds(0.96), 0.97, Verdict.SUSPECT),
        (0.70, Grounds(0.70), 0.95, Verdict.CLEAN),
        (0.70, Grounds(0.70), 0.70, Verdict.SPUN),  # suspect moves down with it
        (0.96, Grounds(0.60), 0.95, Verdict.SUSPECT),  # the wording alone is not even suspect
        (0.96, Grounds(0.60), 0.50, Verdict.SPUN),
        (0.96, Grounds(0.96, unquoted=0.1), 0.95, Verdict.SUSPECT),
        (0.96, Grounds(0.96, unquoted=0.8), 0.95, Verdict.SPUN),
        (0.96, Grounds(0.96, clipped=True), 0.95, Verdict.SUSPECT),
        (OVERWHELMING, Grounds(0.96, clipped=True), 0.95, Verdict.SPUN),
        (0.96, Grounds(0.96, verse=True), 0.95, Verdict.SUSPECT),
        (0.01, Grounds(0.01, garbled=True), 0.95, Verdict.SUSPECT),
        (0.96, Grounds(0.96, garbled=True), 0.95, Verdict.SPUN),
        (OVERWHELMING, Grounds(0.96, verse=True), 0.95, Verdict.SPUN),
        (0.01, Grounds(0.01, choices=Verdict.SPUN), 0.95, Verdict.SPUN),
        (0.01, Grounds(0.01, choices=Verdict.SUSPECT), 0.95, Verdict.SUSPECT),
        (0.96, Grounds(0.96, choices=Verdict.SUSPECT), 0.95, Verdict.SPUN),
        (0.30, Grounds(0.30, section=WindowScore(0, 9, 0.96)), 0.95, Verdict.SUSPECT),
        (0.30, Grounds(0.30, section=WindowScore(0, 9, 0.96)), 0.97, Verdict.CLEAN),
    ],
)
def test_the_verdict_under_a_threshold(
    probability: float, grounds: Grounds, threshold: float, verdict: Verdict
) -> None:
    found, remarks = decide(probability, grounds, MODEL.moved(threshold, Origin.THRESHOLD))
    assert found is verdict
    thresholds = MODEL.moved(threshold, Origin.THRESHOLD)
    plain = Verdict.SPUN if probability >= thresholds.spun else (
        Verdict.SUSPECT if probability >= thresholds.suspect else Verdict.CLEAN
    )  # fmt: skip
    assert bool(remarks) == (found is not plain)  # what the probability alone does not say is explained
