"""Reports, made of hand-written results: what a person or a program reads."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detector.errors import DocumentError, OutputError, SourceError
from detector.report import (
    Contribution,
    Failure,
    Finding,
    ModelInfo,
    Origin,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
    WindowScore,
)
from detector.reports import FORMATS
from detector.reports.destination import open_destination
from detector.reports.explain import Explainer, mark
from detector.reports.messages import RunMessages, print_summary
from detector.reports.progress import Rates, ScoringProgress
from detector.reports.selection import is_offender, shorten
from detector.summary import Summary
from detector.text.document import Document

TEXT = "They signed the wings offer with an ally, and nobody asked why."
WINGS = Finding(
    16, 27, "wings offer", "wording", "replaced", "Unusual here.", 0.91, (Suggestion("arms deal", 0.8), Suggestion("arms offer", 0.1))
)  # fmt: skip
AN = Finding(33, 40, "an ally", "grammar", "EN_A_VS_AN", "Use the other article.", 0.3)
OVERLAPPING = Finding(22, 32, "offer with", "names", "variant", "Written in two ways.", 0.2)

SPUN = Report(
    id="news/1",
    source="news.jsonl, line 1",
    verdict=Verdict.SPUN,
    probability=0.9731,
    reason=None,
    language="en",
    words=12,
    windows=(WindowScore(0, len(TEXT), 0.9731), WindowScore(0, 4, None)),
    findings=(AN, WINGS),
    signals={"wording": SignalState(Status.OK, ""), "grammar": SignalState(Status.SKIPPED, "no Java")},
    model=ModelInfo("7", "ab" * 32),
    thresholds=Thresholds(0.5, 0.9),
    contributions=(Contribution("grammar", -0.25), Contribution("wording", 3.5)),
    notes=("decoded as windows-1252",),
)
CLEAN = replace(SPUN, id="2", source="b.txt", verdict=Verdict.CLEAN, probability=0.01, findings=(), notes=())
UNSCORED = replace(
    CLEAN, id="3", source="c.txt", verdict=Verdict.UNSCORED, probability=None, reason="12 words of prose; at least 40 are needed",
    windows=(), signals={}, contributions=(),
)  # fmt: skip


ENGINE = SignalState(Status.OK, "LanguageTool 6.8 at http://a:1", "languagetool/6.8")
BROKEN = replace(UNSCORED, id="9", signals={"wording": SignalState(Status.FAILED, "boom")})
LOST = Failure("4", "d.jsonl:9", SourceError("d.jsonl", "not JSON", 9))


def written(format: str, *outcomes: Outcome) -> str:
    stream = io.StringIO()
    writer = FORMATS[format].open(stream)
    writer.begin()
    for outcome in outcomes:
        writer.outcome(outcome)
    writer.end(Summary())
    return stream.getvalue()


def explained(document: Document, report: Report) -> str:
    stream = io.StringIO()
    Explainer(stream).write(document, report)
    return stream.getvalue()


def test_jsonl_is_one_object_a_line_with_the_keys_of_the_contract() -> None:
    first, second = map(json.loads, written("jsonl", SPUN, UNSCORED).splitlines())
    assert list(first)[:12] == [
        "contract", "id", "source", "verdict", "probability", "reason", "language", "words", "windows", "findings", "signals", "model",
    ]  # fmt: skip
    assert first["verdict"] == "spun"
    assert first["probability"] == 0.9731
    assert first["windows"][1] == {"start": 0, "end": 4, "probability": None}
    assert first["findings"][1]["suggestions"][0] == {"text": "arms deal", "score": 0.8}
    assert first["signals"]["grammar"] == {"status": "skipped", "detail": "no Java", "engine": None}
    assert first["model"] == {"version": "7", "sha256": "ab" * 32}
    assert first["thresholds"] == {"suspect": 0.5, "spun": 0.9, "origin": "model", "group": None}
    assert second["probability"] is None
    assert second["reason"] == "12 words of prose; at least 40 are needed"


def test_jsonl_shows_each_report_at_once() -> None:
    stream = io.TextIOWrapper(raw := io.BytesIO(), encoding="utf-8")
    FORMATS["jsonl"].open(stream).outcome(CLEAN)
    assert raw.getvalue().endswith(b"}\n")


def test_what_could_not_be_read_has_its_line() -> None:
    _, lost, _ = map(json.loads, written("jsonl", CLEAN, LOST, SPUN).splitlines())
    assert lost == {
        "contract": 2,
        "id": "4",
        "source": "d.jsonl:9",
        "error": {"type": "source", "message": "d.jsonl, line 9: not JSON"},
    }
    assert written("short", LOST) == ""  # a person reads it on standard error


@pytest.mark.parametrize("reports", [(), (CLEAN,), (LOST,), (CLEAN, SPUN, LOST, UNSCORED)])
def test_json_is_an_array_of_the_same_objects(reports: tuple[Outcome, ...]) -> None:
    lines = written("jsonl", *reports).splitlines()
    assert json.loads(written("json", *reports)) == [json.loads(line) for line in lines]


def test_a_line_separator_in_a_text_does_not_break_a_jsonl_line() -> None:
    odd = replace(SPUN, id="a\u2028b\nc")
    assert [json.loads(line)["id"] for line in written("jsonl", odd).split("\n")[:-1]] == ["a\u2028b\nc"]


def test_text_is_a_line_a_document_with_the_lexical_evidence_first() -> None:
    assert [" ".join(line.split()) for line in written("short", SPUN, CLEAN, UNSCORED).splitlines()] == [
        "spun 0.973 12 words news.jsonl, line 1 “wings offer” ← “arms deal” · “an ally” · (decoded as windows-1252)",
        "clean 0.010 12 words b.txt",
        "unscored – 12 words c.txt 12 words of prose; at least 40 are needed",
    ]


def test_text_never_sends_an_escape_sequence_from_a_document_to_the_terminal() -> None:
    hostile = replace(SPUN, source="a\x1b]0;title\x07.txt", findings=(replace(WINGS, text="x\x1b[2J\u202ey"),))
    output = written("short", hostile)
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert r"\x1b[2J" in output


def test_markup_of_the_printing_library_in_a_document_is_only_text() -> None:
    output = written("short", replace(CLEAN, source="[bold]a[/].txt", notes=(":smile: [red]x",)))
    assert "[bold]a[/].txt" in output
    assert "(:smile: [red]x)" in output


def test_explain_in_a_pipe_marks_findings_with_brackets_and_numbers() -> None:
    output = explained(Document.from_text(TEXT), SPUN)
    assert "\x1b" not in output
    assert "They signed the ⟦wings offer⟧[1] with ⟦an ally⟧[2], and nobody asked why." in output
    assert "[1] “wings offer”  wording/replaced, score 0.91, at 16-27\n    Unusual here." in output
    assert "may have been: “arms deal” (0.80), “arms offer” (0.10)" in output
    assert "[2] “an ally”  grammar/EN_A_VS_AN" in output
    assert "note: decoded as windows-1252" in output


def test_explain_shows_what_moved_the_probability_strongest_first() -> None:
    output = explained(Document.from_text(TEXT), SPUN)
    assert output.index("+3.50  wording") < output.index("-0.25  grammar")


def test_explain_shows_windows_and_the_state_of_every_signal() -> None:
    output = explained(Document.from_text(TEXT), SPUN)
    assert "0.973  0-63  “They signed the wings offer" in output
    assert "    –  0-4  “They" in output
    assert "wording: ok\ngrammar: skipped (no Java)" in output


def test_explain_shows_measures_with_their_units() -> None:
    measures = {"wording.likelihood_ratio": 3.1, "grammar.article": 2.5, "grammar.style": 0.0, "readability.lix": 40.25}
    output = explained(Document.from_text(TEXT), replace(SPUN, measures=measures))
    assert "grammar.article      2.50  per 1,000 words\nreadability.lix     40.25  LIX\n" in output
    assert "grammar.style" not in output
    assert "wording.likelihood_ratio" not in output


def test_explain_says_why_a_document_has_no_number() -> None:
    output = explained(Document.from_text("Too short."), UNSCORED)
    assert output.startswith("UNSCORED  c.txt\n12 words of prose; at least 40 are needed")
    assert "Signals" not in output


def test_explain_colours_findings_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    output = explained(Document.from_text(TEXT), SPUN)
    assert "\x1b[1;31mwings offer\x1b[0m" in output
    assert "⟦" not in output


def test_overlapping_findings_keep_the_text_whole() -> None:
    marked = mark(TEXT, [WINGS, OVERLAPPING], bracketed=True).plain
    assert marked == "They signed the ⟦wings ⟦offer⟧[1] with⟧[2] an ally, and nobody asked why."


def test_a_finding_at_the_very_end_is_closed() -> None:
    assert mark("why", [Finding(0, 3, "why", "names", "r", "m", 0.1)], bracketed=True).plain == "⟦why⟧[1]"


# What is left out of a report


@pytest.mark.parametrize(
    ("report", "findings", "kept"),
    [
        (SPUN, "all", [AN, WINGS]),
        (SPUN, "auto", [AN, WINGS]),
        (SPUN, "wording", [WINGS]),
        (SPUN, "none", []),
        (replace(SPUN, verdict=Verdict.CLEAN), "all", [AN, WINGS]),
        (replace(SPUN, verdict=Verdict.CLEAN), "auto", [WINGS]),
        (replace(SPUN, verdict=Verdict.SUSPECT), "auto", [AN, WINGS]),
    ],
)
def test_the_findings_that_were_asked_for_are_kept_and_the_others_counted(
    report: Report, findings: Any, kept: list[Finding]
) -> None:
    short = shorten(report, findings)
    assert list(short.findings) == kept
    assert short.findings_left_out == 2 - len(kept)
    assert replace(short, findings=report.findings, findings_left_out=0) == report


def test_a_gate_reports_what_keeps_it_from_passing() -> None:
    assert [is_offender(one) for one in (SPUN, CLEAN, UNSCORED, LOST, BROKEN)] == [True, False, False, True, True]


# On standard error


def summed(*outcomes: Outcome) -> Summary:
    summary = Summary()
    for outcome in outcomes:
        summary.add(outcome)
    return summary


def said(summary: Summary, capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_summary(summary)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_summary_counts_verdicts_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(summed(SPUN, CLEAN, replace(CLEAN, id="5"), UNSCORED, LOST), capsys) == [
        "4 documents, 48 words: 1 spun, 2 clean, 1 unscored; 1 error",
        "grammar: not run (no Java)",
        "note in 1 document: decoded as windows-1252",
    ]


def test_summary_counts_notes_that_differ_in_numbers_only_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    notes = [("3 tables were not read (20 words)",), ("5 tables were not read (9 words)",)]
    lines = said(summed(*(replace(CLEAN, id=str(n), notes=note) for n, note in enumerate(notes))), capsys)
    assert "note in 2 documents: N tables were not read (N words)" in lines


def test_summary_says_the_thresholds_that_are_not_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(summed(replace(CLEAN, thresholds=Thresholds(0.5, 0.8125, Origin.CALIBRATION))), capsys)
    assert "spun from 0.8125, suspect from 0.5 (calibration)" in lines


def test_summary_says_in_how_many_documents_a_signal_failed(capsys: pytest.CaptureFixture[str]) -> None:
    failed = replace(CLEAN, signals={"grammar": SignalState(Status.FAILED, "server died")})
    lines = said(summed(failed, replace(CLEAN, id="5", signals={"grammar": ENGINE})), capsys)
    assert "grammar: failed in 1 document (server died)" in lines


def test_summary_names_the_grammar_engine_and_each_where_there_were_two(capsys: pytest.CaptureFixture[str]) -> None:
    checked = replace(CLEAN, signals={"grammar": ENGINE})
    assert "grammar: languagetool/6.8" in said(summed(checked), capsys)
    other = replace(CLEAN, id="5", signals={"grammar": SignalState(Status.OK, "embedded rules", "embedded/1")})
    mixed = "grammar: languagetool/6.8 in 2, embedded/1 in 1"
    assert mixed in said(summed(checked, replace(checked, id="6"), other), capsys)


def test_a_signal_that_was_not_needed_is_said_and_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    summary = summed(replace(CLEAN, signals={"grammar": SignalState(Status.NOT_NEEDED, "")}))
    assert "grammar: not needed" in said(summary, capsys)
    assert summary.exit_code(strict=True) == 0


def test_summary_says_what_was_not_read_and_which_ids_came_twice(capsys: pytest.CaptureFixture[str]) -> None:
    summary = summed(CLEAN)
    summary.reading.unread.update({".parquet": 2, ".rst": 12})
    for source in ("a", "b", "c"):
        summary.reading.add_id("x", source)
    lines = said(summary, capsys)
    assert "not read, because there is no reader for them: 12 .rst, 2 .parquet" in lines
    assert "2 records have the id of an earlier record, the first is 'x' at b" in lines


def test_a_failed_wording_signal_is_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    summary = summed(CLEAN, BROKEN)
    assert "wording: failed in 1 document (boom)" in said(summary, capsys)
    assert summary.exit_code() == summary.exit_code(is_gate=True) == 2


@pytest.mark.parametrize(
    ("outcomes", "unread", "code", "gate", "strict"),
    [
        ((CLEAN, UNSCORED), {}, 0, 0, 2),  # grammar was skipped, for want of Java
        ((SPUN,), {}, 0, 1, 2),
        ((SPUN, LOST), {}, 2, 2, 2),
        ((UNSCORED,), {}, 0, 0, 0),
        ((UNSCORED,), {".rst": 1}, 0, 0, 2),
    ],
)
def test_the_exit_code(
    outcomes: tuple[Outcome, ...], unread: dict[str, int], code: int, gate: int, strict: int
) -> None:
    summary = summed(*outcomes)
    summary.reading.unread.update(unread)
    assert (summary.exit_code(), summary.exit_code(is_gate=True), summary.exit_code(strict=True)) == (
        code,
        gate,
        strict,
    )


def test_what_was_switched_off_is_not_missed() -> None:
    assert summed(CLEAN).exit_code(strict=True, switched_off=frozenset({"grammar"})) == 0


def test_rates_and_the_time_that_is_left() -> None:
    now = [100.0]
    rates = Rates(clock=lambda: now[0])
    progress = ScoringProgress("never", rates)
    progress.bytes_done(1000, 5000)  # an earlier run had read so far
    for _ in range(4):
        now[0] += 15
        progress.bytes_done(1000 + 250 * (int(now[0]) - 100) // 15, 5000)
        progress.advance(replace(SPUN, words=300))
    assert str(rates) == "4 documents, 0.1 documents/s, 20 words/s, 100.0% spun, 40% read, 3 min 0 s left"


def test_a_log_has_a_line_every_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = [100.0]
    progress = ScoringProgress("log", Rates(clock=lambda: now[0]))
    for _ in range(10):
        now[0] += 10
        progress.advance(CLEAN)
    progress.close()
    assert [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "3 documents",
        "6 documents",
        "9 documents",
        "10 documents",
    ]


def test_errors_of_a_kind_are_said_once_with_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    messages = RunMessages(ScoringProgress("never"))
    messages.begin()
    for row in range(1, 20_001):
        error = SourceError("a.jsonl", f"no field 'text' (fields: f{row})", row, kind="no field 'text'", repeated=True)
        messages.outcome(Failure(str(row), f"a.jsonl:{row}", error))
    for number in range(9):
        messages.outcome(Failure("x", f"c{number}.txt", DocumentError("it took longer than the time limit of 1 s")))
    messages.end(Summary())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: a.jsonl, line 1: no field 'text' (fields: f1)"
    assert lines[1] == "error: c0.txt: it took longer than the time limit of 1 s"
    assert lines[-2] == "error: no field 'text': 19,999 more errors like this, the last at a.jsonl, line 20000"
    assert lines[-1] == "error: document error: 4 more errors like this, the last at c8.txt"
    assert len(lines) == 8


# Files


def test_an_output_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.jsonl"
    with open_destination(target, for_machines=True) as stream:
        stream.write("half")
        assert not target.exists()
    assert target.read_text(encoding="utf-8") == "half"
    assert os.listdir(tmp_path) == ["report.jsonl"]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_output_file_stays_as_it_was_when_the_run_ends_early(tmp_path: Path, ending: type[BaseException]) -> None:
    target = tmp_path / "report.jsonl"
    target.write_text("old", encoding="utf-8")

    def end_early() -> None:
        with open_destination(target, for_machines=True) as stream:
            stream.write("half")
            raise ending

    with pytest.raises(ending):
        end_early()
    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["report.jsonl"]


def test_an_output_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with open_destination(tmp_path / "link", for_machines=True) as stream:
        stream.write("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize(("name", "problem"), [("no/such/folder/x", "can't be written"), (".", "is a directory")])
def test_an_output_that_cannot_be_written_is_named(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(OutputError, match=problem), open_destination(tmp_path / name, for_machines=True):
        pass


def test_a_lone_surrogate_stays_valid_json(tmp_path: Path) -> None:
    target = tmp_path / "report.jsonl"
    with open_destination(target, for_machines=True) as stream:
        FORMATS["jsonl"].open(stream).outcome(replace(CLEAN, id="\ud800"))
    assert json.loads(target.read_text(encoding="utf-8"))["id"] == "\ud800"
