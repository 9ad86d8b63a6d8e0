"""What the grammar signal says of a text, the same by both engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.report import Status
from detector.signals import Measurement, Signal
from detector.signals.grammar.extract import MAX_WORDS
from detector.signals.grammar.signal import MAX_FINDINGS
from detector.text.document import Document
from detector.text.offsets import ProseBuilder

CASES = Path(__file__).parents[2] / "cases" / "grammar.jsonl"
PLAIN = "The council met on Tuesday and decided to repair the bridge before the winter. "
WRONG = "The company bought an large office near the station last year. "


def cases() -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, CASES.read_text("utf-8").splitlines())]


def measure(signal: Signal, document: Document | str) -> Measurement:
    (measurement,) = signal.measure([Document.from_text(document) if isinstance(document, str) else document])
    return measurement


@pytest.mark.parametrize("case", cases())
def test_case(signal: Signal, case: dict[str, Any]) -> None:
    measurement = measure(signal, case["text"])
    assert measurement.status is Status.OK
    assert [[finding.rule, finding.text] for finding in measurement.findings] == case["finds"]
    assert not any(
        "<" in finding.message for finding in measurement.findings
    )  # <suggestion>, as LanguageTool's rules say
    counted = {name.removeprefix("grammar.") for name, rate in measurement.features.items() if rate}
    assert counted == set(case["features"])


def test_features_are_the_declared_ones(signal: Signal) -> None:
    assert list(measure(signal, PLAIN).features) == [feature.name for feature in signal.features]


def test_rate_is_per_thousand_words(signal: Signal) -> None:
    text = WRONG + PLAIN
    assert measure(signal, text).features["grammar.article"] == pytest.approx(
        1000 / len(Document.from_text(text).words)
    )


def test_finding_says_what_should_stand_there(signal: Signal) -> None:
    (finding,) = measure(signal, WRONG).findings
    assert finding.suggestions[0].text == "a"
    assert "vowel sound" in finding.message
    assert finding.signal == "grammar"


def test_detail_names_engine_and_version(embedded: Signal, languagetool: Signal) -> None:
    assert "lingotweaker 0." in measure(embedded, PLAIN).detail
    assert "LanguageTool 6." in measure(languagetool, PLAIN).detail


def test_documents_are_answered_in_order(signal: Signal) -> None:
    documents = [Document.from_text(PLAIN * repeats + WRONG) for repeats in range(12)]
    starts = [measurement.findings[0].start for measurement in signal.measure(documents)]
    assert starts == [len(PLAIN) * repeats + WRONG.index("an ") for repeats in range(12)]


def test_nothing_is_found_across_masked_text(signal: Signal) -> None:
    """The article before the masked code is right for the code and wrong for the word behind it."""
    source = "The result of an `open()` call is a stream, and the caller closes an large stream."
    builder = ProseBuilder(source)
    builder.copy(0, source.index("`"))
    builder.copy(source.index("call"), len(source))
    measurement = measure(signal, Document.from_prose(source, builder.build()))
    assert [finding.text for finding in measurement.findings] == ["an"]
    assert measurement.findings[0].start == source.rindex("an large")


def test_nothing_is_found_where_masked_text_was_inside_the_match(signal: Signal) -> None:
    source = "The members can `quickly` heard the speaker from the back of the hall, as can heard the others."
    builder = ProseBuilder(source)
    builder.copy(0, source.index("`"))
    builder.copy(source.index("heard"), len(source))
    measurement = measure(signal, Document.from_prose(source, builder.build()))
    assert all("`" not in finding.text for finding in measurement.findings)


@pytest.mark.parametrize("text", ["half a pair \ud83d stands here, and an large one too.", "nul \0 and an large one."])
def test_unusual_characters_do_not_break_it(signal: Signal, text: str) -> None:
    (finding,) = (finding for finding in measure(signal, text).findings if finding.rule == "EN_A_VS_AN")
    assert finding.start == text.index("an large")


@pytest.mark.parametrize("text", ["", "\n\n", "!!! ???"])
def test_text_without_words_is_skipped(signal: Signal, text: str) -> None:
    measurement = measure(signal, text)
    assert measurement.status is Status.SKIPPED
    assert measurement.features == {}


def test_very_long_document_is_checked_in_part_and_says_so(signal: Signal) -> None:
    words = len(Document.from_text(WRONG + PLAIN).words)
    measurement = measure(signal, (WRONG + PLAIN) * (12 * MAX_WORDS // words // 10 + 1))
    assert " of 12," in measurement.detail
    assert "words, spread over the document" in measurement.detail
    assert measurement.features["grammar.article"] == pytest.approx(1000 / words, rel=0.02)
    assert measurement.findings[-1].start > 0


def test_findings_that_are_not_listed_are_counted(embedded: Signal) -> None:
    measurement = measure(embedded, WRONG * (MAX_FINDINGS + 7))
    assert len(measurement.findings) == MAX_FINDINGS
    assert f"listed {MAX_FINDINGS} of {MAX_FINDINGS + 7} findings" in measurement.detail


def test_blob_does_not_hold_it_up(embedded: Signal) -> None:
    measurement = measure(embedded, PLAIN * 10 + "x" * 5_000_000 + " " + WRONG)
    assert measurement.status is Status.OK
    assert "spread over the document" in measurement.detail
