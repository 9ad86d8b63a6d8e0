"""`detector rethreshold`: what a filter run with that threshold makes, without scoring."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from commands import Run, caller
from corpus_files import line, write
from pyarrow import parquet
from stored_scores import MODEL, NumberScorer, lines, report

from detector.cli import filtering, scoring
from detector.report import Grounds, Verdict, WindowScore

TEXTS = (
    "0.999 w", "0.97 w", "0.93 w", "0.8 w", "0.72 w", "0.5 w", "0.31 w", "0.12 w", "-", "x", "0.98 clipped w",
    "0.995 clipped w", "0.97 grammar alone", "0.3 choices left", "0.11 w",
)  # fmt: skip
THRESHOLDS = ("0.2", "0.5", "0.75", "0.93", "0.95", "0.99", "1")


@pytest.fixture
def scorer() -> NumberScorer:
    return NumberScorer()


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scorer: NumberScorer
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scoring, "load_detector", scorer.open)
    monkeypatch.setattr(filtering, "expected_engine", lambda engine, url: None)
    return caller(capsys)


def corpus() -> None:
    rows = [{"id": f"https://h{n % 3}.example/{n}", "text": text, "n": n} for n, text in enumerate(TEXTS)]
    write("in/a.jsonl", "".join(line(**row) for row in rows) + "{broken\n" + line(id="last", text="0.94 w"))
    write("in/b.jsonl.gz", gzip.compress("".join(line(**row) for row in reversed(rows)).encode()))
    write("in/deep/c.csv", "id,text\n" + "".join(f"c{n},{text}\n" for n, text in enumerate(TEXTS)))
    write("in/d.txt", "0.96 a file")
    parquet.write_table(pa.Table.from_pylist(rows), "in/e.parquet")


def filtered(run: Run, folder: str, threshold: str, *arguments: str) -> None:
    into = ("--kept", f"{folder}/kept", "--rejected", f"{folder}/rejected", *arguments)
    ended = run("filter", "in", "--threshold", threshold, *into)
    assert ended.code == 2, ended.err  # some records are broken


def again(run: Run, scores: str, folder: str, *arguments: str, paths: tuple[str, ...] = ("in",)) -> Any:
    return run(
        "rethreshold", scores, *paths, "--kept", f"{folder}/kept", "--rejected", f"{folder}/rejected", *arguments
    )


def tree(folder: str) -> dict[str, bytes]:
    """Return all files of a run but its reports: also what it keeps to go on."""
    files = (path for path in Path(folder).rglob("*") if path.is_file() and path.name not in ("run.json", "run.html"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# Splitting again


@pytest.mark.parametrize(
    "options", [(), ("--annotate-kept", "--unscored", "reject", "--group-by", "host"), ("--field", "")]
)
def test_it_makes_the_bytes_that_filter_makes(run: Run, scorer: NumberScorer, options: tuple[str, ...]) -> None:
    corpus()
    filtered(run, "first", "0.9", *options)
    for threshold in THRESHOLDS:
        filtered(run, f"f{threshold}", threshold, *options)
        scored = scorer.scored
        ended = again(run, "first/kept", f"r{threshold}", "--threshold", threshold)
        assert ended.code == 2, ended.err
        assert scorer.scored == scored
        assert tree(f"r{threshold}") == tree(f"f{threshold}"), threshold
        one, other = (json.loads(Path(f"{folder}{threshold}/run.json").read_text(encoding="utf-8")) for folder in "fr")
        for name in one.keys() - {"started", "ended", "seconds"}:
            assert one[name] == other[name], name


def test_suspects_and_errors_go_where_they_are_sent(run: Run) -> None:
    corpus()
    filtered(run, "first", "0.9")
    filtered(run, "f", "0.99", "--suspect", "f/suspect", "--errors", "f/errors.jsonl")
    again(run, "first/kept", "r", "--threshold", "0.99", "--suspect", "r/suspect", "--errors", "r/errors.jsonl")
    assert tree("r") == tree("f")


def test_a_calibration_by_group_chooses_for_each_record(run: Run) -> None:
    corpus()
    filtered(run, "first", "0.9")
    point = {"documents": 300, "false_positives": 0, "upper_bound": 0.0099}
    calibration = {
        "schema": 2, "program": "0.2.0", "model": {"version": MODEL.version, "sha256": MODEL.sha256}, "wording": "auto",
        "grammar": {"asked": "auto", "engines": {"none": 300}}, "max_fpr": 0.01,
        "documents": {"scored": 300, "unscored": 0, "unread": 0}, "threshold": 0.999, "false_positives": 0,
        "upper_bound": 0.0099,
        "groups": {"by": "host", "alike": 7.5, "thresholds": {"h0.example": {**point, "threshold": 0.4}}},
    }  # fmt: skip
    write("c.json", json.dumps(calibration))
    again(run, "first/kept", "r", "--calibration", "c.json")
    rejected = [json.loads(row) for row in Path("r/rejected/a.jsonl").read_text(encoding="utf-8").splitlines()]
    by_host = {n: float(TEXTS[n].split()[0]) for n in (row["n"] for row in rejected if "n" in row)}
    assert {n: p for n, p in by_host.items() if n % 3} == {11: 0.995, 13: 0.3} or 0.999 in by_host.values()
    assert any(p < 0.9 for n, p in by_host.items() if n % 3 == 0)
    found = json.loads(Path("r/run.json").read_text(encoding="utf-8"))
    assert {one["source"]: one["own_threshold"] for one in found["sources"]}["h0.example"] == 0.4
    (bound,) = (one["false_positive_bound"] for one in found["sources"] if "false_positive_bound" in one)
    assert bound == 0.0099


def test_a_score_file_splits_the_corpus_as_well(run: Run, scorer: NumberScorer) -> None:
    corpus()
    run("score", "--format", "jsonl", "--threshold", "0.9", "-o", "s.jsonl.zst", "in")
    filtered(run, "f", "0.95")
    scored = scorer.scored
    ended = again(run, "s.jsonl.zst", "r", "--threshold", "0.95")
    assert ended.code == 2, ended.err
    assert scorer.scored == scored
    for name in ("kept/a.jsonl", "kept/b.jsonl.gz", "rejected/deep/c.csv", "kept/e.parquet"):
        assert Path("r", name).read_bytes() == Path("f", name).read_bytes(), name


def test_it_goes_on_where_it_was(run: Run) -> None:
    corpus()
    filtered(run, "first", "0.9")
    filtered(run, "f", "0.95")
    again(run, "first/kept", "r", "--threshold", "0.95")
    for log in list(Path("r/kept/.unspun/scores").rglob("*.jsonl"))[1:]:
        rows = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(rows[: len(rows) // 2]) + b'{"row": 9')
    for marker in Path("r/kept/.unspun/done").rglob("*.json"):
        marker.unlink()
    again(run, "first/kept", "r", "--threshold", "0.95")
    assert tree("r") == tree("f")


# What is refused


def test_another_corpus_than_the_scored_one_is_refused(run: Run) -> None:
    corpus()
    filtered(run, "first", "0.9")
    write("in/new.jsonl", line(id="new", text="0.5 w"))
    ended = again(run, "first/kept", "r1", "--threshold", "0.95")
    assert ended.code == 2
    assert "in/new.jsonl: was not scored there (first/kept); detector filter scores" in ended.err
    Path("in/new.jsonl").unlink()
    write("in/d.txt", "0.97 a file")
    ended = again(run, "first/kept", "r2", "--threshold", "0.95")
    assert "in/d.txt: is not the file any more that was scored in first/kept" in ended.err
    assert not Path("r2/kept/d.txt").exists()


def test_scores_that_lack_a_record_are_refused_and_nothing_is_lost(run: Run) -> None:
    write("in/a.jsonl", "".join(line(id=f"r{n}", text="0.5 w") for n in range(5)))
    run("score", "--format", "jsonl", "-o", "s.jsonl", "in")
    rows = Path("s.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    write("s.jsonl", "".join(rows[:3] + rows[4:]))
    ended = again(run, "s.jsonl", "r", "--threshold", "0.4")
    assert ended.code == 2
    assert "in/a.jsonl:4: s.jsonl has no score of this record" in ended.err
    assert not Path("r/kept/a.jsonl").exists()


def test_scores_of_another_model_are_refused(run: Run) -> None:
    row = json.loads(lines([report(0.5, source="in/a.jsonl:1")])) | {"model": {"version": "9", "sha256": "cd" * 32}}
    write("s.jsonl", json.dumps(row) + "\n")
    write("in/a.jsonl", line(id="r1", text="0.5 w"))
    for ended in (
        run("rethreshold", "s.jsonl", "--threshold", "0.4"),
        again(run, "s.jsonl", "r", "--threshold", "0.4"),
    ):
        assert ended.code == 2
        assert "s.jsonl: was scored by another model (cdcdcdcdcdcd…) than the one that is here" in ended.err
    filtered_once = run("filter", "in", "--kept", "first/kept", "--rejected", "first/rejected")
    assert filtered_once.code == 0
    command = Path("first/kept/.unspun/command.json")
    command.write_text(command.read_text(encoding="utf-8").replace(MODEL.sha256, "cd" * 32), encoding="utf-8")
    assert "first/kept: was scored by another model" in again(run, "first/kept", "r", "--threshold", "0.4").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("s.jsonl",), "which threshold? Give --threshold, --max-fpr or --calibration"),
        (("s.jsonl", "in", "--threshold", "0.5"), "give SCORES, the corpus, --kept and --rejected"),
        (("s.jsonl", "--kept", "k", "--threshold", "0.5"), "give SCORES, the corpus, --kept and --rejected"),
        (("s.jsonl", "--threshold", "0.5", "-o", "s.jsonl"), "this file is read as input"),
    ],
)
def test_what_makes_no_sense_is_told(run: Run, arguments: tuple[str, ...], said: str) -> None:
    write("in/a.jsonl", line(id="r1", text="0.5 w"))
    write("s.jsonl", lines([report(0.5)]))
    before = Path("s.jsonl").read_bytes()
    ended = run("rethreshold", *arguments)
    assert ended.code == 2
    assert said in ended.err
    assert Path("s.jsonl").read_bytes() == before


# Score files


def test_a_score_file_gets_the_verdicts_that_scoring_gives(run: Run) -> None:
    grounds = (
        Grounds(0.9), Grounds(0.2), Grounds(0.9, clipped=True), Grounds(0.9, unquoted=0.1),
        Grounds(0.9, choices=Verdict.SUSPECT), Grounds(0.9, section=WindowScore(5, 90, 0.96)),
    )  # fmt: skip
    documents = [(p, one) for p in (0.05, 0.4, 0.75, 0.92, 0.992) for one in grounds]
    for before in (0.3, 0.9):
        write("s.jsonl", lines(report(p, threshold=before, grounds=one) for p, one in documents))
        for after in (0.25, 0.7, 0.95):
            ended = run("rethreshold", "s.jsonl", "--threshold", str(after), "-o", "t.jsonl")
            assert ended.code == 0, ended.err
            assert Path("t.jsonl").read_text(encoding="utf-8") == lines(
                report(p, threshold=after, grounds=one) for p, one in documents
            )


def test_notes_on_the_verdict_are_those_of_the_new_one(run: Run) -> None:
    one = report(0.97, threshold=0.9, grounds=Grounds(0.1), notes=("13 tables were not read",))
    assert len(one.notes) == 2
    write("s.jsonl", lines([one]))
    run("rethreshold", "s.jsonl", "--threshold", "0.99", "-o", "t.jsonl")
    assert json.loads(Path("t.jsonl").read_text(encoding="utf-8"))["notes"] == ["13 tables were not read"]


def test_without_an_output_the_new_counts_are_printed(run: Run) -> None:
    write("s.jsonl", lines(report(n / 100, id=f"r{n}") for n in range(1, 100)))
    ended = run("rethreshold", "s.jsonl", "--threshold", "0.805", "--borderline", "2")
    assert "99 records, 9,900 words: 19 spun" in ended.out
    near = ended.out.partition("nearest to the threshold")[2].split("\n\n")[0]
    assert [row.split()[2] for row in near.strip().splitlines()] == ["r80", "r81"]  # by log-odds


def test_of_what_was_scored_without_grammar_a_lower_threshold_says_so(run: Run) -> None:
    write("s.jsonl", lines([report(0.3)]))
    assert "below that of suspect" in run("rethreshold", "s.jsonl", "--threshold", "0.2").err
    assert "below that of suspect" not in run("rethreshold", "s.jsonl", "--threshold", "0.9").err
