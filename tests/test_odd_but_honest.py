"""Odd but honest writing, in words of our own: nobody swapped a word of it, and it must not be called spun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from known_failures import check

from detector.engine.detector import Detector
from detector.report import Verdict

LINES = (Path(__file__).parent / "cases/odd_but_honest.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_odd_but_honest_writing_is_not_called_spun(detector: Detector, case: dict[str, str]) -> None:
    report = detector.score(case["text"])
    check(case["name"], report, right=report.verdict is not Verdict.SPUN)
