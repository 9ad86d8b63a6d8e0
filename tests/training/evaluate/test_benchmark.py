"""The benchmark of all systems: what it measures, and what it prints of stand-ins."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.text.document import Document
from detector.training.data.records import Record
from detector.training.evaluate import benchmark, one_system
from detector.training.evaluate.benchmark import OLD, SYSTEMS, Measured

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_texts_of_one_length_follow_one_another() -> None:
    articles = [Document.from_text(" ".join(f"word{n}x{at}" for at in range(50))) for n in range(4)]
    texts = benchmark.cut(articles, 60, 5)
    assert [len(text.split()) for text in texts] == [60, 60, 60]
    assert " ".join(texts).split()[:70] == [f"word{n // 50}x{n % 50}" for n in range(70)]


def test_corpora_have_the_share_that_is_spun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    prose = "It was the first of the days on which they had to go to the town and to see what was there for them. " * 3
    honest = [Record(f"h{n}", "bbc", "news", "g", f"{prose}{n}", spun=False) for n in range(40)]
    spun = [Record("w", "wild", "wild spun", "g", f"{prose}spun", spun=True)]

    def documents(records: list[Record], register: str | None, share: float) -> list[Document]:
        assert (register, share) in {("news", 0.0), (None, 0.2)}
        return [Document.from_text(record.text, id=record.id) for record in records if not record.spun]

    monkeypatch.setattr(benchmark, "mix", documents)
    monkeypatch.setattr(benchmark, "evaluation_records", lambda *_: [*honest, *spun])
    sizes = benchmark.write_corpora(tmp_path, tmp_path, collections=["mix"], spun=[20], lengths=[100], words=500)
    assert list(sizes) == ["mix-20", "length-100"]
    assert 500 <= sizes["mix-20"] < 600
    assert sizes["length-100"] == 500
    warm = [json.loads(line)["text"] for line in (tmp_path / benchmark.WARM).read_text("utf-8").splitlines()]
    assert warm[:2] == [honest[0].text, spun[0].text]


def test_long_documents_are_cut_at_their_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def written(data: Path, length: int) -> Iterator[Document]:
        assert data == tmp_path
        assert length == benchmark.LONG
        yield from (Document.from_text(f"{name} " * 4_000, format="plain") for name in ("one", "other", "third"))

    monkeypatch.setattr(benchmark, "evaluation_records", lambda *_: [])
    monkeypatch.setattr(benchmark, "mix", lambda *_: [Document.from_text("Some words. " * 400)])
    monkeypatch.setattr(benchmark, "collect", lambda items, words: list(items))
    monkeypatch.setattr(benchmark, "written_long", written)
    sizes = benchmark.write_corpora(tmp_path, tmp_path, collections=[], spun=[], lengths=[3000], words=6_000)
    assert sizes == {"length-3000": 0, "long-3000": 6_000}
    texts = [json.loads(line)["text"] for line in (tmp_path / "long-3000").read_text("utf-8").splitlines()]
    assert [text.split()[0] for text in texts] == ["one", "other"]


@linux
@pytest.mark.parametrize("name", ["tokenizer", "stage:gates", "stage:typography"])
def test_a_system_runs_in_a_process_of_its_own(tmp_path: Path, name: str) -> None:
    for file in (benchmark.WARM, "news-0"):
        (tmp_path / file).write_text(json.dumps({"text": "Some words of no importance. " * 40}) + "\n", "utf-8")
    measured = Measured()
    benchmark.measure(Path(sys.executable), name, tmp_path, {"news-0": 200}, measured)
    assert measured.speed("news-0")
    assert 0 < measured.ready[0] < 60
    assert measured.memory[0] > 10_000_000


@linux
def test_time_of_processes_that_a_system_starts_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in lets another process work, which lives on, and is much quicker with its second file."""
    burn = "import sys, time\nfor line in sys.stdin:\n start = time.process_time()\n"
    burn += " while time.process_time() - start < float(line): pass\n print(flush=True)"
    system = (
        "import json, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {burn!r}], stdin=-1, stdout=-1, text=True, bufsize=1)\n"
        "print('a word of a package', 7, sep='\\n')\n"
        "for event, of, seconds in (('ready', 's', .1), ('file', 'slow', .4), ('file', 'quick', .1)):\n"
        "    child.stdin.write(f'{seconds}\\n')\n"
        "    child.stdout.readline()\n"
        "    print(json.dumps({'event': event, 'of': of}), flush=True)\n"
        "    sys.stdin.readline()\n"
        "child.kill()\n"
    )
    (tmp_path / "system.py").write_text(system, "utf-8")
    monkeypatch.setattr(benchmark, "_ONE_SYSTEM", tmp_path / "system.py")
    measured = Measured()
    benchmark.measure(Path(sys.executable), "s", tmp_path, {"slow": 100, "quick": 100}, measured)
    assert measured.ready[0] > 0.1
    assert measured.speed("slow") == pytest.approx(250, rel=0.2)
    assert measured.speed("quick") == pytest.approx(1000, rel=0.3)


@linux
def test_a_system_that_fails_ends_the_run_with_its_message(tmp_path: Path) -> None:
    (tmp_path / benchmark.WARM).write_text("no JSON\n", "utf-8")
    with pytest.raises(SystemExit, match=r"tokenizer: exit code 1\n(?s:.*)JSONDecodeError"):
        benchmark.measure(Path(sys.executable), "tokenizer", tmp_path, {}, Measured())


@linux
def test_what_is_not_installed_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "datatrove.data", None)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.argv", ["one_system", "datatrove:C4QualityFilter", "warm"])
    one_system.main()
    missing = {"event": "missing", "of": "pip install 'datatrove[processing]' spacy"}
    assert json.loads(capsys.readouterr().out) == missing


def test_tables_have_ratios_to_the_first_that_was_measured() -> None:
    measured = {
        OLD: Measured(missing="--old names its commit, or its detector"),
        "full": Measured({"news-0": [900.0, 1100.0, 1000.0], "length-300": [500.0]}, [2.0], [3.0], [10_000_000]),
        "scan": Measured({"news-0": [20_000.0], "length-300": [5_000.0]}, [1.0], [1.5], [5_000_000]),
        "tokenizer alone": Measured({"news-0": [300_000.0]}, [0.5], [0.5], [1_000_000]),
    }
    lines = list(benchmark.tables(measured, {"news-0": 1000, "length-300": 900}, ["news"]))
    assert lines[0] == "news: words per CPU second, and as a ratio to full"
    assert [line.split() for line in lines[2:5]] == [
        ["full", "1,000", "1.00x"],
        ["scan", "20,000", "20.00x"],
        ["tokenizer", "alone", "300,000", "300.00x"],
    ]
    assert "  scan                             5,000   10.00x" in lines
    assert not any("tokenizer" in line for line in lines[6:10])
    assert lines[-1] == f"not measured: {OLD} (--old names its commit, or its detector)"


def test_one_share_is_enough_where_spun_documents_change_nothing() -> None:
    files = ["news-0", "news-2", "length-300", "long-3000"]
    wanted = {
        name: [benchmark._is_for(file, system, by_share=share) for file in files]
        for name, (system, share) in SYSTEMS.items()
    }
    assert wanted["full"] == wanted[OLD] == [True, True, True, True]
    assert wanted["stage: light encoder"] == wanted["tokenizer alone"] == [True, False, False, False]
