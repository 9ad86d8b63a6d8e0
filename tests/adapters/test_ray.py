"""Ray: a local cluster of two workers, of which one is killed while they work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from engine_records import LIGHT, FakeDetector, filter_by, without_errors, write_settings, write_shards
from pyarrow import parquet

from detector.adapters import TextScorer
from detector.adapters.arrow import score_type
from detector.adapters.ray import Scorer, score
from detector.adapters.ray_actors import RayDetector
from detector.errors import ConfigError, ModelError
from detector.options import Options

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.engine
Fake = type[FakeDetector]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that scores nothing and two workers, each a machine of one CPU to Ray."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield made
    ray.shutdown()
    made.shutdown()


def test_the_command_writes_the_same_bytes_though_a_worker_is_lost(
    cluster: Any, records: list[dict[str, Any]], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shards(tmp_path / "in", records, 12)
    write_settings(tmp_path)
    logs = tmp_path / "ray/kept/.unspun"
    lost = []
    real = RayDetector._replace
    monkeypatch.setattr(RayDetector, "_replace", lambda *given: (lost.append(len(given[1].work)), real(*given)))

    def kill() -> None:
        ends = time.monotonic() + 100
        while not _scored(logs) and time.monotonic() < ends:
            time.sleep(0.02)
        cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)

    thread = threading.Thread(target=kill)
    thread.start()
    made = filter_by("ray", tmp_path, capsys)
    thread.join()
    assert len(lost) == 1, "one actor was lost"
    assert lost[0], "it was at work"
    cluster.add_node(num_cpus=1)
    assert made == filter_by("local", tmp_path, capsys)
    assert len(made) == 12


def _scored(logs: Path) -> bool:
    return any(b'"verdict"' in path.read_bytes() for path in logs.rglob("*") if path.is_file())


def test_a_dataset_has_the_records_of_the_command(
    cluster: Any, records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path
) -> None:
    made = ray.data.from_arrow(
        [pa.Table.from_pylist([one]) for one in records]
    )  # a block of nothing but None comes first
    scored = score(made, LIGHT, actors=2, batch_size=2)
    scored.write_parquet(str(tmp_path / "scored"))
    table = parquet.read_table(tmp_path / "scored").sort_by("n")
    assert table.schema.field("unspun").type == score_type()
    found = table.to_pylist()
    for name, spun in (("kept", False), ("rejected", True)):
        assert without_errors([one for one in found if (one["unspun"]["verdict"] == "spun") is spun]) == filtered[name]


def test_blocks_of_missing_texts(cluster: Any, tmp_path: Path) -> None:
    made = ray.data.from_items([{"text": None}, {"text": float("nan")}, {"text": None}])
    rows = score(made, LIGHT).take_all()
    assert [row["unspun"]["verdict"] for row in rows] == ["unscored"] * 3
    assert score(ray.data.from_arrow(pa.table({"text": pa.array([], pa.string())})), LIGHT).count() == 0


def test_what_is_missing_is_said(fake: Fake) -> None:
    scorer = Scorer(TextScorer(LIGHT))
    assert scorer(pa.table({})).num_rows == 0
    assert scorer(pa.table({"text": ["A"]}))["unspun"][0].as_py()["verdict"] == "clean"
    with pytest.raises(ConfigError, match="no column 'text'"):
        scorer(pa.table({"body": ["A"]}))


def test_an_actor_that_has_another_model_ends_the_run(cluster: Any) -> None:
    from detector.adapters import ray_actors
    from detector.text.document import Document

    with ray_actors.load(Options(grammar="off", wording="light", jobs=1)) as detector:
        make, (spec,) = detector._scorer.__reduce__()
        detector.close()
        detector._scorer = make(spec.replace('"model": "', '"model": "0'))
        detector._actors = [detector._start()]
        with pytest.raises(ModelError, match="where this scorer was made"):
            list(detector.score_documents([Document.from_text("A")]))
