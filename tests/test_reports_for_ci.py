"""Reports that other programs read: SARIF, GitHub's annotations, GitLab's Code Quality, JUnit, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import Run, caller
from junitparser import Error, JUnitXml, Skipped
from junitparser import Failure as Failed
from sarif_pydantic import Sarif

from detector.corpus.record import Record
from detector.errors import SourceError
from detector.report import (
    Failure,
    Finding,
    Ignored,
    IgnoredBy,
    ModelInfo,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
)
from detector.reports import FORMATS, sarif
from detector.summary import Summary
from detector.text.document import Document

TEXT = "The minister spoke.\r\nHe denied agreeing to an wings offer: it is [a](b) {0}.\n"
AT = TEXT.index("wings offer")
FINDINGS = (
    Finding(AT - 3, AT, "an ", "grammar", "EN_A_VS_AN", "Use “a” [see](here) {0}.", 0.3),
    Finding(AT, AT + 11, "wings offer", "wording", "SWAPPED_PHRASE", "Odd.", 0.9, (Suggestion("arms deal", 0.5),)),
)
SPUN = Report(
    "a b.txt", "./x/a b.txt", Verdict.SPUN, 0.973, None, "en", 60, (), FINDINGS,
    {"wording": SignalState(Status.OK, "")}, ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9), notes=("a note",),
)  # fmt: skip
SUSPECT = replace(SPUN, verdict=Verdict.SUSPECT, probability=0.6, id="r1", source="c.jsonl:7")
CLEAN = replace(SPUN, verdict=Verdict.CLEAN, probability=0.1, findings=(), source="clean.txt", id="clean.txt")
UNSCORED = replace(CLEAN, verdict=Verdict.UNSCORED, probability=None, reason="12 words", source="u.txt", id="u.txt")
LOST = Failure("9", "c.jsonl:9", SourceError("c.jsonl", "not JSON", 9))
EVERY = (SPUN, SUSPECT, CLEAN, UNSCORED, LOST)


def record_of(outcome: Outcome) -> Record:
    file, _, row = outcome.source.partition(":")
    number = int(row) if row.isdigit() else None
    file = file if row.isdigit() else outcome.source
    if isinstance(outcome, Failure):
        assert isinstance(outcome.error, SourceError)
        return Record(outcome.id, file, number, error=outcome.error)
    return Record(outcome.id, file, number, Document.from_text(TEXT, id=outcome.id))


def written(format: str, outcomes: Sequence[Outcome], *, complete: bool = True) -> str:
    stream, summary = io.StringIO(), Summary()
    writer = FORMATS[format].open(stream)
    writer.begin()
    for outcome in outcomes:
        summary.add(outcome)
        writer.outcome(outcome, record_of(outcome))
    summary.complete = complete
    writer.end(summary)
    return stream.getvalue()


# --- SARIF ------------------------------------------------------------------------------------------------------------


def test_sarif_is_valid_when_empty_and_when_full() -> None:
    for outcomes in ((), (CLEAN, UNSCORED), EVERY):
        text = written("sarif", outcomes)
        read = Sarif.model_validate_json(text)
        assert json.loads(text)["version"] == "2.1.0"
        (run,) = read.runs
        assert len(run.results or []) == (6 if outcomes == EVERY else 0)


def test_sarif_says_where_and_what_stood_there() -> None:
    (run,) = json.loads(written("sarif", EVERY))["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    document, article, phrase, of_record, *_ = run["results"]
    assert (document["ruleId"], document["level"]) == ("verdict/SPUN", "error")
    place = phrase["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "x/a%20b.txt"
    assert place["region"] == {"startLine": 2, "startColumn": 26, "endLine": 2, "endColumn": 37}
    line = TEXT.splitlines()[1]
    assert line[26 - 1 : 37 - 1] == "wings offer"
    change = phrase["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change == {"deletedRegion": place["region"], "insertedContent": {"text": "arms deal"}}
    assert article["level"] == "note"
    assert article["message"]["text"] == "Use “a” \\[see](here) {{0}}."  # neither a link nor a place for an argument
    assert "fixes" not in article
    assert of_record["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}
    assert of_record["locations"][0]["logicalLocations"] == [{"name": "r1", "kind": "object"}]
    assert all("fixes" not in result for result in run["results"][3:])  # a row has no columns in its file
    rules = run["tool"]["driver"]["rules"]
    ids = {rule["id"] for rule in rules}
    (swapped,) = (rule for rule in rules if rule["id"] == "wording/SWAPPED_PHRASE")
    assert swapped["name"] == "SwappedPhrase"
    assert swapped["help"]["text"].startswith("Several words in a row look swapped")
    assert "`detector explain wording/SWAPPED_PHRASE`" in swapped["help"]["text"]
    assert all(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] for rule in rules)
    assert {result["ruleId"] for result in run["results"]} == ids


def test_sarif_tells_what_could_not_be_scored_and_runs_that_ended_early() -> None:
    (run,) = json.loads(written("sarif", [LOST]))["runs"]
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert "not JSON" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    (cut,) = json.loads(written("sarif", [SPUN], complete=False))["runs"]
    assert not cut["invocations"][0]["executionSuccessful"]


def test_sarif_has_no_more_results_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 7)
    (run,) = json.loads(written("sarif", [SPUN] * 3))["runs"]
    assert len(run["results"]) == 7
    assert "2 results are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_a_fingerprint_holds_when_lines_are_put_in_and_the_message_changes() -> None:
    def prints(text: str, message: str) -> list[str]:
        at = text.index("wings offer")
        finding = replace(FINDINGS[1], start=at, end=at + 11, message=message)
        stream = io.StringIO()
        writer = FORMATS["sarif"].open(stream)
        writer.begin()
        report = replace(SPUN, findings=(finding,))
        writer.outcome(report, Record("a", "./x/a b.txt", document=Document.from_text(text)))
        writer.end(Summary())
        return [
            one["partialFingerprints"][sarif.FINGERPRINT]
            for one in json.loads(stream.getvalue())["runs"][0]["results"]
            if "partialFingerprints" in one
        ]

    assert prints(TEXT, "Odd.") == prints("A new line.\n\n" + TEXT, "Another message.")
    assert prints(TEXT, "Odd.") != prints(TEXT.replace("agreeing", "signing"), "Odd.")


# --- others -----------------------------------------------------------------------------------------------------------


def test_github_has_one_annotation_a_document_and_counts_what_it_drops() -> None:
    lines = written("github", [*EVERY, *[SPUN] * 11]).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10
    assert errors[0].startswith(
        "::error file=x/a b.txt,line=2,title=unspun%3A spun::probability 0.97%0A“wings offer” ← “arms"
    )
    assert lines[1].startswith("::warning file=c.jsonl,line=7,title=unspun%3A suspect record r1::")
    assert lines[-1] == "::notice title=unspun::3 more errors are not shown here"
    assert any("not JSON" in line for line in errors)
    assert written("github", []) == ""


def test_what_a_text_says_is_no_command_to_github() -> None:
    hostile = replace(SPUN, source="a,line=1::b\n::error::c", notes=("100%\n::error::x",))
    (line,) = written("github", [hostile]).splitlines()
    assert line.count("::") == 2 + line.partition("::probability")[2].count("::")
    assert "a%2Cline=1%3A%3Ab%0A" in line
    assert "100%25%0A::error::x" in line


def test_gitlab_names_place_severity_and_a_fingerprint_of_its_own() -> None:
    issues = json.loads(written("gitlab", EVERY))
    assert [issue["severity"] for issue in issues] == ["major", "info", "minor", "minor", "info", "minor", "critical"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert issues[2]["location"] == {"path": "x/a b.txt", "lines": {"begin": 2}}
    assert issues[3]["location"] == {"path": "c.jsonl", "lines": {"begin": 7}}
    assert json.loads(written("gitlab", [])) == []


def test_junit_has_a_case_for_each_document() -> None:
    suite = next(iter(JUnitXml.fromstring(written("junit", EVERY).encode())))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (5, 1, 1, 1)
    kinds = [[type(result) for result in case.result] for case in suite]
    assert kinds == [[Failed], [], [], [Skipped], [Error]]
    assert "“wings offer” ← “arms deal”" in next(iter(suite)).result[0].text
    empty = next(iter(JUnitXml.fromstring(written("junit", []).encode())))
    assert empty.tests == 0


def test_junit_can_be_read_whatever_a_text_holds() -> None:
    odd = replace(SPUN, id='a"<\x00\x1b\ud800>', notes=("]]>\x07&",))
    suite = next(iter(JUnitXml.fromstring(written("junit", [odd]).encode())))
    assert next(iter(suite)).name == 'a"<\ufffd\ufffd\ufffd>'


def test_formats_for_machines_are_valid_when_empty() -> None:
    empty = {name: written(name, []) for name, format in FORMATS.items() if format.for_machines}
    assert json.loads(empty.pop("json")) == json.loads(empty.pop("gitlab")) == []
    assert empty.pop("jsonl") == empty.pop("github") == ""
    assert len(empty.pop("csv").splitlines()) == 1
    assert Sarif.model_validate_json(empty.pop("sarif")).runs[0].results == []
    assert JUnitXml.fromstring(empty.pop("junit").encode()).tests == 0
    assert "No documents." in empty.pop("html")
    assert not empty


# The schema that the xUnit plugin of Jenkins refuses reports by: the attributes of each element, and what may stand in it.
JENKINS = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set[str](), {"property"}),
    "property": ({"name", "value"}, set[str]()),
    "testcase": ({"name", "time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    **dict.fromkeys(("skipped", "error", "failure"), ({"type", "message"}, set[str]())),
    **dict.fromkeys(("system-out", "system-err"), (set[str](), set[str]())),
}


def test_junit_is_what_jenkins_takes() -> None:
    hostile = replace(SPUN, id="]]><x y='\"&\x00\ud800\r\n\t", notes=("\x1b[31m \ufffe",))
    ignored = Ignored((), 2, {IgnoredBy.BASELINE: 2}, 5, Verdict.SPUN, 0.97)
    for outcomes in ([], [*EVERY, hostile, replace(CLEAN, ignored=ignored)]):
        text = written("junit", outcomes, complete=not outcomes)
        root = ElementTree.fromstring(text.encode())
        assert root.tag == "testsuites"
        for element in root.iter():
            attributes, inside = JENKINS[element.tag]
            assert set(element.attrib) <= attributes
            assert {child.tag for child in element} <= inside
        assert {"name", "tests", "failures", "errors"} <= set(root[0].attrib)
        assert all(case.get("name") for case in root.iter("testcase"))


def test_csv_has_a_row_for_each_record_and_no_formula() -> None:
    formula = replace(CLEAN, id="=1+1", notes=("-2",))
    first, second, *_, lost, last = csv.DictReader(io.StringIO(written("csv", [*EVERY, formula])))
    assert (first["verdict"], first["probability"], second["source"]) == ("spun", "0.973", "c.jsonl:7")
    assert lost["error"] == "source: c.jsonl, line 9: not JSON"
    assert (last["id"], last["notes"]) == ("'=1+1", "'-2")


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Too short.")
    return caller(capsys)


def test_several_reports_in_one_run(run: Run) -> None:
    ended = run("check", "a.txt", "--report", "sarif=a.sarif", "--report", "junit=b.xml", "--report", "json=c.json.gz")
    assert ended.code == 0, ended.err
    assert json.loads(Path("a.sarif").read_text())["runs"][0]["results"] == []
    assert 'tests="1"' in Path("b.xml").read_text()  # the documents that passed, too
    assert Path("c.json.gz").exists()
    assert run("check", "a.txt", "--report", "sarif=a.sarif").code == 0  # replaces its own


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["--report", "sarif"], "must be FORMAT=FILE"),
        (["--report", "sarfi=a"], "must be FORMAT=FILE"),
        (["--report", "json=x", "--output", "x"], "two reports can't go to one file"),
        (["--report", "json=x", "--report", "csv=./x"], "two reports can't go to one file"),
        (["--report", "json=a.txt"], "--report json=a.txt: this file is read as input"),
        (["--report", "json=no/b"], "--report json=no/b: can't be written"),
    ],
)
def test_a_report_that_can_not_be_written_is_refused(run: Run, given: list[str], problem: str) -> None:
    ended = run("score", "a.txt", *given)
    assert ended.code == 2
    assert problem in ended.err
    assert Path("a.txt").read_text() == "Too short."


# --- for people -------------------------------------------------------------------------------------------------------


def test_text_shows_the_strongest_swaps_in_their_sentences_with_line_and_column() -> None:
    headline, swap, others, empty, of_record, in_row, *_ = written("text", EVERY).split("\n")
    assert headline == "spun      0.973      60 words  ./x/a b.txt  (a note)"
    assert swap == "  2:26  He denied agreeing to an ⟦wings offer⟧: it is [a](b) {0}.  ← “arms deal”"
    assert others == "  … and 1 other finding"
    assert empty == ""
    assert of_record.startswith("suspect")
    assert in_row.startswith("  He denied agreeing to an ⟦wings offer⟧")  # a row has no lines in its file
    assert [line[:8].strip() for line in written("text", [CLEAN, UNSCORED, LOST]).splitlines()] == ["clean", "unscored"]
    many = replace(SPUN, findings=tuple(replace(FINDINGS[1], score=0.5 + number / 100) for number in range(30)))
    assert written("text", [many]).count("arms deal") == 10
    assert "and 20 other findings" in written("text", [many])


def test_full_shows_every_finding_with_its_whole_place() -> None:
    headline, article, swap, empty, of_record, in_row, *_ = written("full", EVERY).split("\n")
    assert headline.startswith("spun")
    assert article.startswith("  x/a b.txt:2:23  He denied agreeing to ⟦an⟧wings offer: it is [a](b) {0}.  (Use “a”")
    assert swap == "  x/a b.txt:2:26  He denied agreeing to an ⟦wings offer⟧: it is [a](b) {0}.  ← “arms deal”"
    assert empty == ""
    assert of_record.startswith("suspect")
    assert in_row.startswith("  c.jsonl:7  He denied")
    assert written("full", [CLEAN, UNSCORED, LOST]) == ""


def test_a_terminal_gets_colour_unless_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31mwings offer\x1b[0m" in written("text", EVERY)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "⟦wings offer⟧" in written("text", EVERY)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", written("text", EVERY))
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")  # a terminal that knows no colours
    assert "\x1b" not in written("text", EVERY)
    assert "⟦wings offer⟧" in written("text", EVERY)


def test_nothing_of_a_text_acts_on_a_terminal() -> None:
    text = "A \x1b[31m wings offer \u202e [red]x[/]."
    finding = replace(
        FINDINGS[1], start=7, end=18, text="wings offer\x1b[0m", suggestions=(Suggestion("\x1b]0;x", 0.5),)
    )
    stream = io.StringIO()
    for name in ("text", "full"):
        writer = FORMATS[name].open(stream)
        writer.outcome(replace(SPUN, findings=(finding,)), Record("a", "a", document=Document.from_text(text)))
    assert not re.search("[\x1b\u202e]", stream.getvalue())
    assert "[red]x[/]" in stream.getvalue()
