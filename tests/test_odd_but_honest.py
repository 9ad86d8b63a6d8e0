"""Odd but honest writing, in words of our own: nobody swapped a word of it, and it must not be called spun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.engine.detector import Detector
from detector.report import Verdict

CASES = Path(__file__).parent / "cases"
LINES = (CASES / "odd_but_honest.jsonl").read_text(encoding="utf-8").splitlines()
KNOWN_FAILURES: dict[str, str] = json.loads((CASES / "known_failures.json").read_text(encoding="utf-8"))


def param(case: dict[str, str]) -> object:
    """Those it is known to get wrong are so by little: another processor may round them to the right side."""
    reason = KNOWN_FAILURES.get(case["name"])
    return pytest.param(
        case["text"], id=case["name"], marks=[pytest.mark.xfail(reason=reason, strict=False)] if reason else []
    )


@pytest.mark.parametrize("text", [param(json.loads(line)) for line in LINES])
def test_odd_but_honest_writing_is_not_called_spun(detector: Detector, text: str) -> None:
    report = detector.score(text)
    assert report.verdict is not Verdict.SPUN, (report.probability, [finding.text for finding in report.findings])
