"""datatrove pipelines, run by its own executors."""

from __future__ import annotations

import copy
import gzip
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from engine_records import LIGHT, FakeDetector, without_errors

from detector.errors import ConfigError

pytest.importorskip("datatrove")
pytestmark = pytest.mark.engine
Fake = type[FakeDetector]


def shards(folder: Path, records: list[dict[str, Any]], count: int) -> list[str]:
    """Write records to files in turn. datatrove's reader passes over records without a text: they are left out."""
    folder.mkdir()
    names = [f"{number:02}.jsonl" for number in range(count)]
    for number, name in enumerate(names):
        part = [one for one in records if one["text"]][number::count]
        (folder / name).write_text("".join(json.dumps(one) + "\n" for one in part), encoding="utf-8")
    return names


PIPELINE = """
import sys
from datatrove.executor import {executor}
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from detector import Options
from detector.adapters.datatrove import SpunFilter

if __name__ == "__main__":
    {before}
    {executor}(
        [
            JsonlReader({source!r}),
            SpunFilter(
                Options(grammar="off", wording="light"),
                exclusion_writer=JsonlWriter(
                    {target!r} + "/rejected", "${{filter_reason}}/${{rank}}.jsonl.gz", expand_metadata=True
                ),
            ),
            JsonlWriter({target!r} + "/kept", "${{rank}}.jsonl.gz", expand_metadata=True),
        ],
        tasks=3,
        workers=2,
        logging_dir={target!r} + "/logs",
    ).run()
"""


def program(folder: Path, executor: str, before: str = "") -> list[str]:
    text = PIPELINE.format(
        executor=executor, before=before or "pass", source=str(folder / "in"), target=str(folder / "out")
    )
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    return [sys.executable, str(folder / "pipeline.py")]


def written(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.rglob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            found += [json.loads(line) for line in stream]
    return sorted(found, key=lambda one: one["n"])


def check(folder: Path, filtered: dict[str, list[Any]]) -> None:
    """Compare the outputs with those of the command. datatrove adds where it read a record."""
    kept, rejected = written(folder / "out/kept"), written(folder / "out/rejected/spun")
    for one in (*kept, *rejected):
        one.pop("file_path")
        one.pop("filter_reason", None)
    for made, wanted in ((kept, filtered["kept"]), (rejected, filtered["rejected"])):
        assert without_errors(made) == [one for one in wanted if one["text"]]


def test_a_pipeline_that_is_killed_and_run_again_gives_the_records_of_the_command(
    records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path
) -> None:
    shards(tmp_path / "in", records, 3)
    command = program(tmp_path, "LocalPipelineExecutor")
    first = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    completions = tmp_path / "out/logs/completions"
    ends = time.monotonic() + 120
    while (
        first.poll() is None and time.monotonic() < ends and not (completions.exists() and any(completions.iterdir()))
    ):
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert any(completions.iterdir())
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    check(tmp_path, filtered)
    stats = json.loads((tmp_path / "out/logs/stats/00002.json").read_text(encoding="utf-8"))
    counts = next(one["stats"] for one in stats if "unspun" in one["name"])
    totals = {name: value if isinstance(value, int) else value["total"] for name, value in counts.items()}
    assert totals["total"] == sum(total for name, total in totals.items() if name.startswith("verdict_"))


def test_the_executor_of_ray(records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path) -> None:
    pytest.importorskip("ray")
    shards(tmp_path / "in", records, 3)
    before = "import ray; ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)"
    subprocess.run(program(tmp_path, "RayPipelineExecutor", before), check=True, capture_output=True, timeout=200)
    check(tmp_path, filtered)


def documents(*texts: Any, **metadata: Any) -> list[Any]:
    from datatrove.data import Document

    return [Document(text=text, id=str(number), metadata=dict(metadata)) for number, text in enumerate(texts)]


def run(step: Any, *texts: Any, **metadata: Any) -> list[Any]:
    return list(step.run(iter(documents(*texts, **metadata))))


def test_every_document_has_its_scores_and_its_reason(fake: Fake) -> None:
    from detector.adapters.datatrove import SpunFilter

    step = SpunFilter(LIGHT, batch_size=2)
    results = step.filter_batch(made := documents("A", "B [spun]", "C [suspect]", "D [short]", "E [broken]", None, 5))
    assert results == [True, (False, "spun"), True, True, (False, "error"), True, (False, "error")]
    assert [one.metadata["unspun"]["verdict"] for one in made] == [
        "clean", "spun", "suspect", "unscored", None, "clean", None,
    ]  # fmt: skip
    assert step.filter(documents("B [spun]")[0]) == (False, "spun")
    strict = SpunFilter(LIGHT, drop=("spun", "suspect", "unscored", "error"))
    assert len(run(strict, "A", "C [suspect]", "D [short]")) == 1
    assert len(run(SpunFilter(LIGHT, drop=()), "A", "B [spun]", "E [broken]")) == 3
    with pytest.raises(ConfigError, match="not 'bad'"):
        SpunFilter(LIGHT, drop=["bad"])


def test_a_document_without_a_text_or_an_id_stops_nothing(fake: Fake) -> None:
    from datatrove.data import Document

    from detector.adapters.datatrove import SpunFilter

    made = [Document(text=None, id=None), Document(text="", id=None), Document(text="A", id=7)]
    assert list(SpunFilter(LIGHT).run(iter(made))) == made


def test_verdicts_are_counted(fake: Fake) -> None:
    from detector.adapters.datatrove import SpunFilter

    step = SpunFilter(LIGHT)
    run(step, "A", "B [spun]", "C [spun]", "E [broken]")
    counts = {name: step.stats[name].total for name in ("total", "verdict_spun", "dropped_spun", "dropped_error")}
    assert counts == {"total": 4, "verdict_spun": 2, "dropped_spun": 2, "dropped_error": 1}


def test_a_field_that_is_there_is_not_overwritten(fake: Fake) -> None:
    from detector.adapters.datatrove import SpunFilter

    with pytest.raises(ConfigError, match="'unspun' in its metadata already"):
        run(SpunFilter(LIGHT), "A", unspun=1)


def test_a_step_is_pickled_without_its_model(fake: Fake) -> None:
    from detector.adapters.datatrove import SpunFilter

    step = SpunFilter(LIGHT)
    run(step, "A")
    assert len(pickle.dumps(step)) < 4000
    assert len(run(pickle.loads(pickle.dumps(step)), "A", "[spun]")) == 1
    assert len(run(copy.deepcopy(step), "A", "[spun]")) == 1
    assert fake.made == 1


def test_parquet_takes_documents_of_which_the_first_is_unscored(fake: Fake, tmp_path: Path) -> None:
    import pyarrow as pa
    from datatrove.pipeline.writers import ParquetWriter
    from pyarrow import parquet

    from detector.adapters.arrow import score_type
    from detector.adapters.datatrove import SpunFilter

    schema = pa.schema([("text", pa.string()), ("id", pa.string()), ("unspun", score_type())])
    writer = ParquetWriter(str(tmp_path), expand_metadata=True, schema=schema)
    made = SpunFilter(LIGHT, drop=()).run(iter(documents("[short]", "B [spun]", "[broken]")))
    for _ in writer.run(made):
        pass
    (path,) = tmp_path.glob("*.parquet")
    assert [row["probability"] for row in parquet.read_table(path)["unspun"].to_pylist()] == [None, 0.99, None]


def test_statistics_by_host(fake: Fake, tmp_path: Path) -> None:
    from datatrove.utils.stats import MetricStatsDict

    from detector.adapters.datatrove import SpunFilter, SpunStats

    stats = SpunStats(str(tmp_path), ["fqdn", "histogram"])
    made = SpunFilter(LIGHT, drop=()).run(
        iter(
            [
                *documents("A", "B [spun]", "[short]", fqdn="one.example"),
                *documents("C", "[broken]", fqdn="two.example"),
            ]
        )
    )
    assert len(list(stats.run(made))) == 5
    by_host = MetricStatsDict.from_dict(json.loads((tmp_path / "fqdn/spun/00000.json").read_text(encoding="utf-8")))
    assert {host: (one.total, one.n) for host, one in by_host.items()} == {"one.example": (1, 2), "two.example": (0, 1)}
    with pytest.raises(ConfigError, match="put SpunFilter"):
        run(stats, "A", fqdn="one.example")
