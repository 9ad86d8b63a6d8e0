"""Names: variants that editing would not leave, and all the variants that are nobody's mistake."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from detector.report import Status
from detector.signals import Measurement, names
from detector.signals.names import NamesSignal
from detector.text.document import Document

CASES = Path(__file__).parent.parent / "cases" / "names.jsonl"
TOWN = "Park Min Ho opened the yard. Park Min Ho was greeted by workers. "


def cases() -> list[Any]:
    lines = CASES.read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


def measure(text: str) -> Measurement:
    (measurement,) = NamesSignal().measure([Document.from_text(text)])
    assert measurement.status is Status.OK, measurement.detail
    return measurement


@pytest.mark.parametrize("case", cases())
def test_finds_variants_and_leaves_honest_names_alone(case: dict[str, Any]) -> None:
    findings = measure(case["text"]).findings
    assert [[finding.rule, finding.text, finding.suggestions[0].text] for finding in findings] == case["finds"]


def test_features_are_the_declared_ones_per_thousand_words() -> None:
    document = Document.from_text(TOWN + "Later Park Min- them left, and Park Min- us came.")
    (measurement,) = NamesSignal().measure([document])
    assert set(measurement.features) == {feature.name for feature in NamesSignal.features}
    assert measurement.features["names.broken"] == pytest.approx(2000 / len(document.words))


def test_the_document_itself_must_show_the_regular_name() -> None:
    assert measure(TOWN + "Park Min- them left.").findings
    assert not measure("The mayor opened the yard. Park Min- them left.").findings


def test_the_message_names_the_regular_form() -> None:
    (finding,) = measure(TOWN + "Park Min- them left.").findings
    assert "“Park Min Ho”" in finding.message
    assert finding.signal == "names"


def test_findings_are_capped_and_counts_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_FINDINGS", 2)
    measurement = measure(TOWN + "Park Min- them left. " * 5)
    assert len(measurement.findings) == 2
    assert measurement.features["names.broken"] > 100


def test_an_index_of_names_is_measured_without_comparing_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    people = ["".join(draw.choices("abcdefghij", k=9)).capitalize() for _ in range(3000)]
    text = ", ".join(people) + ". " + TOWN + "Arvo Kesterling came. Arvo Kesterling left. Arvo Kestorling stayed."
    assert [finding.text for finding in measure(text).findings] == ["Kestorling"]
    monkeypatch.setattr(names, "MAX_NAMES", 1000)
    assert measure(text).findings == ()


@pytest.mark.parametrize(
    "text", ["A" * 300_000, "Ab- " * 50_000, "Ab" + "-Ab" * 50_000, "’" * 9 + " A's ’s", "ŒÆ İı ß ﬁ"]
)
def test_odd_texts_are_measured(text: str) -> None:
    assert all(rate >= 0 for rate in measure(text + " end").features.values())


def test_a_document_without_words_is_skipped() -> None:
    (measurement,) = NamesSignal().measure([Document.from_text("— … —")])
    assert measurement.status is Status.SKIPPED


def test_a_rule_that_breaks_fails_the_document_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_args: object) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr(names, "_is_misspelling", break_down)
    text = "Arvo Kesterling came. Arvo Kesterling left. Arvo Kestorling stayed."
    broken, fine = NamesSignal().measure([Document.from_text(text), Document.from_text(TOWN)])
    assert broken.status is Status.FAILED
    assert "too deep" in broken.detail
    assert fine.status is Status.OK
