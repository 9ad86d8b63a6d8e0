"""What was ignored is counted in every format, and nothing that was ignored looks like a finding that counts."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import Run
from junitparser import JUnitXml
from sarif_pydantic import Sarif

from detector.policy.baseline import NAME
from detector.report import (
    Finding,
    Ignored,
    IgnoredBy,
    IgnoredFinding,
    ModelInfo,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
)
from detector.reports.selection import shorten
from detector.schema import read_schema
from detector.summary import Summary

VALIDATOR = jsonschema.Draft202012Validator(json.loads(read_schema()))
FINDINGS = (
    Finding(4, 14, "noble hops", "wording", "SWAPPED_PHRASE", "Odd.", 0.9, (Suggestion("fine hops", 0.5),)),
    Finding(0, 3, "The", "grammar", "EN_A_VS_AN", "Odd.", 0.3),
)
IGNORED = Ignored(
    findings=(
        IgnoredFinding(FINDINGS[0], IgnoredBy.INLINE, "line 1: ignore “noble hops”", "a term of brewing"),
        IgnoredFinding(FINDINGS[1], IgnoredBy.BASELINE, "a.txt: grammar/EN_A_VS_AN: [The] noble hops", audited=True),
    ),
    count=2, by={IgnoredBy.BASELINE: 1, IgnoredBy.INLINE: 1}, words=3, verdict=Verdict.SPUN, probability=0.99,
    unused=("line 3: ignore “dry”: there is no finding to ignore",),
)  # fmt: skip
REPORT = Report(
    "a.txt", "a.txt", Verdict.CLEAN, 0.1, None, "en", 60, (), (), {"wording": SignalState(Status.OK, "")},
    ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9), ignored=IGNORED,
)  # fmt: skip
# A document of each kind: clean as what is odd in it is ignored, spun for all that, and accepted.
TEXTS = {
    "clean.md": '<!-- detector: ignore "noble hops" -- a term -->\n\nThe noble hops were damp.',
    "spun.md": '<!-- detector: ignore "noble hops" -->\n\nThe noble hops were damp and big; a wings offer came.',
    "old.md": "It was thoroughly spun. That is all that anybody knew of it.",
}


def in_format(run: Run, format: str) -> str:
    for name, text in TEXTS.items():
        Path(name).write_text(text, encoding="utf-8")
    if not Path(NAME).exists():
        run("baseline", "create", "old.md")
    ended = run("score", "--format", format, "--findings", "all", "--baseline", NAME, *TEXTS)
    assert ended.code == 0
    assert "2 findings ignored (2 by the text itself)" in ended.err
    assert "1 spun document accepted by the baseline" in ended.err
    return ended.out


def test_sarif_suppresses_them(run: Run) -> None:
    (log,) = json.loads(in_format(run, "sarif"))["runs"]
    Sarif.model_validate_json(json.dumps({"version": "2.1.0", "runs": [log]}))
    suppressed = [(one["ruleId"], one["suppressions"]) for one in log["results"] if "suppressions" in one]
    in_source = {"kind": "inSource", "status": "accepted", "justification": "a term"}
    assert suppressed == [
        ("wording/SWAPPED_PHRASE", [in_source]),
        ("wording/SWAPPED_PHRASE", [in_source | {"justification": "line 1: ignore “noble hops”"}]),
        ("verdict/SPUN", [{"kind": "external", "status": "accepted", "justification": "in the baseline"}]),
    ]
    assert {one["ruleId"] for one in log["results"]} == {rule["id"] for rule in log["tool"]["driver"]["rules"]}


def test_github_counts_them(run: Run) -> None:
    *annotations, notice = in_format(run, "github").splitlines()
    assert [line.split("file=")[1].split(",")[0] for line in annotations] == ["spun.md"]
    assert notice == "::notice title=unspun::2 findings ignored, 1 spun document accepted"


def test_gitlab_has_an_issue_for_each_document(run: Run) -> None:
    issues = json.loads(in_format(run, "gitlab"))
    told = {
        (one["location"]["path"], one["severity"]): one["description"]
        for one in issues
        if one["check_name"] == "verdict/IGNORED"
    }
    assert set(told) == {("clean.md", "info"), ("spun.md", "info"), ("old.md", "info")}
    assert told["clean.md", "info"].startswith("1 finding ignored (1 by the text itself)")
    assert "The baseline accepts the verdict" in told["old.md", "info"]
    assert [one["location"]["path"] for one in issues if one["check_name"] == "verdict/SPUN"] == ["spun.md"]
    assert len({one["fingerprint"] for one in issues}) == len(issues)


def test_junit_counts_them_and_lets_accepted_documents_pass(run: Run) -> None:
    text = in_format(run, "junit")
    (suite,) = JUnitXml.fromstring(text.encode())
    assert (suite.tests, suite.failures) == (3, 1)
    assert {one.name: one.value for one in suite.properties()} == {"ignored findings": "2"}
    said = {case.name: case.system_out for case in suite}
    assert "1 finding ignored" in said["clean.md"]
    assert "the baseline accepts the verdict" in said["old.md"]


def test_csv_has_a_column(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(in_format(run, "csv"))))
    assert [row["ignored findings"] for row in rows] == ["1", "1", "0"]


@pytest.mark.parametrize("format", ["text", "full"])
def test_people_read_of_them(run: Run, format: str) -> None:
    lines = [line for line in in_format(run, format).splitlines() if "spun.md" in line and "probability" not in line]
    assert "1 finding ignored (1 by the text itself); without that it would be spun, 0.990" in lines[0]


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_machines_read_all_of_it(run: Run, format: str) -> None:
    out = in_format(run, format)
    reports = json.loads(out) if format == "json" else [json.loads(line) for line in out.splitlines()]
    for report in reports:
        VALIDATOR.validate(report)
    ignored = {report["id"]: report["ignored"] for report in reports}
    assert ignored["clean.md"]["verdict"] == "spun"
    assert ignored["clean.md"]["findings"][0]["finding"]["text"] == "noble hops"
    assert (ignored["old.md"]["accepted"], ignored["old.md"]["count"]) == (True, 0)


@pytest.mark.parametrize(("findings", "shown"), [("none", 0), ("wording", 1), ("auto", 1), ("all", 2)])
def test_a_brief_report_still_has_the_counts(findings: Any, shown: int) -> None:
    short = shorten(REPORT, findings)
    assert short.ignored is not None
    assert (len(short.ignored.findings), short.ignored.count) == (shown, 2)
    VALIDATOR.validate(json.loads(json.dumps(short.to_dict())))


@pytest.mark.parametrize(
    "wrong", [{"by": {"nobody": 1}}, {"count": -1}, {"verdict": "unscored"}, {"probability": 2}, {"more": 1}]
)
def test_the_schema_refuses_what_is_no_report(wrong: dict[str, Any]) -> None:
    content = json.loads(json.dumps(REPORT.to_dict()))
    VALIDATOR.validate(content)
    content["ignored"] |= wrong
    assert not VALIDATOR.is_valid(content)


def test_a_summary_counts_them() -> None:
    summary = Summary()
    for _ in range(4):
        summary.add(REPORT)
    summary.add(replace(REPORT, verdict=Verdict.SPUN, ignored=replace(IGNORED, accepted=True)))
    assert summary.ignored == {IgnoredBy.INLINE: 5, IgnoredBy.BASELINE: 5}
    assert (summary.unaudited, summary.unused_ignores, summary.accepted) == (0, 5, 1)
    assert summary.unused[0] == "a.txt, line 3: ignore “dry”: there is no finding to ignore"
    assert summary.exit_code(is_gate=True) == 0
    assert summary.exit_code(is_gate=True, strict=True) == 2


def test_run_json_counts_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.cli import filtering

    monkeypatch.setattr(filtering, "expected_engine", lambda engine, url: None)
    rows = [
        {"id": "a", "text": "The noble hops were damp.", "fine": ["noble hops"]},
        {"id": "b", "text": "A damp day."},
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ended = run(
        "filter", "--kept", "kept", "--rejected", "rejected", "--ignore-field", "fine", "--allow-phrases", "damp",
        "--run-report", "run.json", "in.jsonl",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    counts = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert counts["ignored"] == {"findings": {"allow": 2, "field": 1}, "records": 2}
    assert counts["command"]["--allow-phrases"] == ["damp"]
