"""Runs that are killed and started again: what comes out is what an undisturbed run makes, byte for byte."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from corpus_files import line, write
from filter_process import SwapScorer, WordScorer
from pyarrow import parquet
from warc_files import capture, members, warc

from detector.cli import scoring
from detector.cli.app import app
from detector.corpus.compression import COMPRESSIONS
from detector.corpus.writers.parquet import new_parquet

PROCESS = Path(__file__).parent / "filter_process.py"
ROOT = Path(__file__).resolve().parents[2]
MARKS = ("", "", "[spun]", "[suspect]", "", "[short]", "[broken]")


def records(count: int) -> list[dict[str, object]]:
    return [
        {"id": f"r{n}", "text": f"Téxt {n} {MARKS[n % len(MARKS)]} WINGS " + "word " * (n % 50), "n": n}
        for n in range(count)
    ]


def write_input(name: str, rows: list[dict[str, object]]) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    if name.endswith(".parquet"):
        parquet.write_table(pa.Table.from_pylist(rows), name, row_group_size=37)
        return
    if name.endswith(".arrow"):
        table = pa.Table.from_pylist(rows)
        with pa.ipc.new_stream(name, table.schema) as writer:
            writer.write_table(table, max_chunksize=37)
        return
    if ".warc" in name:
        pages = (record for row in rows for record in capture(str(row["text"]), str(row["id"])))
        Path(name).write_bytes(members(warc("warcinfo", b"x"), *pages))
        return
    data = "".join(line(**row) for row in rows)
    if name.endswith(".csv"):
        data = "id,text,n\n" + "".join(f'{row["id"]},"{row["text"]}",{row["n"]}\n' for row in rows)
    packed = next((known for known in COMPRESSIONS if name.endswith(known.suffix)), None)
    with open(name, "wb") as stream:
        if packed:
            with packed.compress(stream) as inner:
                inner.write(data.encode())
        else:
            stream.write(data.encode())


def contents(folder: str) -> dict[str, bytes]:
    """Return every file, hidden ones too; a lock of a run that was killed and the reports with their times are none of the result."""
    found = (
        path
        for path in Path(folder).rglob("*")
        if path.is_file() and path.name != "lock" and not path.name.endswith(("run.json", "run.html"))
    )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# The arguments of each command that can be interrupted, with OUT for its folder, and where it keeps its score logs.
COMMANDS = {
    "filter": ("filter --kept OUT/kept --rejected OUT/rejected --suspect OUT/suspect", "kept"),
    "dolma": ("annotate --to dolma --output OUT", "attributes/unspun"),
    "parquet": ("annotate --to parquet --output OUT/tables", "tables"),
    "repair": ("repair --output OUT/texts", "texts"),
}


def command(out: str, seconds: float, name: str = "filter") -> list[str]:
    arguments = COMMANDS[name][0].replace("OUT", out).split()
    return [sys.executable, str(PROCESS), str(seconds), *arguments, "in", "--errors", f"{out}/errors.jsonl"]


def run_here(out: str, monkeypatch: pytest.MonkeyPatch, name: str = "filter") -> int:
    """Run the command in this process; return how many documents it scored."""
    scorer = SwapScorer() if name == "repair" else WordScorer()
    monkeypatch.setattr(scoring, "load_detector", scorer.open)
    with pytest.raises(SystemExit):
        app(command(out, 0, name)[3:], prog_name="detector")
    return scorer.scored


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *(
            ("filter", name)
            for name in ("a.jsonl.gz", "a.jsonl.zst", "a.parquet", "a.arrow", "a.csv", "a.jsonl.xz", "a.warc.gz")
        ),
        ("dolma", "a.jsonl.gz"),
        ("parquet", "a.parquet"),
        ("repair", "a.jsonl.gz"),
        ("repair", "a.parquet"),
    ],
)
def test_a_run_that_is_killed_again_and_again_makes_the_same_bytes(
    task: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = records(400)
    write_input(f"in/{name}", rows[:300])
    write_input(f"in/b-{name}", rows[300:])
    write("in/c.txt", "A [spun] text")
    run_here("whole", monkeypatch, task)
    random.seed(name)
    kills = 0
    for _ in range(60):
        process = subprocess.Popen(command("killed", 0.004, task), stderr=subprocess.DEVNULL, start_new_session=True)
        log = Path("killed", COMMANDS[task][1], ".unspun/scores", f"{name}.jsonl")
        before = log.stat().st_size if log.exists() else 0
        while process.poll() is None and kills < 10 and (log.stat().st_size if log.exists() else 0) == before:
            time.sleep(0.002)
        if kills < 10:
            time.sleep(random.uniform(0, 0.25))
            kills += process.poll() is None
            process.kill()
        if process.wait() >= 0:
            break
    assert kills >= 3
    assert process.returncode == 2  # for the records that can't be scored
    assert contents("killed") == contents("whole")
    (report,) = Path("killed").rglob("*run.json")
    assert json.loads(report.read_text(encoding="utf-8"))["records"] == 401


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow", "a.csv", "a.warc.gz"])
def test_a_log_that_was_cut_off_anywhere_is_gone_on_with(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_input(f"in/{name}", records(9))
    total = run_here("out", monkeypatch)
    whole = contents("out")
    log = Path(f"out/kept/.unspun/scores/{name}.jsonl")
    data = log.read_bytes()
    line_ends = [at for at, byte in enumerate(data) if byte == 10]
    header, last = line_ends[0], line_ends[-1]  # nothing is written after the last
    cuts = {0, 30, header, header + 1, line_ends[1] - 1, line_ends[3] + 1, line_ends[4] + 9, line_ends[-2] + 1, last}
    for cut in sorted(cuts):
        for tail in (b"\0" * 100, b'{"row":3,"id"'):
            log.write_bytes(data[:cut] + tail)
            Path(f"out/kept/.unspun/done/{name}.json").unlink(missing_ok=True)
            Path(f"out/rejected/{name}").unlink(missing_ok=True)
            if cut <= header:  # then there were no outputs yet
                Path(f"out/kept/{name}").unlink()
                Path(f"out/suspect/{name}").unlink()
            scored = run_here("out", monkeypatch)
            assert scored == total - max(data[:cut].count(b"\n") - 1, 0)
            assert contents("out") == whole


def test_a_run_killed_between_two_outputs_makes_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    write_input("in/a.jsonl.gz", records(30))
    run_here("whole", monkeypatch)
    real = os.replace
    for last in range(1, 7):
        left = iter(range(last))

        def replace(source: Path, target: Path, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            real(source, target)

        shutil.rmtree("out", ignore_errors=True)
        monkeypatch.setattr(os, "replace", replace)
        run_here("out", monkeypatch)
        monkeypatch.setattr(os, "replace", real)
        run_here("out", monkeypatch)
        assert contents("out") == contents("whole")


def test_a_full_disk_is_told_and_gone_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    write_input("in/a.jsonl", records(400))
    run_here("whole", monkeypatch)
    full = subprocess.run(
        command("out", 0),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert full.returncode == 2
    assert "can't be written" in full.stderr
    assert "the same command goes on" in full.stderr
    assert "Traceback" not in full.stderr
    assert not Path("out/kept/a.jsonl").exists()
    assert 0 < run_here("out", monkeypatch) < 400
    assert contents("out") == contents("whole")


def test_a_table_that_is_given_up_on_a_full_disk_says_nothing_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """pyarrow ends a file that is thrown away, and tells on standard error that its stream is closed."""
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    table = pa.table({"text": ["A"]})
    with open("a.parquet", "wb") as stream:
        writer = new_parquet(stream, table.schema)
        writer.write_table(table)
    del writer
    assert not said


def test_two_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    write_input("in/a.jsonl", records(200))
    run_here("whole", monkeypatch)
    first = subprocess.Popen(command("out", 0.02), stderr=subprocess.DEVNULL)
    while not Path("out/kept/.unspun/scores/a.jsonl.jsonl").exists():
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # so that it is there, however long the second takes to start
    second = subprocess.run(command("out", 0), stderr=subprocess.PIPE, text=True, check=False)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2
    assert f"process {first.pid} on" in second.stderr
    assert first.wait() == 2
    assert contents("out") == contents("whole")


def test_ctrl_c_gives_the_lock_back(monkeypatch: pytest.MonkeyPatch) -> None:
    write_input("in/a.jsonl", records(200))
    run_here("whole", monkeypatch)
    process = subprocess.Popen(command("out", 0.02), stderr=subprocess.DEVNULL)
    log = Path("out/kept/.unspun/scores/a.jsonl.jsonl")
    while not (log.exists() and log.read_bytes().count(b"\n") > 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert not list(Path("out").rglob("lock"))
    assert run_here("out", monkeypatch) < 200
    assert contents("out") == contents("whole")


def test_the_real_command_killed_with_its_workers(tmp_path: Path) -> None:
    samples = (ROOT / "samples/corpus.jsonl").read_bytes().splitlines(keepends=True)
    write("in/a.jsonl.gz", gzip.compress(b"".join(samples * 2)))
    detector = [
        sys.executable,
        "-m",
        "detector",
        "filter",
        "in",
        "--wording",
        "light",
        "--grammar",
        "off",
        "--jobs",
        "1",
    ]

    def start(out: str) -> subprocess.Popen[bytes]:
        into = ["--kept", f"{out}/kept", "--rejected", f"{out}/rejected"]
        return subprocess.Popen([*detector, *into], stderr=subprocess.DEVNULL, start_new_session=True)

    assert start("whole").wait() == 0
    killed = start("killed")
    log = Path("killed/kept/.unspun/scores/a.jsonl.gz.jsonl")
    while not log.exists() and killed.poll() is None:
        time.sleep(0.005)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert start("killed").wait() == 0
    assert contents("killed") == contents("whole")
    assert len(contents("whole")["rejected/a.jsonl.gz"]) > 100
