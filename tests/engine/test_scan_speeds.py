"""The speeds with the shipped model: what they settle, and what they hand on to the encoders."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.engine.detector import load
from detector.engine.plan import OVERLOOKED, SCANNED
from detector.options import Options
from detector.report import BOTH_ENCODERS, LIGHT_ENCODER, Report, Status, Verdict, require_reports
from detector.text.document import Document

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("news-clean.txt", "translated.txt", "news-spun-heavy.txt", "guide-spun-heavy.md", "spanish.txt")
SPINTAX = "{Many|A lot of} people {love|adore} {trains|railways}, and they {ride|take} them {daily|each day}. " * 9


@pytest.fixture(scope="module")
def scanned() -> dict[str, Report]:
    texts = {name: (SAMPLES / name).read_text(encoding="utf-8") for name in NAMES} | {"spintax": SPINTAX}
    with load(Options(grammar="off", speed="scan")) as detector:
        reports = detector.score_batch([Document.from_text(text, id=name) for name, text in texts.items()])
    return {report.id: report for report in require_reports(reports)}


def test_heavy_spinning_is_handed_on_and_found(scanned: dict[str, Report]) -> None:
    for name in ("news-spun-heavy.txt", "guide-spun-heavy.md", "spintax"):
        report = scanned[name]
        assert report.verdict is Verdict.SPUN, name
        assert report.signals["wording"].status is Status.OK
        assert report.signals["wording"].engine == (LIGHT_ENCODER if name == "spintax" else BOTH_ENCODERS)
        assert report.signals["scan"].status is Status.OK
        assert report.windows
        assert OVERLOOKED not in report.notes


def test_what_is_clean_is_settled_and_says_so(scanned: dict[str, Report]) -> None:
    settled = [report for report in scanned.values() if report.signals["wording"].status is Status.NOT_NEEDED]
    assert settled
    for report in settled:
        assert report.verdict is Verdict.CLEAN
        assert report.probability is not None
        assert report.probability < report.thresholds.suspect
        assert OVERLOOKED in report.notes
        assert not report.findings + report.windows + report.contributions
        assert set(report.measures) == {"spintax.groups", "scan.log_odds"}
        states = {name: state for name, state in report.signals.items() if name not in ("scan", "spintax")}
        assert {state.status for state in states.values()} == {Status.NOT_NEEDED}
        assert {state.detail for state in states.values()} == {SCANNED}


def test_what_gets_no_score_is_not_read(scanned: dict[str, Report]) -> None:
    assert scanned["spanish.txt"].verdict is Verdict.UNSCORED
    assert scanned["spanish.txt"].signals["scan"].status is Status.SKIPPED
