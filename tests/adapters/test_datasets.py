"""Hugging Face datasets: the real ones, with two processes and their cache."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from engine_records import LIGHT, FakeDetector, without_errors

from detector.adapters import TextScorer, scoring
from detector.adapters.datasets import Scorer, score, split
from detector.errors import ConfigError

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.engine
Fake = type[FakeDetector]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


def from_file(folder: Path, records: list[dict[str, Any]]) -> Any:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(folder / "cache"))


def test_two_processes_give_the_records_of_the_command(
    records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path
) -> None:
    scored = score(from_file(tmp_path, records), LIGHT, num_proc=2, batch_size=3)
    parts = split(scored)
    assert without_errors(list(parts["kept"])) == filtered["kept"]
    assert without_errors(list(parts["rejected"])) == filtered["rejected"]
    assert len(parts["error"]) == 0


def test_what_comes_first_does_not_decide_about_the_types(fake: Fake) -> None:
    made = datasets.Dataset.from_dict({"text": ["[short]"] * 1100 + ["A [spun]", "[broken]", None]})
    scored = score(made, LIGHT)
    assert scored.features == score(made.select([1100]), LIGHT).features
    assert [row["probability"] for row in scored["unspun"][1099:]] == [None, 0.99, None, 0.03125]
    assert [len(part) for part in split(scored, reject_unscored=True).values()] == [1, 1101, 1]
    assert list(split(scored, suspect=True)) == ["kept", "rejected", "suspect", "error"]


def test_texts_that_are_no_texts_are_errors_of_their_rows(fake: Fake) -> None:
    made = datasets.Dataset.from_list([{"text": "A"}, {"text": None}])
    assert [row["verdict"] for row in score(made, LIGHT)["unspun"]] == ["clean", "clean"]
    mixed = datasets.Dataset.from_list([{"text": "A"}, {"text": 5}], on_mixed_types="use_json")
    assert [row["verdict"] for row in score(mixed, LIGHT)["unspun"]] == ["clean", None]
    missing = datasets.Dataset.from_dict({"text": [None, None]})
    assert [row["verdict"] for row in score(missing, LIGHT)["unspun"]] == ["clean", "clean"]


@pytest.mark.parametrize("kind", [None, "numpy", "pandas", "arrow"])
def test_a_format_of_the_dataset_is_no_matter(fake: Fake, kind: str | None) -> None:
    made = datasets.Dataset.from_dict({"text": ["A [spun]", None], "n": [1, 2]}).with_format(kind)
    assert [row["verdict"] for row in score(made, LIGHT)["unspun"]] == ["spun", "clean"]
    scorer = Scorer(TextScorer(LIGHT))
    mapped = made.map(scorer, batched=True, features=scorer.features(made.features)).with_format(None)
    assert [row["verdict"] for row in mapped["unspun"]] == ["spun", "clean"]


def test_a_nested_field(fake: Fake) -> None:
    made = datasets.Dataset.from_list([{"meta": {"text": "A [spun]"}}, {"meta": {"text": None}}])
    assert [row["verdict"] for row in score(made, LIGHT, text_field="meta.text")["unspun"]] == ["spun", "clean"]


def test_streams_and_dictionaries_of_datasets(fake: Fake) -> None:
    made = datasets.Dataset.from_dict({"text": ["A [spun]", "B"]})
    rows = list(score(made.to_iterable_dataset(), LIGHT))
    assert [row["unspun"]["verdict"] for row in rows] == ["spun", "clean"]
    both = score(datasets.DatasetDict({"train": made, "test": made}), LIGHT)
    assert isinstance(both, datasets.DatasetDict)
    assert both["test"]["unspun"][0]["verdict"] == "spun"


def test_the_cache_knows_another_model(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = from_file(tmp_path, [{"text": "A [spun]"}])

    def made_anew() -> bool:
        before = fake.made
        monkeypatch.setattr(scoring, "_loaded", {})
        score(made, LIGHT)
        return fake.made > before

    assert made_anew()
    assert not made_anew()
    monkeypatch.setattr(scoring, "__version__", "0.9")
    assert made_anew()
    assert not made_anew()


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = (
        "from datasets.fingerprint import Hasher\nfrom detector import Options\nfrom detector.adapters import TextScorer\n"
        "from detector.adapters.datasets import Scorer\n"
        "print(Hasher.hash(Scorer(TextScorer(Options(wording='light', grammar='off')))))"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    scorer = TextScorer(LIGHT)
    found.add(f"{datasets.fingerprint.Hasher.hash(Scorer(scorer))}\n")
    assert len(found) == 1


def test_a_column_that_is_not_there_or_there_already(fake: Fake) -> None:
    made = datasets.Dataset.from_dict({"body": ["A"], "unspun": ["x"]})
    with pytest.raises(ConfigError, match="'unspun' already"):
        score(made, LIGHT, text_field="body")
    with pytest.raises(ConfigError, match="no column 'text'"):
        score(made, LIGHT, field="x")
