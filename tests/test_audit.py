"""`detector audit` and `calibrate --answers`: what is drawn, what may come back, and the thresholds it makes."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller
from corpus.corpus_files import line, write
from stored_scores import MODEL, NumberScorer, lines, report

from detector.cli import filtering, scoring
from detector.judge.calibration import choose
from detector.judge.calibration_file import read_calibration

HOSTS = ("news.example", "scans.example", "tiny.example")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scoring, "load_detector", NumberScorer().open)
    monkeypatch.setattr(filtering, "expected_engine", lambda engine, url: None)
    return caller(capsys)


def scores(number: int = 3000, seed: int = 1) -> list[Any]:
    """Return reports of honest documents but for one in ten; scans look odd, and of the last source there are few."""
    rng = random.Random(seed)
    made = []
    for n in range(number):
        host = HOSTS[0 if n % 2 else 2 if n % 100 == 0 else 1]
        spun = n % 10 == 1
        probability = rng.betavariate(9, 1) if spun else rng.betavariate(0.4, 4 if host == HOSTS[1] else 15)
        name = "spun" if spun else "honest"
        made.append(report(round(probability, 6), id=f"https://{host}/{name}/{n}", source=f"in/a.jsonl:{n + 1}"))
    return made


def sheet(run: Run, *arguments: str, name: str = "sheet.csv") -> list[dict[str, Any]]:
    Path(name).unlink(missing_ok=True)
    ended = run("audit", "s.jsonl", "-o", name, *arguments)
    assert ended.code == 0, ended.err
    text = Path(name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(row) for row in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


def answer(name: str = "sheet.csv", separator: str = ",") -> None:
    """Fill in the sheet as a person would who is right: the id says what a document is."""
    rows = list(csv.DictReader(io.StringIO(Path(name).read_text(encoding="utf-8"))))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=separator)
    writer.writeheader()
    writer.writerows(row | {"answer": " Spun" if "/spun/" in row["id"] else "honest"} for row in rows)
    Path(name).write_text("﻿" + out.getvalue(), encoding="utf-8", newline="")


# Drawing


def test_the_same_scores_and_seed_draw_the_same_documents_in_whatever_order(run: Run) -> None:
    reports = scores()
    write("s.jsonl", lines(reports))
    first = sheet(run, "--group-by", "host")
    sheet_bytes = Path("sheet.csv").read_bytes()
    random.Random(3).shuffle(reports)
    write("s.jsonl", lines(reports))
    sheet(run, "--group-by", "host")
    assert Path("sheet.csv").read_bytes() == sheet_bytes
    other = sheet(run, "--group-by", "host", "--seed", "1")
    assert {row["id"] for row in other} != {row["id"] for row in first}


def test_each_source_is_drawn_from_and_each_band_of_it(run: Run) -> None:
    write("s.jsonl", lines(scores()))
    rows = sheet(run, "--group-by", "host", "--each", "35")
    by_source = Counter(row["source"] for row in rows)
    assert by_source == {"news.example": 35, "scans.example": 35, "tiny.example": 30}  # which has no more
    bands = Counter(row["band"] for row in rows if row["source"] == "scans.example")
    assert len(bands) >= 5
    assert all(row["answer"] == "" for row in rows)
    for source in by_source:  # each document stands for its band, and together they stand for all
        sizes = {row["band"]: int(row["band_documents"]) for row in rows if row["source"] == source}
        total = sum(1 for one in scores() if source in one.id)
        assert sum(sizes.values()) == total


def test_sources_that_are_small_are_drawn_from_together(run: Run) -> None:
    write("s.jsonl", lines(scores()))
    rows = sheet(run, "--group-by", "host", "--sources", "1")
    assert {row["source"] for row in rows} == {"news.example", ""}
    assert {row["source"] for row in sheet(run)} == {""}


def test_the_order_says_nothing_of_the_probability(run: Run) -> None:
    write("s.jsonl", lines(scores()))
    probabilities = [float(row["probability"]) for row in sheet(run, "--each", "60")]
    assert probabilities != sorted(probabilities)
    assert probabilities != sorted(probabilities, reverse=True)


def test_texts_come_from_the_corpus(run: Run) -> None:
    rows = [{"id": "same", "text": f"0.{n}5 text {n} " + "long " * 1000} for n in range(5)]
    write("in/a.jsonl", "".join(line(**row) for row in rows) + "{broken\n")
    run("filter", "in", "--kept", "out/kept", "--rejected", "out/rejected")
    ended = run("audit", "out/kept", "-o", "sheet.jsonl", "--corpus", "in")
    assert ended.code == 0, ended.err
    drawn = [json.loads(row) for row in Path("sheet.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in drawn:  # which all have one id
        number = int(row["place"].rpartition(":")[2]) - 1
        assert row["text"].startswith(f"0.{number}5 text {number} long")
        assert row["text"].endswith("…")
    Path("sheet.jsonl").unlink()
    write("other.jsonl", line(id="another", text="0.5 w"))
    assert (
        "5 documents not found in the corpus"
        in run("audit", "out/kept", "-o", "sheet.jsonl", "--corpus", "other.jsonl").err
    )


def test_answers_are_never_written_over(run: Run) -> None:
    write("s.jsonl", lines(scores(100)))
    sheet(run)
    before = Path("sheet.csv").read_bytes()
    ended = run("audit", "s.jsonl", "-o", "sheet.csv", "--seed", "9")
    assert ended.code == 2
    assert "sheet.csv: is there already, and may hold answers" in ended.err
    assert Path("sheet.csv").read_bytes() == before


def test_a_cell_is_no_formula_and_a_source_keeps_its_name(run: Run) -> None:
    texts = ("=cmd|' /C calc'!A0", "+1", "@x", "-2", "fine")
    write("in/a.jsonl", "".join(line(id=f"={n}", text="0.01 w", site=site) for n in range(99) for site in texts))
    run("filter", "in", "--kept", "out/kept", "--rejected", "out/rejected", "--group-by", "site")
    run("audit", "out/kept", "-o", "sheet.csv", "--each", "90")
    rows = list(csv.DictReader(io.StringIO(Path("sheet.csv").read_text(encoding="utf-8"))))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    answer()
    ended = run("calibrate", "--answers", "sheet.csv", "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 0, ended.err
    groups = read_calibration("c.json").groups
    assert groups is not None
    assert set(groups.thresholds) == set(texts)


# Answers


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_answers_make_thresholds_that_hold_on_the_whole_corpus(run: Run, separator: str) -> None:
    reports = scores(20_000)
    write("s.jsonl", lines(reports))
    sheet(run, "--group-by", "host", "--each", "400")
    answer(separator=separator)
    ended = run("calibrate", "--answers", "sheet.csv", "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 0, ended.err
    made = read_calibration("c.json")
    assert made.groups is not None
    assert made.groups.by == "host"
    assert made.model.sha256 == MODEL.sha256
    for host, point in made.groups.thresholds.items():
        honest = [one.probability for one in reports if host in one.id and "/honest/" in one.id]
        assert sum(p >= point.threshold for p in honest) / len(honest) <= 0.05
    honest = [one.probability for one in reports if "/honest/" in one.id]
    best = choose(honest, 0.05).threshold  # had a person looked at all of them
    assert best <= made.threshold < best + 0.2
    news, scans = (made.groups.thresholds[host].threshold for host in HOSTS[:2])
    assert news < made.threshold < scans
    assert "of the spun documents, about" in ended.out


def test_what_was_not_answered_does_not_count(run: Run) -> None:
    write("s.jsonl", lines(scores()))
    rows = sheet(run, "--each", "300", name="sheet.jsonl")
    for n, row in enumerate(rows):
        row["answer"] = ("unsure", "", "spun" if "/spun/" in row["id"] else "honest")[min(n % 9, 2)]
    write("sheet.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    ended = run("calibrate", "--answers", "sheet.jsonl", "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 0, ended.err
    made = read_calibration("c.json")
    assert made.groups is None
    assert made.scored == sum(row["answer"] == "honest" for row in rows)
    assert made.unscored == sum(row["answer"] in ("", "unsure") for row in rows)
    honest = [one.probability for one in scores() if "/honest/" in one.id]
    assert sum(p >= made.threshold for p in honest) / len(honest) <= 0.05


def test_a_sheet_without_answers_is_told(run: Run) -> None:
    write("s.jsonl", lines(scores(200)))
    sheet(run)
    ended = run("calibrate", "--answers", "sheet.csv", "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 2
    assert "a false-positive rate of 0.05 can't be shown by 0 documents that were called honest" in ended.err
    assert not Path("c.json").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": "maybe"}, "line 2: the answer is spun, honest or unsure, not 'maybe'"),
        ({"probability": "high"}, "line 2: was changed in another column than answer"),
        ({"probability": "7"}, "line 2: was changed in another column than answer"),
        ({"band_documents": "0"}, "line 2: was changed in another column than answer"),
        ({"model": "cd" * 32}, "holds documents that were scored in several ways"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(run: Run, change: dict[str, str], said: str) -> None:
    write("s.jsonl", lines(scores(200)))
    rows = sheet(run)
    rows[0] |= change
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    write("sheet.csv", out.getvalue())
    ended = run("calibrate", "--answers", "sheet.csv", "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 2
    assert f"sheet.csv{', ' if said.startswith('line') else ': '}{said}" in ended.err


@pytest.mark.parametrize("content", ["", "answer\n", "a,b\n1,2\n", "\x00\xff", "answer,source\nspun\n"])
def test_what_is_no_sheet_is_told(run: Run, content: str) -> None:
    write("sheet.csv", content.encode("latin-1"))
    ended = run("calibrate", "--answers", "sheet.csv", "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 2
    assert "sheet.csv" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("good.jsonl", "--answers", "sheet.csv"), "give good documents or --answers, not both"),
        ((), "which documents? Give a PATH to good ones, or --answers"),
        (
            ("--answers", "sheet.csv", "--group-by", "site"),
            "--group-by site: the documents of the answers were drawn without",
        ),
    ],
)
def test_calibrate_needs_one_of_both(run: Run, arguments: tuple[str, ...], said: str) -> None:
    write("s.jsonl", lines(scores(200)))
    sheet(run)
    ended = run("calibrate", *arguments, "--max-fpr", "0.05", "-o", "c.json")
    assert ended.code == 2
    assert said in ended.err


def test_a_source_that_records_do_not_tell_is_refused(run: Run) -> None:
    write("s.jsonl", lines(scores(100)))
    ended = run("audit", "s.jsonl", "-o", "sheet.csv", "--group-by", "source")
    assert ended.code == 2
    assert "--group-by source: only host, or what a filter run grouped by, can be found again in records" in ended.err
