"""The samples are what `samples/README.md` and `tests/cases/samples.json` say they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.corpus.reading import read
from detector.report import Verdict
from detector.signals.names import NamesSignal
from detector.signals.typography import TypographySignal
from detector.text.document import Document

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/cases/samples.json").read_text(encoding="utf-8"))


def name(case: dict[str, Any]) -> str:
    return ":".join(case[key] for key in ("file", "record") if key in case)


def document(case: dict[str, Any]) -> Document:
    documents = [record.document for record in read([str(SAMPLES / case["file"])])]
    found = [one for one in documents if one is not None and one.id == case.get("record", one.id)]
    assert len(found) == 1, documents
    return found[0]


def cases(*kinds: str) -> list[Any]:
    return [pytest.param(case, id=name(case)) for case in CASES if not kinds or case["kind"] in kinds]


def test_every_sample_is_described_once() -> None:
    files = {path.name for path in SAMPLES.iterdir()} - {"README.md"}
    assert {case["file"] for case in CASES} == files
    assert len({name(case) for case in CASES}) == len(CASES)
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"`{case['file']}`" in readme and case.get("record", "") in readme for case in CASES)


def test_every_record_of_the_corpus_is_described() -> None:
    records = [json.loads(line)["id"] for line in (SAMPLES / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    assert records == [case["record"] for case in CASES if case["file"] == "corpus.jsonl"]


@pytest.mark.parametrize("case", cases())
def test_expected_verdicts_are_verdicts(case: dict[str, Any]) -> None:
    assert case["expected"]
    assert {Verdict(verdict) for verdict in case["expected"]} <= set(Verdict)
    assert ("swaps" in case) == ("spun" in case["expected"])


@pytest.mark.parametrize("case", cases("spun-light", "spun-heavy", "spun-debris", "mixed"))
def test_the_listed_swaps_stand_in_the_prose(case: dict[str, Any]) -> None:
    prose = document(case).prose.text
    for swap in case["swaps"]:
        assert prose.count(swap["replacement"]) >= swap["count"], swap


@pytest.mark.parametrize("case", [case for case in cases("spun-light", "spun-heavy") if "record" not in case.values[0]])
def test_the_originals_stand_in_the_clean_version(case: dict[str, Any]) -> None:
    text = (SAMPLES / case["file"].replace(case["kind"], "clean")).read_text(encoding="utf-8")
    assert all(text.count(swap["original"]) >= swap["count"] for swap in case["swaps"])


def test_the_spun_section_of_the_mixed_sample_is_one_paragraph_with_all_the_swaps() -> None:
    (case,) = (case for case in CASES if case["kind"] == "mixed")
    text = document(case).text
    section = text[case["spun_section"]["start"] : case["spun_section"]["end"]]
    assert "\n" not in section
    assert section in text.split("\n\n")
    assert all(section.count(swap["replacement"]) >= swap["count"] for swap in case["swaps"])
    assert len(document(case).windows) >= 5


@pytest.mark.parametrize("case", cases("clean", "translated", "learner"))
def test_honest_samples_have_no_debris_and_no_broken_names(case: dict[str, Any]) -> None:
    for signal in (TypographySignal(), NamesSignal()):
        (measurement,) = signal.measure([document(case)])
        assert measurement.findings == ()


@pytest.mark.parametrize("case", cases("spun-debris"))
def test_debris_is_found_where_it_was_put(case: dict[str, Any]) -> None:
    (measurement,) = TypographySignal().measure([document(case)])
    assert len(measurement.findings) >= 3
    put = " # ".join(debris["replacement"] for debris in case["debris"])
    assert all(finding.text.strip(" .") in put for finding in measurement.findings)
