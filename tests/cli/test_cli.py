"""The command line with the model that is shipped: options, outputs, exit codes, and input that can't be read."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller

from detector import __version__

DOCUMENTS = Path(__file__).parents[1] / "cases" / "documents"
CLEAN = (DOCUMENTS / "clean.txt").read_text(encoding="utf-8")
SPUN = (DOCUMENTS / "spun.txt").read_text(encoding="utf-8")  # the same text after a careless spinner


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    return caller(capsys)


@pytest.fixture
def score(run: Run) -> Run:
    return lambda *arguments: run("score", "--grammar", "off", "--format", "jsonl", *arguments)


def write_jsonl(path: str, *records: object) -> None:
    lines = "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)
    Path(path).write_text(lines, encoding="utf-8")


def started(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "detector", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


# What is scored, and how it is shown


def test_score_tells_a_spun_document_from_a_clean_one(score: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    Path("spun.txt").write_text(SPUN, encoding="utf-8")
    ended = score("clean.txt", "spun.txt")
    assert ended.code == 0
    assert [(record["source"], record["verdict"]) for record in ended.records] == [
        ("clean.txt", "clean"),
        ("spun.txt", "spun"),
    ]


def test_offsets_point_into_the_text_as_given(score: Run) -> None:
    Path("spun.md").write_text(f"# 😀 Reopened\n\n{SPUN}", encoding="utf-8")
    (record,) = score("spun.md").records
    text = Path("spun.md").read_text(encoding="utf-8")
    assert record["findings"]
    for finding in record["findings"]:
        assert text[finding["start"] : finding["end"]] == finding["text"]


def test_a_directory_is_read_and_the_order_of_paths_is_kept(score: Run) -> None:
    Path("folder").mkdir()
    for name in ("b.txt", "folder/z.txt", "folder/y.md"):
        Path(name).write_text(CLEAN, encoding="utf-8")
    assert [record["source"] for record in score("folder", "b.txt").records] == ["folder/y.md", "folder/z.txt", "b.txt"]


def test_fields_of_a_corpus_have_other_names(score: Run) -> None:
    write_jsonl("corpus.jsonl", {"key": "a", "body": CLEAN}, {"key": "b", "body": CLEAN})
    ended = score("--text-field", "body", "--id-field", "key", "corpus.jsonl")
    assert [record["id"] for record in ended.records] == ["a", "b"]


def test_a_compressed_corpus_is_read(score: Run) -> None:
    with gzip.open("corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "text": CLEAN}) + "\n")
    assert [record["id"] for record in score("corpus.jsonl.gz").records] == ["a"]


def test_json_is_one_array(run: Run) -> None:
    write_jsonl("corpus.jsonl", {"id": "a", "text": CLEAN}, {"id": "b", "text": "Too short."})
    ended = run("score", "--grammar", "off", "--format", "json", "corpus.jsonl")
    assert [(record["id"], record["verdict"]) for record in json.loads(ended.out)] == [
        ("a", "clean"),
        ("b", "unscored"),
    ]


def test_the_report_is_all_there_is_on_standard_output(run: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    ended = run("score", "--grammar", "off", "clean.txt", "missing.txt")
    assert len(ended.out.splitlines()) == 1
    assert ended.out.startswith("clean")
    assert "missing.txt" in ended.err
    assert "1 document" in ended.err


def test_grammar_that_did_not_run_is_said(score: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    ended = score("clean.txt")
    assert ended.records[0]["signals"]["grammar"]["status"] == "skipped"
    assert "grammar: not run" in ended.err


def test_the_threshold_moves_the_verdict(score: Run) -> None:
    Path("spun.txt").write_text(SPUN, encoding="utf-8")
    (strict,) = score("--threshold", "1", "spun.txt").records
    assert strict["probability"] < 1
    assert strict["verdict"] != "spun"


def test_workers_give_the_same_answers_in_the_same_order(score: Run) -> None:
    write_jsonl("corpus.jsonl", *({"id": str(n), "text": SPUN if n % 3 else CLEAN} for n in range(9)))
    assert score("--jobs", "2", "corpus.jsonl").records == score("corpus.jsonl").records


def test_what_else_is_scored_does_not_change_a_probability(score: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    Path("spun.txt").write_text(SPUN, encoding="utf-8")
    (alone,) = score("spun.txt").records
    assert score("clean.txt", "spun.txt").records[1]["probability"] == pytest.approx(alone["probability"], abs=1e-3)


def test_output_goes_to_a_file(score: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    ended = score("--output", "report.jsonl", "clean.txt")
    assert ended.out == ""
    assert json.loads(Path("report.jsonl").read_text(encoding="utf-8"))["source"] == "clean.txt"


# The gate


def test_check_prints_only_offenders_and_exits_1(run: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    Path("spun.txt").write_text(SPUN, encoding="utf-8")
    ended = run("check", "--grammar", "off", "clean.txt", "spun.txt")
    assert ended.code == 1
    assert "spun.txt" in ended.out
    assert "clean.txt" not in ended.out


def test_check_is_silent_and_exits_0_when_nothing_is_spun(run: Run) -> None:
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    ended = run("check", "--grammar", "off", "clean.txt")
    assert (ended.code, ended.out) == (0, "")


def test_check_exits_2_when_something_could_not_be_read(run: Run) -> None:
    Path("spun.txt").write_text(SPUN, encoding="utf-8")
    ended = run("check", "--grammar", "off", "missing.txt", "spun.txt")
    assert ended.code == 2
    assert "spun.txt" in ended.out


# Explaining


def test_explain_marks_findings_and_says_what_moved_the_probability(run: Run) -> None:
    Path("spun.txt").write_text(SPUN, encoding="utf-8")
    ended = run("explain", "--grammar", "off", "spun.txt")
    assert ended.code == 0
    assert ended.out.startswith("SPUN  spun.txt")
    assert "⟦" in ended.out
    assert "[1] “" in ended.out
    assert "What moved the probability" in ended.out
    assert "grammar: skipped" in ended.out


def test_explain_takes_the_record_that_is_asked_for(run: Run) -> None:
    write_jsonl("corpus.jsonl", {"id": "a", "text": CLEAN}, {"id": 7, "text": SPUN}, "{broken")
    ended = run("explain", "--grammar", "off", "--record", "7", "corpus.jsonl")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("SPUN")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "several documents; choose one with --record ID, which can be r0, r1, r2, r3, r4, …"),
        (["--record", "x"], "no document with the id x; there are r0, r1, r2, r3, r4, …"),
    ],
)
def test_explain_asks_which_record_is_meant(run: Run, arguments: list[str], said: str) -> None:
    write_jsonl("corpus.jsonl", *({"id": f"r{number}", "text": CLEAN} for number in range(9)))
    ended = run("explain", *arguments, "corpus.jsonl")
    assert (ended.code, ended.out) == (2, "")
    assert f"corpus.jsonl: holds {said}" in ended.err


def test_explain_names_what_it_could_not_read(run: Run) -> None:
    ended = run("explain", "missing.txt")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: missing.txt: ")


# Input that can't be read


def test_unreadable_sources_are_named_in_their_turn_and_the_rest_is_scored(score: Run) -> None:
    unreadable = {
        "binary.txt": b"\x7fELF\x00\x01\x02\x00" * 50,
        "broken.jsonl": b'{"id": \n',
        "field.jsonl": b'{"id": "a", "body": "x"}\n',
        "number.jsonl": b'{"id": "a", "text": 3}\n',
        "cut.jsonl.gz": gzip.compress(b'{"id": "a", "text": "x"}\n' * 99)[:40],
        "paper.docx": b"PK",
    }
    for name, content in unreadable.items():
        Path(name).write_bytes(content)
    Path("clean.txt").write_text(CLEAN, encoding="utf-8")
    ended = score(*unreadable, "missing.txt", "clean.txt")
    assert ended.code == 2
    errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    wheres = ["binary.txt:", "broken.jsonl, line 1:", "field.jsonl, line 1:", "number.jsonl, line 1:"]
    wheres += ["cut.jsonl.gz", "paper.docx:", "missing.txt:"]
    assert len(errors) == len(wheres)
    assert all(error.startswith(f"error: {where}") for error, where in zip(errors, wheres, strict=True))
    assert (ended.records[-1]["source"], ended.records[-1]["verdict"]) == ("clean.txt", "clean")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.jsonl", "a.jsonl.gz"])
def test_an_empty_file_does_not_stop_a_commit(run: Run, name: str, content: bytes) -> None:
    Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    ended = run("check", "--grammar", "off", name)
    assert (ended.code, ended.out) == (0, "")
    assert "error" not in ended.err


def test_what_has_no_reader_is_counted_in_the_summary(run: Run) -> None:
    Path("d").mkdir()
    for name in ("a.avro", "b.avro", "c.psd"):
        Path("d", name).write_bytes(b"x")
    write_jsonl("d/d.jsonl")
    ended = run("check", "d")
    assert ended.code == 0
    assert "not read, because there is no reader for them: 2 .avro, 1 .psd" in ended.err


def test_records_with_the_same_id_are_told_of(score: Run) -> None:
    write_jsonl("corpus.jsonl", {"id": "a", "text": "x"}, {"id": "a", "text": "y"})
    ended = score("corpus.jsonl")
    assert ended.code == 0
    assert "1 record has the id of an earlier record, the first is 'a' at corpus.jsonl:2" in ended.err


def test_nothing_readable_still_gives_a_valid_report(run: Run) -> None:
    ended = run("score", "--format", "json", "missing.txt")
    (record,) = json.loads(ended.out)
    assert (ended.code, record["source"], record["error"]["type"]) == (2, "missing.txt", "source")


def test_text_in_another_encoding_is_scored_and_the_guess_is_said(score: Run) -> None:
    Path("old.txt").write_bytes(f"The café. {CLEAN}".replace("'", "’").encode("windows-1252"))
    (record,) = score("old.txt").records
    assert record["verdict"] == "clean"
    assert record["notes"]


# Options that make no sense


@pytest.mark.parametrize(
    "arguments",
    [
        ["score"],
        ["score", "--format", "xml", "a.txt"],
        ["score", "--threshold", "1.5", "a.txt"],
        ["score", "--threshold", "nan", "a.txt"],
        ["score", "--jobs", "0", "a.txt"],
        ["score", "--grammar", "off", "--languagetool-url", "http://localhost:1", "a.txt"],
        ["score", "--output", "no/such/folder/report", "a.txt"],
        ["explain", "a.txt", "b.txt"],
        ["marvel", "a.txt"],
    ],
)
def test_a_wrong_option_is_an_error_before_anything_is_scored(run: Run, arguments: list[str]) -> None:
    Path("a.txt").write_text(CLEAN, encoding="utf-8")
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--port", "abc"),
        ("serve", "--port", "99999"),
        ("serve", "--max-body", "0"),
        ("filter", "a", "--kept", "b", "--rejected", "c", "--engine", "foo"),
        ("completion", "tcsh"),
        ("audit", "a.jsonl", "-o", "x", "--seed", "y"),
        ("config", "--format", "x"),
        ("restore", "a", "--sure", "x"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_is_wrong_with_an_option_is_said_in_words_of_the_program(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    said = ended.err.splitlines()[-1]
    assert ended.code == 2
    assert "Invalid value for" in said
    assert not re.search("Input|error,", said)


def test_version(run: Run) -> None:
    assert run("--version").out == f"detector {__version__}\n"


@pytest.mark.parametrize("command", ["score", "check", "explain", "calibrate", "doctor", "setup"])
def test_every_command_is_in_the_help(run: Run, command: str) -> None:
    assert command in run("--help").out
    assert run(command, "--help").code == 0


# Terminals, pipes and interruptions: processes of their own


def test_standard_input_is_a_document() -> None:
    process = started("score", "--grammar", "off", "--format", "jsonl", "-", stdin=subprocess.PIPE)
    out, _ = process.communicate(CLEAN)
    assert process.returncode == 0
    assert json.loads(out)["verdict"] == "clean"


def test_a_terminal_that_can_not_show_a_character_still_gets_its_report(tmp_path: Path) -> None:
    (tmp_path / "naïve.txt").write_text(SPUN, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    process = started("explain", "--grammar", "off", str(tmp_path / "naïve.txt"), env=environment)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert r"na\xefve.txt" in out
    assert r"\u27e6" in out


@pytest.mark.parametrize("format", ["text", "json", "jsonl"])
def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path: Path, format: str) -> None:
    write_jsonl(str(tmp_path / "corpus.jsonl"), *({"id": number, "text": CLEAN} for number in range(300)))
    process = started("score", "--grammar", "off", "--format", format, str(tmp_path / "corpus.jsonl"))
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


def has_written(process: subprocess.Popen[str], folder: Path) -> bool:
    """Tell whether a process has written to a file in this folder, whether the file has a name or not."""
    for opened in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(OSError):
            target = os.readlink(opened)
            if target.startswith(f"{folder}/") and not target.endswith("/corpus.jsonl") and opened.stat().st_size:
                return True
    return False


@pytest.mark.parametrize(
    ("sent", "code", "jobs"),
    [
        (signal.SIGINT, 130, "1"),
        (signal.SIGINT, 130, "2"),
        (signal.SIGTERM, 143, "1"),
        (signal.SIGHUP, 129, "1"),
        pytest.param(signal.SIGKILL, -9, "1", marks=pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="Linux")),
    ],
)
def test_an_interrupted_run_ends_cleanly(tmp_path: Path, sent: signal.Signals, code: int, jobs: str) -> None:
    source, report = tmp_path / "corpus.jsonl", tmp_path / "report.jsonl"
    report.write_text("[]\n", encoding="utf-8")
    write_jsonl(str(source), *({"id": number, "text": CLEAN * 3} for number in range(3000)))
    arguments = ["score", "--grammar", "off", "--format", "jsonl", "--jobs", jobs, "--output", str(report), str(source)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a job in the background starts ignores it
    process = started(*arguments, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    while not has_written(process, tmp_path):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, sent)
    _, err = process.communicate()
    assert process.returncode == code
    assert "Traceback" not in err
    assert report.read_text(encoding="utf-8") == "[]\n"
    assert sorted(os.listdir(tmp_path)) == ["corpus.jsonl", "report.jsonl"]


@pytest.mark.parametrize("command", ["score", "explain"])
def test_standard_input_that_is_closed(command: str) -> None:
    line = f"exec {sys.executable} -m detector {command} - <&-"
    process = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=120)
    assert process.returncode == 2
    assert process.stderr.startswith("error: <stdin>: standard input is closed\n")


def test_explaining_an_empty_file(run: Run) -> None:
    Path("empty.jsonl").touch()
    ended = run("explain", "empty.jsonl")
    assert (ended.code, ended.err) == (2, "error: empty.jsonl: holds no document\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("arguments", "streams", "out", "err"),
    [
        ("score nosuch.txt", "2>/dev/full", "", ""),
        ("score nosuch.txt", "2>&-", "", ""),
        ("score nosuch.txt", ">&-", "", "error: standard output is closed; > /dev/null throws it away\n"),
        ("schema", ">/dev/full", "", "error: standard output: can't be written (no space left on device)\n"),
        ("--help", ">/dev/full", "", "error: standard output: can't be written (no space left on device)\n"),
    ],
)
def test_standard_streams_that_are_full_or_closed(arguments: str, streams: str, out: str, err: str) -> None:
    """Neither ends with 1, which is an answer of `check`, nor gets messages into the report."""
    line = f"exec {sys.executable} -m detector {arguments} {streams}"
    process = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=120)
    assert (process.returncode, process.stdout, process.stderr) == (2, out, err)
