from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from detector.training import commands
from detector.training.data.rehearsal import TOKENS, excerpt
from detector.training.release import Inputs


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, count in (("clean/news", 5), ("negative/learner", 2), ("spun/wild", 4)):
        path = tmp_path / "data" / f"{name}.jsonl.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress("".join(f'{{"id": "{n}"}}\n' for n in range(count)).encode()))
    return tmp_path / "data"


def lines(path: Path) -> int:
    return len(gzip.decompress(path.read_bytes()).splitlines())


def test_an_excerpt_has_some_documents_of_each_source_and_all_else(data: Path, tmp_path: Path) -> None:
    out = excerpt(data, tmp_path / "work" / "excerpt", 3)
    found = {name: lines(out / f"{name}.jsonl.gz") for name in ("clean/news", "negative/learner", "spun/wild")}
    assert found == {"clean/news": 3, "negative/learner": 2, "spun/wild": 4}
    assert not list(out.rglob("*.tmp"))


def test_what_is_there_is_left(data: Path, tmp_path: Path) -> None:
    out = excerpt(data, tmp_path / "excerpt", 3)
    assert excerpt(data, out, 1) == out
    assert lines(out / "clean/news.jsonl.gz") == 3


def test_a_rehearsal_leaves_the_shipped_models_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Inputs] = []
    monkeypatch.setattr(commands, "run", lambda inputs, _: asked.append(inputs) or [])
    given = {name: tmp_path / name for name in ("moby", "bert", "tokenizer", "work")}
    commands.train(data=data, **given, model_version="2", rehearse=2)
    commands.train(data=data, **given, model_version="2")
    rehearsal, real = asked
    assert rehearsal.out.is_relative_to(tmp_path / "work")
    assert (rehearsal.run_tokens, real.run_tokens) == (TOKENS, None)
    assert lines(rehearsal.data / "clean/news.jsonl.gz") == 2
    assert (real.data, real.work, real.out) == (data, tmp_path / "work", Path("models"))
