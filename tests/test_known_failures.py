"""The list of known failures can neither go stale nor hide anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from known_failures import KNOWN_FAILURES, TOLERANCE, check
from test_samples import CASES, name

from detector.engine.detector import Detector
from detector.report import Report

ROOT = Path(__file__).parent
ODD = {json.loads(line)["name"] for line in (ROOT / "cases/odd_but_honest.jsonl").read_text("utf-8").splitlines()}
KNOWN = "a patent"

MakeReport = Callable[[float | None], Report]


@pytest.fixture
def report(detector: Detector) -> MakeReport:
    """Make a report with this probability."""
    return lambda probability: replace(detector.score("Four words of prose."), probability=probability)


def test_each_is_a_case_that_there_is() -> None:
    assert set(KNOWN_FAILURES) <= ODD | {name(case) for case in CASES}


@pytest.mark.parametrize("known", KNOWN_FAILURES)
def test_each_is_near_enough_to_the_threshold_to_be_wrong_somewhere(known: str, detector: Detector) -> None:
    assert KNOWN_FAILURES[known].probability >= detector.thresholds.spun - TOLERANCE


@pytest.mark.parametrize("right", [True, False])
def test_where_it_was_it_is_an_expected_failure_whichever_side_the_processor_rounds_to(
    report: MakeReport, right: bool
) -> None:
    recorded = KNOWN_FAILURES[KNOWN].probability
    with pytest.raises(pytest.xfail.Exception, match="patents"):
        check(KNOWN, report(recorded - 0.9 * TOLERANCE), right=right)


@pytest.mark.parametrize("probability", [0.0, 0.8, KNOWN_FAILURES[KNOWN].probability - 1.1 * TOLERANCE, None])
def test_a_document_that_is_got_right_has_to_leave_the_list(report: MakeReport, probability: float | None) -> None:
    with pytest.raises(pytest.fail.Exception, match="Delete the line"):
        check(KNOWN, report(probability), right=True)


def test_a_document_that_is_not_on_the_list_has_to_be_right(report: MakeReport) -> None:
    check("another", report(0.1), right=True)
    with pytest.raises(AssertionError):
        check("another", report(0.95), right=False)
