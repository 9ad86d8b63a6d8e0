"""NeMo Curator: stages in a pipeline of its own, on its Ray."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from engine_records import LIGHT, FakeDetector, without_errors
from pyarrow import parquet

from detector.adapters.arrow import score_type
from detector.errors import ConfigError

pytest.importorskip("nemo_curator")
pytestmark = pytest.mark.engine
Fake = type[FakeDetector]


def batch(data: Any) -> Any:
    from nemo_curator.tasks import DocumentBatch

    return DocumentBatch(dataset_name="made", data=data)


def test_a_pipeline_has_the_records_of_the_command(
    records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path
) -> None:
    import ray
    from nemo_curator.backends.ray_data import RayDataExecutor
    from nemo_curator.pipeline import Pipeline
    from nemo_curator.stages.text.io.reader import ParquetReader
    from nemo_curator.stages.text.io.writer import ParquetWriter

    from detector.adapters.curator import SpunStage

    (tmp_path / "in").mkdir()
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("n", pa.int64())])
    for number in range(3):  # the first has nothing but what is unscored
        part = pa.Table.from_pylist(records[number * 4 : number * 4 + 4], schema)
        parquet.write_table(part, tmp_path / f"in/{number}.parquet")
    stages = [
        ParquetReader(str(tmp_path / "in"), files_per_partition=1),
        SpunStage(LIGHT),
        ParquetWriter(str(tmp_path / "out")),
    ]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        Pipeline(name="made", stages=stages).run(RayDataExecutor())
    finally:
        ray.shutdown()
    tables = [parquet.read_table(path) for path in (tmp_path / "out").glob("*.parquet")]
    assert {table.schema.field("unspun").type for table in tables} == {tables[0].schema.field("unspun").type}
    found = sorted((row for table in tables for row in table.to_pylist()), key=lambda row: row["n"])
    for name, spun in (("kept", False), ("rejected", True)):
        assert without_errors([one for one in found if (one["unspun"]["verdict"] == "spun") is spun]) == filtered[name]


@pytest.mark.parametrize("kind", ["table", "frame"])
def test_scores_have_one_type_and_rows_are_dropped_by_them(fake: Fake, tmp_path: Path, kind: str) -> None:
    import pandas as pd
    from nemo_curator.stages.text.io.writer import JsonlWriter, ParquetWriter

    from detector.adapters.curator import DropStage, SpunStage

    texts = ["[short]", None, "[broken]", "B [spun]", "C"]
    data = pa.table({"text": texts}) if kind == "table" else pd.DataFrame({"text": texts}, index=[9, 8, 7, 6, 5])
    made = SpunStage(LIGHT).process(batch(data))
    assert made.to_pyarrow().schema.field("unspun").type == score_type()
    first = SpunStage(LIGHT).process(batch(data[:1]))
    ParquetWriter(str(tmp_path / "a")).process(first)
    (path,) = (tmp_path / "a").iterdir()
    assert parquet.read_schema(path).field("unspun").type.field("probability").type == pa.float64()
    JsonlWriter(str(tmp_path / "b")).process(made)
    (path,) = (tmp_path / "b").iterdir()
    rows = [json.loads(line)["unspun"] for line in path.read_text(encoding="utf-8").split("\n") if line]
    assert [(row["verdict"], row["probability"]) for row in rows] == [
        ("unscored", None), ("clean", 0.03125), (None, None), ("spun", 0.99), ("clean", 0.03125),
    ]  # fmt: skip
    assert rows[3]["findings"][0]["rule"] == "SWAPPED_WORD"
    kept = DropStage().process(made).to_pandas()
    assert [text if isinstance(text, str) else None for text in kept["text"]] == ["[short]", None, "C"]
    assert DropStage(["unscored"]).process(made).num_items == 4


def test_what_makes_no_sense_is_refused(fake: Fake) -> None:
    from detector.adapters.curator import DropStage, SpunStage

    with pytest.raises(ConfigError, match="not 'bad'"):
        DropStage(["bad"])
    with pytest.raises(ConfigError, match="no column 'text'"):
        SpunStage(LIGHT).process(batch(pa.table({"body": ["A"]})))
    with pytest.raises(ConfigError, match="already"):
        SpunStage(LIGHT).process(batch(pa.table({"text": ["A"], "unspun": ["A"]})))


def test_a_stage_is_pickled_without_its_model(fake: Fake) -> None:
    from detector.adapters.curator import SpunStage

    stage = SpunStage(LIGHT)
    stage.setup()
    assert len(pickle.dumps(stage)) < 2000
