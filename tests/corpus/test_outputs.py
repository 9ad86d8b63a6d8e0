"""A file that is read is never replaced, and an output is never read."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_files import line, outcomes, write

from detector.cli.app import app
from detector.corpus.options import ReadOptions
from detector.corpus.outputs import protect_inputs
from detector.errors import OutputError

CORPUS = line(id="x", text="Some text.")


def score(*arguments: str) -> int:
    """Run `detector score` and return the exit code."""
    with pytest.raises(SystemExit) as ended:
        app(["score", "--format", "jsonl", *arguments], prog_name="detector")
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("output", "paths"),
    [
        ("a.jsonl", ["a.jsonl"]),
        ("./a.jsonl", ["a.jsonl"]),
        ("d/../a.jsonl", ["a.jsonl"]),
        ("link.jsonl", ["a.jsonl"]),
        ("a.jsonl", ["link.jsonl"]),
        ("hard.jsonl", ["a.jsonl"]),
        ("a.jsonl", ["hard.jsonl"]),
        ("a.jsonl", ["*.jsonl"]),
        ("a.jsonl", ["."]),
        ("hard.jsonl", ["a.jsonl", "b.jsonl"]),
        ("d/c.jsonl.gz", ["d"]),
        ("d/c.jsonl.gz", ["d/c.jsonl.gz"]),
        ("up/a.jsonl", ["a.jsonl"]),
    ],
)
def test_an_output_onto_an_input_is_refused_before_anything_is_read(
    output: str, paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.jsonl", CORPUS)
    write("b.jsonl", CORPUS)
    write("d/c.jsonl.gz", gzip.compress(CORPUS.encode()))
    os.symlink("a.jsonl", "link.jsonl")
    os.link("a.jsonl", "hard.jsonl")
    os.symlink(".", "up")
    before = {path: path.read_bytes() for path in Path().rglob("*.jsonl*")}
    assert score("--output", output, *paths) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: --output {Path(output)}: this file is read as input (")
    assert {path: path.read_bytes() for path in Path().rglob("*.jsonl*")} == before


def test_an_absolute_spelling_is_the_same_file() -> None:
    write("a.jsonl", CORPUS)
    with pytest.raises(OutputError):
        protect_inputs(Path("a.jsonl").absolute(), ["a.jsonl"], ReadOptions())


@pytest.mark.parametrize(
    "report",
    [
        '{"contract": 2, "id": "x"}\n',
        '[\n{"contract": 2}\n]\n',
        "[]\n",
        "",
        "spun      .973      12 words  a.txt\n",
        "unscored      –       1 words  a.txt\n",
        '{\n "schema": 2,\n "program": "0.2.0"}\n',
    ],
)
def test_a_report_of_an_earlier_run_inside_the_directory_is_replaced_and_not_read(report: str) -> None:
    write("d/a.jsonl", CORPUS)
    write("d/scores.jsonl", report)
    options = protect_inputs(Path("d/scores.jsonl"), ["d"], ReadOptions())
    assert outcomes("d", options=options) == ["x"]
    with pytest.raises(OutputError):
        protect_inputs(Path("d/scores.jsonl"), ["d/scores.jsonl"], ReadOptions())


def test_a_file_that_is_left_out_may_be_the_output() -> None:
    write("d/a.jsonl", CORPUS)
    write("d/old.jsonl", '{"contract": 2, "id": "x"}\n')
    options = ReadOptions(exclude=("old.jsonl",))
    assert protect_inputs(Path("d/old.jsonl"), ["d"], options).outputs


@pytest.mark.parametrize("content", ["Some text.", CORPUS, "[tool.detector]\njobs = 1\n", '{"schema": 2}'])
def test_a_file_that_holds_no_report_is_never_replaced(content: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`-o *.jsonl` is expanded by the shell: the first shard becomes the output, and is read by nobody."""
    write("a.jsonl", content)
    write("b.jsonl", CORPUS)
    assert score("-o", "a.jsonl", "b.jsonl") == 2
    assert "--output a.jsonl: this file is there already and holds no report" in capsys.readouterr().err
    assert Path("a.jsonl").read_text(encoding="utf-8") == content


def started(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "detector", "score", "--format", "jsonl", "--grammar", "off", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=120, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("mode", ["r+", "a"])
def test_standard_output_that_is_an_input_is_refused(mode: str) -> None:
    write("a.jsonl", CORPUS)
    with open("a.jsonl", mode, encoding="utf-8") as output:
        process = started("a.jsonl", stdout=output)
    assert process.returncode == 2
    assert process.stderr.startswith("error: standard output: this file is read as input (a.jsonl)")
    assert Path("a.jsonl").read_text(encoding="utf-8") == CORPUS


def test_standard_input_that_is_the_output_is_refused() -> None:
    write("a.txt", "Some text.")
    with open("a.txt", encoding="utf-8") as text:
        process = started("-", "-o", "a.txt", stdin=text)
    assert process.returncode == 2
    assert "--output a.txt: this file is read as input (standard input)" in process.stderr
    assert Path("a.txt").read_text(encoding="utf-8") == "Some text."


def test_a_file_that_comes_through_a_pipe_is_not_replaced() -> None:
    write("a.jsonl", CORPUS)
    process = started("-", "-o", "a.jsonl", "--stdin-format", "jsonl", input=CORPUS)
    assert process.returncode == 2
    assert "--output a.jsonl: this file is there already and holds no report" in process.stderr
    assert Path("a.jsonl").read_text(encoding="utf-8") == CORPUS


def test_standard_output_within_the_directory_is_not_read() -> None:
    write("d/a.jsonl", CORPUS)
    for _ in range(2):
        with open("d/scores.jsonl", "w", encoding="utf-8") as output:
            process = started("d", stdout=output)
        assert (process.returncode, Path("d/scores.jsonl").read_text(encoding="utf-8").count("\n")) == (0, 1)
        assert "left out: 1 output" in process.stderr
