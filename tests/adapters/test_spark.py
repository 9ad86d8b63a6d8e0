"""Spark: a local session with two Python workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_records import LIGHT, filter_by, without_errors, write_settings, write_shards

from detector.adapters import TextScorer
from detector.adapters.spark import Scorer, score
from detector.adapters.spark_tasks import SparkDetector, load
from detector.errors import ConfigError, DetectorError, ModelError
from detector.options import Options
from detector.text.document import Document

pytest.importorskip("pyspark")
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.warehouse.dir", str(folder))
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def test_a_frame_has_the_records_of_the_command(
    spark: Any, records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path
) -> None:
    frame = spark.createDataFrame(records, "id string, text string, n long").repartition(4)
    score(frame, LIGHT).write.parquet(str(tmp_path / "scored"))  # four parts, some of them empty or all unscored
    scored = spark.read.parquet(str(tmp_path / "scored")).orderBy("n").cache()
    for name, condition in (("kept", "unspun.verdict <> 'spun'"), ("rejected", "unspun.verdict = 'spun'")):
        found = [row.asDict(recursive=True) for row in scored.where(condition).collect()]
        assert without_errors(found) == filtered[name]
    assert scored.where("unspun.error is not null").count() == 0


def test_the_command_writes_the_same_bytes(
    spark: Any, records: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_shards(tmp_path / "in", records, 8)
    write_settings(tmp_path)
    made = filter_by("spark", tmp_path, capsys)
    assert made == filter_by("local", tmp_path, capsys)
    assert len(made) == 12


def test_documents_come_back_in_order_and_some_are_read_ahead(spark: Any) -> None:
    taken = 0

    def documents() -> Iterator[Document]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield Document.from_text("Short.", id=str(number), format="plain")

    detector = SparkDetector(spark, Options(grammar="off", wording="light", jobs=2))
    outcomes = detector.score_documents(documents())
    assert [next(outcomes).id for _ in range(40)] == [str(number) for number in range(40)]
    assert taken < 200
    outcomes.close()  # type: ignore[attr-defined]
    assert [one.id for one in detector.score_documents([])] == []


def test_a_worker_that_has_another_model_ends_the_run(spark: Any) -> None:
    detector = SparkDetector(spark, LIGHT)
    make, (spec,) = detector._answer._scorer.__reduce__()
    detector._answer._scorer = make(spec.replace('"model": "', '"model": "0'))
    with pytest.raises(ModelError, match="where this scorer was made"):
        list(detector.score_documents([Document.from_text("A")]))


def test_a_task_that_fails_ends_the_run_with_what_to_do(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with load(LIGHT) as detector:
        monkeypatch.setattr(detector._answer, "_scorer", None)
        with pytest.raises(DetectorError, match=r"Spark gave up on a batch.*goes on where it was"):
            list(detector.score_documents([Document.from_text("A")]))
    assert spark.range(3).count() == 3, "a session that was there is not stopped"


def test_columns_keep_their_places_and_types(spark: Any) -> None:
    frame = spark.createDataFrame(
        [(1, {"a": 1.5}, None, b"x", [1, None]), (2, None, "é", None, None)],
        "n int, m map<string,float>, text string, b binary, l array<short>",
    )
    scored = score(frame, LIGHT)
    assert scored.schema.fields[:5] == frame.schema.fields
    assert scored.schema.names == [*frame.schema.names, "unspun"]
    assert scored.select("unspun.probability").schema[0].dataType.simpleString() == "double"
    rows = scored.orderBy("n").collect()
    assert [row.asDict(recursive=True) | {"unspun": None} for row in rows] == [
        row.asDict(recursive=True) | {"unspun": None} for row in frame.orderBy("n").collect()
    ]
    assert [row.unspun.verdict for row in rows] == ["unscored", "unscored"]


def test_partitions_and_frames_without_rows(spark: Any) -> None:
    empty = spark.createDataFrame([], "text string")
    assert score(empty, LIGHT).count() == 0
    few = spark.createDataFrame([("Short.",)], "text string").repartition(5)
    assert [row.unspun.verdict for row in score(few, LIGHT).collect()] == ["unscored"]


def test_what_is_no_text_is_an_error_of_its_row(spark: Any) -> None:
    frame = spark.sql("select timestamp'2026-01-01 00:00:00' as text union all select null")
    rows = sorted((row.unspun for row in score(frame, LIGHT).collect()), key=lambda row: row.error is None)
    assert [row.verdict for row in rows] == [None, "unscored"]
    assert rows[0].error == "the text must be a string, it is a date"


def test_a_field_of_a_struct(spark: Any) -> None:
    frame = spark.sql("select named_struct('text', 'Far too short.', 'n', 1) as meta")
    (row,) = score(frame, LIGHT, text_field="meta.text").collect()
    assert row.unspun.reason == "under 40 words of prose"
    assert row.meta.n == 1


@pytest.mark.parametrize("setting", ["true", "false"])
def test_large_strings(spark: Any, setting: str) -> None:
    spark.conf.set("spark.sql.execution.arrow.useLargeVarTypes", setting)
    try:
        (row,) = score(spark.sql("select 'Far too short.' as text"), LIGHT).collect()
    finally:
        spark.conf.unset("spark.sql.execution.arrow.useLargeVarTypes")
    assert row.unspun.verdict == "unscored"


def test_a_column_that_is_not_there_or_there_already(spark: Any) -> None:
    frame = spark.sql("select 'A' as body, 1 as unspun")
    with pytest.raises(ConfigError, match="'unspun' already"):
        score(frame, LIGHT, text_field="body")
    with pytest.raises(ConfigError, match="no column 'text'"):
        score(frame, LIGHT, field="x")


def test_what_is_sent_to_workers_is_small() -> None:
    from pyspark import cloudpickle

    data = cloudpickle.dumps(Scorer(TextScorer(LIGHT)))
    assert len(data) < 1000
    assert b'"wording": "light"' in data
