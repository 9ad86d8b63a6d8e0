"""The HTML report as a file: what is in it, how large it gets, and which file it may replace."""

from __future__ import annotations

import io
import json
import re
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller

from detector.cli import scoring
from detector.corpus.record import Record
from detector.judge.decision import decide
from detector.report import Grounds, ModelInfo, Origin, Report, Thresholds, Verdict, WindowScore
from detector.reports import FORMATS, html
from detector.reports.shell import hash_of
from detector.reports.view import verdict_steps
from detector.summary import Summary
from detector.text.document import Document

REPORT = Report(
    "a", "a", Verdict.SPUN, 0.95, None, "en", 60, (), (), {}, ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9), grounds=Grounds(0.95)
)  # fmt: skip
CLEAN = replace(REPORT, id="c", source="c", verdict=Verdict.CLEAN, probability=0.1)


def written(reports: list[Report], texts: list[str] | None = None) -> str:
    stream = io.StringIO()
    writer = FORMATS["html"].open(stream)
    writer.begin()
    summary = Summary(complete=True)
    for number, report in enumerate(reports):
        summary.add(report)
        document = Document.from_text(texts[number], id=report.id) if texts else None
        writer.outcome(report, Record(report.id, report.source, document=document) if document else None)
    writer.end(summary)
    return stream.getvalue()


def views(page: str) -> list[dict[str, Any]]:
    chunks = re.findall(r'<script type="text/plain" class="chunk">([^<]*)</script>', page)
    return [view for chunk in chunks for view in json.loads(zlib.decompress(b64decode(chunk)))]


def rows(page: str) -> list[list[Any]]:
    found = re.findall(r'<script type="application/json" class="rows">([^<]*)</script>', page)
    return [row for part in found for row in json.loads(part)]


def test_texts_are_in_the_file_packed_and_rows_beside_them() -> None:
    page = written([REPORT, CLEAN] * 100, ["One text.", "Another \ud800 text."] * 100)
    assert [view["text"] for view in views(page)] == ["One text.", "Another \ufffd text."] * 100
    assert [row[0] for row in rows(page)] == ["spun", "clean"] * 100
    assert "One text." not in page
    assert page == written([REPORT, CLEAN] * 100, ["One text.", "Another \ud800 text."] * 100)


def test_a_report_without_records_has_no_texts() -> None:
    assert views(written([REPORT]))[0]["text"] is None


def test_only_our_own_script_runs_and_nothing_is_loaded() -> None:
    page = written(
        [replace(REPORT, id="</script><script>xx()</script>", source="<!--", notes=("<script>yy()</script>",))], ["<b>"]
    )
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert [f"'{hash_of(script)}'" in policy[1] for script in scripts] == [True]
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "xx()" in page  # shown, as text
    assert "yy()" not in page  # packed
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_what_is_clean_does_not_crowd_out_what_is_spun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_DOCUMENTS", 6)
    monkeypatch.setattr(html, "MOST_OTHERS", 2)
    page = written([CLEAN] * 5 + [REPORT] * 5)
    assert [row[0] for row in rows(page)] == ["clean"] * 2 + ["spun"] * 4
    assert "4 more documents are counted and not listed." in page
    assert "10 documents" in page


def test_documents_are_written_as_they_come() -> None:
    stream = io.StringIO()
    writer = FORMATS["html"].open(stream)
    writer.begin()
    before = stream.tell()
    for _ in range(64):
        writer.outcome(REPORT)
    assert stream.tell() > before


GROUNDS = [
    Grounds(
        wording,
        unquoted,
        style == "clipped",
        choices,
        section and WindowScore(0, 9, section),
        verse=style == "verse",
        garbled=style == "garbled",
    )
    for wording, unquoted, style, choices, section in product(
        (0.3, 0.95),
        (None, 0.4),
        ("", "clipped", "verse", "garbled"),
        (None, Verdict.SUSPECT, Verdict.SPUN),
        (None, 0.8),
    )
]


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.7, 0.995, 1.0])
def test_the_steps_say_what_the_judge_says_at_every_threshold(probability: float) -> None:
    for grounds in GROUNDS:
        report = replace(REPORT, probability=probability, grounds=grounds)
        steps = verdict_steps(report)
        for threshold in [number / 400 for number in range(401)] + [0.3999999, 0.7000001, probability]:
            wanted = decide(probability, grounds, report.thresholds.moved(threshold, Origin.THRESHOLD))[0]
            there = [(start, at, above) for start, at, above in steps if start <= threshold][-1]
            assert wanted == (there[1] if there[0] == threshold else there[2]), (threshold, grounds)


class Short:
    """Finds every document clean."""

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Report]:
        for document in documents:
            yield replace(CLEAN, id=document.id, source=document.source)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scoring, "load_detector", lambda options: nullcontext(Short()))
    Path("a.txt").write_text("Fine.")
    return caller(capsys)


def test_a_report_replaces_its_own_and_is_not_read(run: Run) -> None:
    assert [run("score", ".", "--format", "html", "-o", "b.html").code for _ in range(2)] == [0, 0]
    assert [row[4] for row in rows(Path("b.html").read_text())] == ["./a.txt"]
    Path("mine.html").write_text("<p>My own page.</p>")
    assert run("score", "a.txt", "--report", "html=mine.html").code == 2
    assert Path("mine.html").read_text() == "<p>My own page.</p>"


def test_a_gate_puts_into_the_page_what_it_prints(run: Run) -> None:
    assert run("check", "a.txt", "--report", "html=b.html").code == 0
    assert rows(Path("b.html").read_text()) == []
