"""Typography: what counts as debris, what is somebody's habit, and that no text can break it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.report import Status
from detector.signals import Measurement, typography
from detector.signals.typography import TypographySignal
from detector.text.document import Document
from detector.text.offsets import ProseBuilder

CASES = Path(__file__).parent.parent / "cases" / "typography.jsonl"
HARBOUR = (
    "The well-known harbour, closed since mid-May, opened on Monday. It's a long-term plan, the mayor's office said. "
)


def cases() -> list[Any]:
    lines = CASES.read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


def measure(text: str) -> Measurement:
    (measurement,) = TypographySignal().measure([Document.from_text(text)])
    assert measurement.status is Status.OK, measurement.detail
    return measurement


@pytest.mark.parametrize("case", cases())
def test_finds_debris_and_leaves_habits_alone(case: dict[str, Any]) -> None:
    findings = measure(case["text"]).findings
    assert [[finding.rule, finding.text] for finding in findings] == case["finds"]


def test_every_rule_has_a_case() -> None:
    covered = {rule for param in cases() for rule, _ in param.values[0]["finds"]}
    assert covered == {rule.rule for rule in typography.RULES}


def test_features_are_the_declared_ones_per_thousand_words() -> None:
    text = HARBOUR + "Talks on the Norway- Finland line and the Denmark- Norway line went on."
    document = Document.from_text(text)
    (measurement,) = TypographySignal().measure([document])
    assert set(measurement.features) == {feature.name for feature in TypographySignal.features}
    assert measurement.features["typography.broken_hyphens"] == pytest.approx(2000 / len(document.words))
    assert measurement.features["typography.stray_quotes"] == 0


def test_the_same_mark_is_debris_in_one_text_and_a_habit_in_another() -> None:
    line = "The farmers ' claims were rejected. "
    assert measure(HARBOUR * 3 + line).findings
    assert not measure("The farmers ' claims and the fishers ' claims were rejected by the judges. " * 3).findings


def test_findings_point_into_the_source_and_read_like_a_sentence() -> None:
    source = f"<p>{HARBOUR}</p><p>A well -known singer came.</p>"
    builder = ProseBuilder(source)
    builder.copy(3, 3 + len(HARBOUR))
    builder.break_block()
    start = source.index("A well")
    builder.copy(start, source.index("</p>", start))
    (measurement,) = TypographySignal().measure([Document.from_prose(source, builder.build())])
    (finding,) = measurement.findings
    assert source[finding.start : finding.end] == finding.text == "well -known"
    assert finding.message.endswith(".")
    assert finding.signal == "typography"


def test_the_hole_left_by_a_link_is_not_the_writers_space() -> None:
    source = HARBOUR + "After years of patient and careful work the people of the harbour know [x] , and they are glad."
    builder = ProseBuilder(source)
    link = source.index("[x]")
    builder.copy(0, link)
    builder.copy(link + 3, len(source))
    (measurement,) = TypographySignal().measure([Document.from_prose(source, builder.build())])
    assert measurement.findings == ()


def test_findings_are_capped_and_counts_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typography, "MAX_FINDINGS", 3)
    measurement = measure(HARBOUR * 20 + "The Norway- Finland talks. " * 10)
    assert len(measurement.findings) == 3
    assert measurement.features["typography.broken_hyphens"] > 20


@pytest.mark.parametrize(
    "text",
    ["x" * 300_000, "a- " * 50_000, '"' * 100_001, "“ " * 50_000, "a \t" * 90_000, "’" * 50_000 + "a", "a\n\n" * 9],
)
def test_odd_texts_are_measured(text: str) -> None:
    assert all(rate >= 0 for rate in measure(text + " end").features.values())


def test_a_document_without_words_is_skipped() -> None:
    (measurement,) = TypographySignal().measure([Document.from_text("… — …")])
    assert measurement.status is Status.SKIPPED


def test_a_rule_that_breaks_fails_the_document_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_args: object) -> bool:
        raise RecursionError("too deep")

    monkeypatch.setattr(typography, "_is_joint", break_down)
    broken, fine = TypographySignal().measure(
        [Document.from_text(HARBOUR + "The Norway- Finland talks."), Document.from_text(HARBOUR)]
    )
    assert broken.status is Status.FAILED
    assert "too deep" in broken.detail
    assert fine.status is Status.OK
