from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.report import ModelInfo, Report, Thresholds, Verdict
from detector.training.data.records import Record
from detector.training.evaluate.verdict import Scored

THRESHOLDS = Thresholds(suspect=0.5, spun=0.9)


def _judged(register: str, *probabilities: float, spun: bool) -> list[Scored]:
    record = Record("1", "a source", register, "g", "", spun=spun)
    model = ModelInfo("0", "0")
    return [
        Scored(record, Report("1", "", _verdict(p), p, None, "en", 99, (), (), {}, model, THRESHOLDS))
        for p in probabilities
    ]


def _verdict(probability: float) -> Verdict:
    if probability >= THRESHOLDS.spun:
        return Verdict.SPUN
    return Verdict.SUSPECT if probability >= THRESHOLDS.suspect else Verdict.CLEAN


@pytest.fixture(scope="session")
def judged() -> Callable[..., list[Scored]]:
    """Makes documents of a register, spun or not, that were scored with these probabilities."""
    return _judged
