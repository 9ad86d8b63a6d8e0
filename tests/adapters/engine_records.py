"""Texts for the adapters, what `detector filter` makes of them, and a fake where the model is not the subject."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parent.parent / "corpus"))

from commands import caller
from filter_process import WordScorer

from detector import Options, model_files
from detector.judge.calibration_file import Calibration, GroupPoint, Groups, write_calibration
from detector.report import ModelInfo

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


def calibration(**groups: float) -> Calibration:
    """Return one made by the light encoder, with a threshold for some groups of the field `id`."""
    manifest = model_files.read_manifest(model_files.locate())
    model = ModelInfo(manifest.version, manifest.sha256)
    points = {name: GroupPoint(400, threshold, 1, 0.0095) for name, threshold in groups.items()}
    by_id = Groups("id", 100.0, points) if groups else None
    return Calibration("0.2.0", model, "light", "off", {"none": 500}, 0.01, 500, 0, 0, 0.97, 1, 0.0095, by_id)


def write_settings(folder: Path) -> None:
    """Choose a calibration by source for all files, and for some of them another one, a threshold, and nothing."""
    for name, made in (("all", calibration(**{"review-002": 0.99999})), ("b", calibration(**{"spun-1": 0.999999}))):
        with (folder / f"{name}.json").open("w", encoding="utf-8") as stream:
            write_calibration(made, stream)
    (folder / "in/detector.toml").write_text(
        'calibration = "../all.json"\n[[overrides]]\nfiles = ["b.parquet"]\ncalibration = "../b.json"\n'
        '[[overrides]]\nfiles = ["c.jsonl"]\nthreshold = 0.01\n[[overrides]]\nfiles = ["d.jsonl"]\noff = true\n',
        encoding="utf-8",
    )
    samples = SAMPLES.read_bytes()
    for name in ("c.jsonl", "d.jsonl"):
        (folder / "in" / name).write_bytes(samples)


def outputs(folder: Path) -> dict[str, bytes]:
    """Return what is written, and the score logs, by which a run goes on."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and (".unspun" not in path.parts or "scores" in path.parts) and path.stem != "run"
    }


def filter_by(engine: str, tmp_path: Path, capsys: Any) -> dict[str, bytes]:
    target = tmp_path / engine
    options = ["--grammar", "off", "--wording", "light", "--annotate-kept", "--jobs", "2"]
    folders = ["--kept", str(target / "kept"), "--rejected", str(target / "rejected")]
    ended = caller(capsys)("filter", "--engine", engine, *options, *folders, str(tmp_path / "in"))
    assert ended.code == 0, ended.err
    assert json.loads((target / "run.json").read_text(encoding="utf-8"))["stages"]["light"] > 0
    return outputs(target)
