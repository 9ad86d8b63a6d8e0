"""The benchmark of runs over a corpus: what it makes, and what it says of a number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.training.evaluate import corpus_benchmark
from detector.training.evaluate.corpus_benchmark import Bench
from detector.training.evaluate.processes import Cost


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, (10, 100), 25_000, 1)


def test_corpora_are_the_same_each_time(bench: Bench) -> None:
    first = bench.lines("a.jsonl", 20, lambda at: 60 if at % 10 == 0 else 5).read_bytes()
    assert bench.lines("b.jsonl", 20, lambda at: 60 if at % 10 == 0 else 5).read_bytes() == first
    lengths = [len(json.loads(line)["text"].split()) for line in first.splitlines()]
    assert lengths[0] >= 60
    assert min(lengths[1:10]) < 40


def test_a_number_out_of_bounds_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    peaks = iter([100, 109, 100, 111])
    monkeypatch.setattr(Bench, "filter", lambda *given, **more: (Cost(1.0, 1.0, next(peaks)), bench.scratch))
    assert corpus_benchmark.size(bench)
    assert not corpus_benchmark.size(bench)
    assert "1.110, wanted 0.9 to 1.1: MISSED" in capsys.readouterr().out


@pytest.mark.parametrize(("lost", "kept"), [(None, True), (12_345, False)])
def test_a_gap_in_a_table_is_seen(bench: Bench, lost: int | None, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")

    def split(bench: Bench, corpus: Path, *options: str) -> tuple[Cost, Path]:
        table = parquet.read_table(corpus)
        for name, rest in (("kept", 0), ("rejected", 1)):
            (bench.scratch / name).mkdir()
            chosen = [n % 3 // 2 == rest and n != lost for n in range(len(table))]
            parquet.write_table(table.filter(chosen), bench.scratch / name / corpus.name)
        return Cost(1.0, 1.0, 1), bench.scratch

    monkeypatch.setattr(Bench, "filter", split)
    assert corpus_benchmark.table(bench) is kept


@pytest.mark.parametrize(
    ("two", "said"),
    [
        (Cost(20.0, 10.5, 1), "1.905, wanted at least 1.8: kept"),
        (Cost(19.5, 8.0, 1), "2.500, wanted at least 1.8: kept"),
        (Cost(20.0, 12.0, 1), "1.667, wanted at least 1.8: MISSED"),
        (Cost(15.0, 8.0, 1), "not to be believed"),
    ],
)
def test_two_cores_are_believed_where_the_work_was_the_same(
    bench: Bench, two: Cost, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def take(bench: Bench, corpus: Path, *options: str, cores: int) -> tuple[Cost, Path]:
        return (
            Cost(0.0, 0.0, 1) if corpus.stem == "few" else two if cores == 2 else Cost(20.0, 20.0, 1)
        ), bench.scratch

    monkeypatch.setattr(Bench, "filter", take)
    assert corpus_benchmark.cores(bench) is said.endswith("kept")
    assert said in capsys.readouterr().out
