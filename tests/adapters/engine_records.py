"""Texts for the adapters, what `detector filter` makes of them, and a fake where the model is not the subject."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parent.parent / "corpus"))

from commands import caller
from filter_process import WordScorer

from detector import Options

LIGHT = Options(grammar="off", wording="light")
DOCUMENTS = Path(__file__).parents[1] / "cases/documents"
SAMPLES = Path(__file__).parents[2] / "samples/corpus.jsonl"


class FakeDetector(WordScorer):
    """Finds the word in brackets; counts how often it was made."""

    made = 0
    instances: ClassVar[list[FakeDetector]] = []

    def __init__(self, options: Options, *, isolated: bool, threads: int) -> None:
        super().__init__()
        type(self).made += 1
        self.instances.append(self)

    @property
    def stage_seconds(self) -> dict[str, float]:
        """A second for each document that was scored since it was opened."""
        return {"light": float(self.scored)} if self.scored else {}

    def close(self) -> None: ...


def make_records() -> list[dict[str, Any]]:
    samples = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    spun = (DOCUMENTS / "spun.txt").read_text(encoding="utf-8")
    empty = [{"id": None, "text": None}, {"id": "short", "text": "Far too short."}, {"id": "é", "text": ""}]
    made = [*empty, *samples, {"id": "spun-1", "text": spun}]
    return [{"id": one["id"], "text": one["text"], "n": number} for number, one in enumerate(made)]


def filter_records(records: list[dict[str, Any]], folder: Path, capsys: Any) -> dict[str, list[dict[str, Any]]]:
    source = folder / "records.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    kept, rejected = folder / "filter/kept", folder / "filter/rejected"
    options = ["--grammar", "off", "--wording", "light", "--annotate-kept", "--no-config"]
    ended = caller(capsys)("filter", *options, "--kept", str(kept), "--rejected", str(rejected), str(source))
    assert ended.code == 0, ended.err
    return {
        one.name: [json.loads(line) for line in (one / source.name).read_text(encoding="utf-8").splitlines()]
        for one in (kept, rejected)
    }


def without_errors(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records as `filter` writes them, which has a file for errors; there must be none."""
    made = []
    for record in records:
        note = dict(record["unspun"])
        assert note.pop("error") is None
        made.append({**record, "unspun": note})
    return made


def write_shards(folder: Path, records: list[dict[str, Any]], times: int = 1) -> list[dict[str, Any]]:
    made = [{**one, "n": number} for number, one in enumerate(records * times)]
    folder.mkdir()
    with (folder / "a.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(one) + "\n" for one in made)
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(made), folder / "b.parquet", row_group_size=4)
    return made


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".unspun" not in path.parts and path.name not in ("run.json", "run.html")
    }


def filter_by(engine: str, tmp_path: Path, capsys: Any) -> dict[str, bytes]:
    target = tmp_path / engine
    options = ["--grammar", "off", "--wording", "light", "--no-config", "--annotate-kept", "--jobs", "2"]
    folders = ["--kept", str(target / "kept"), "--rejected", str(target / "rejected")]
    ended = caller(capsys)("filter", "--engine", engine, *options, *folders, str(tmp_path / "in"))
    assert ended.code == 0, ended.err
    assert json.loads((target / "run.json").read_text(encoding="utf-8"))["stages"]["light"] > 0
    return outputs(target)
