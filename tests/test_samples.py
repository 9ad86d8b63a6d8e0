"""What the detector says of each sample, and what it finds there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from known_failures import check

from detector.corpus.reading import read
from detector.engine.detector import Detector
from detector.report import Finding, Report
from detector.text.document import Document

ROOT = Path(__file__).parent.parent
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/cases/samples.json").read_text(encoding="utf-8"))


def name(case: dict[str, Any]) -> str:
    return ":".join(case[key] for key in ("file", "record") if key in case)


@pytest.fixture(scope="module")
def reports(detector: Detector) -> dict[str, Report]:
    documents = [one.document for one in read([str(ROOT / "samples")]) if one.document]
    scored = zip(documents, detector.score_documents(documents), strict=True)
    return {_key(document): report for document, report in scored}


def _key(document: Document) -> str:
    file = re.sub(r":\d+$", "", Path(document.source).name)
    return f"{file}:{document.id}" if file.endswith(".jsonl") else file


@pytest.mark.parametrize("case", [pytest.param(case, id=name(case)) for case in CASES])
def test_the_verdict_is_an_acceptable_one(reports: dict[str, Report], case: dict[str, Any]) -> None:
    report = reports[name(case)]
    check(name(case), report, right=str(report.verdict) in case["expected"])


CERTAIN = 0.99  # beyond it a higher probability says nothing more


@pytest.mark.parametrize("family", ["news", "guide", "canal"])
def test_the_more_is_spun_the_more_likely_it_is(reports: dict[str, Report], family: str) -> None:
    found = {key: report.probability for key, report in reports.items() if key.startswith(family)}
    suffix = next(iter(found)).rpartition(".")[2]
    clean, light, heavy = (found[f"{family}-{kind}.{suffix}"] for kind in ("clean", "spun-light", "spun-heavy"))
    assert clean is not None
    assert light is not None
    assert heavy is not None
    assert clean < light
    assert light < heavy or heavy > CERTAIN


def test_the_spun_section_of_the_mixed_document_stands_out(reports: dict[str, Report]) -> None:
    case = next(case for case in CASES if case["file"] == "mixed.txt")
    start, end = case["spun_section"]["start"], case["spun_section"]["end"]
    windows = reports["mixed.txt"].windows
    strongest = max(windows, key=lambda window: window.probability or 0)
    assert strongest.start < end
    assert start < strongest.end


def test_swapped_words_are_found_in_spun_samples_and_hardly_elsewhere(reports: dict[str, Report]) -> None:
    heavy = [name(case) for case in CASES if case["kind"] == "spun-heavy"]
    clean = [name(case) for case in CASES if case["kind"] == "clean"]
    assert all(_swaps(reports[key]) for key in heavy)
    rate = 1000 * sum(len(_swaps(reports[key])) for key in clean) / sum(reports[key].words for key in clean)
    assert rate < 1000 * sum(len(_swaps(reports[key])) for key in heavy) / sum(reports[key].words for key in heavy) / 4


def _swaps(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.signal == "wording"]
