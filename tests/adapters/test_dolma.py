"""Dolma: its own `tag` and `mix`."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import caller

pytest.importorskip("dolma")
pytestmark = pytest.mark.engine


def corpus(folder: Path, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write records that Dolma reads: with strings for ids, and with texts."""
    made = [{"id": str(one["id"]), "text": one["text"] or "", "source": "made"} for one in records]
    documents = folder / "documents"
    documents.mkdir(parents=True)
    with gzip.open(documents / "a.json.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(one) + "\n" for one in made)
    (documents / "b.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made), encoding="utf-8")
    (documents / "b.jsonl").rename(folder / "b.jsonl")  # for our command, which goes by the suffix
    return made


def dolma(*arguments: str) -> None:
    command = [str(Path(sys.executable).parent / "dolma"), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def test_tag_and_mix(
    records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path, capsys: Any
) -> None:
    made = corpus(tmp_path / "corpus", records)
    dolma(
        "tag", "--documents", f"{tmp_path}/corpus/documents/*", "--experiment", "exp",
        "--tagger_modules", "detector.adapters.dolma", "--taggers", "unspun_light", "--processes", "2",
    )  # fmt: skip
    tagged = read(tmp_path / "corpus/attributes/exp/a.json.gz")
    assert [one["id"] for one in tagged] == [one["id"] for one in made]

    options = ["--grammar", "off", "--wording", "light", "--no-config", "--to", "dolma", "--output", f"{tmp_path}/ours"]
    assert caller(capsys)("annotate", *options, f"{tmp_path}/corpus/b.jsonl").code == 0
    (ours,) = (tmp_path / "ours").rglob("b.jsonl")
    for line, one in zip(ours.read_text(encoding="utf-8").splitlines(), tagged, strict=True):
        wanted = {name.rpartition("__")[2]: spans for name, spans in json.loads(line)["attributes"].items()}
        found = {name.rpartition("__")[2]: spans for name, spans in one["attributes"].items()}
        assert found == wanted

    settings = {
        "streams": [
            {
                "name": "kept",
                "documents": [f"{tmp_path}/corpus/documents/*.gz"],
                "output": {"path": f"{tmp_path}/mixed", "max_size_in_bytes": 10**9},
                "attributes": ["exp"],
                "filter": {"include": [], "exclude": ["$.attributes[?(@.exp__unspun_light__spun[0])]"]},
            }
        ],
        "processes": 1,
    }
    (tmp_path / "mix.json").write_text(json.dumps(settings), encoding="utf-8")
    dolma("-c", f"{tmp_path}/mix.json", "mix")
    (mixed,) = (tmp_path / "mixed").rglob("*.gz")
    assert [one["id"] for one in read(mixed)] == [str(one["id"]) for one in filtered["kept"]]
