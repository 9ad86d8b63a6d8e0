"""DuckDB: the function in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_records import LIGHT, FakeDetector, without_errors

from detector.adapters.arrow import score_type
from detector.adapters.duckdb import register

duckdb = pytest.importorskip("duckdb")
pytestmark = pytest.mark.engine
Fake = type[FakeDetector]
TEXTS = "(values (1, 'A'), (2, 'B [spun]'), (3, NULL), (4, 'D [broken]'), (5, 'E [short]')) as t(n, text)"


@pytest.fixture
def connection() -> Iterator[Any]:
    with duckdb.connect() as opened:
        yield opened


def test_a_query_has_the_records_of_the_command(
    connection: Any, records: list[dict[str, Any]], filtered: dict[str, list[Any]], tmp_path: Path
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    scorer = register(connection, LIGHT)
    connection.sql(f"copy (select *, unspun(text) as unspun from '{path}' order by n) to '{tmp_path}/scored.parquet'")
    scorer.close()
    for name, condition in (("kept", "is distinct from"), ("rejected", "=")):
        query = f"from '{tmp_path}/scored.parquet' where unspun.verdict {condition} 'spun' order by n"
        assert without_errors(connection.sql(query).to_arrow_table().to_pylist()) == filtered[name]


def test_every_row_has_its_struct(connection: Any, fake: Fake) -> None:
    register(connection, LIGHT)
    table = connection.sql(f"select unspun(text) as unspun from {TEXTS} order by n").to_arrow_table()
    assert table.schema.field("unspun").type == score_type()
    assert [row["verdict"] for row in table["unspun"].to_pylist()] == ["clean", "spun", "clean", None, "unscored"]
    found = connection.sql(f"select n from {TEXTS} where unspun(text).error is not null").fetchall()
    assert found == [(4,)]


@pytest.mark.parametrize(
    "query",
    [
        "select *, unspun(text) as unspun from t",
        "from (select *, unspun(text) as unspun from t) where unspun.verdict = 'spun' and unspun.probability > 0.5",
        "with s as (select *, unspun(text) as unspun from t) from s where unspun.verdict is distinct from 'spun'",
    ],
)
def test_a_text_is_scored_once(connection: Any, fake: Fake, query: str) -> None:
    scorer = register(connection, LIGHT)
    connection.sql("create table t as select 'Text ' || n || ' [spun]' as text from range(3000) as r(n)")
    connection.sql(query).fetchall()
    scorer.score([])
    (used,) = fake.instances
    assert used.scored == 3000


def test_no_rows_and_another_name(connection: Any, fake: Fake) -> None:
    register(connection, LIGHT, name="is_it")
    assert connection.sql(f"select is_it(text) from {TEXTS} where n > 9").fetchall() == []
    assert fake.made == 0
    assert connection.sql("select is_it(NULL).verdict").fetchall() == [("clean",)]


def test_json_and_dates_are_what_their_casts_say(connection: Any, fake: Fake) -> None:
    """DuckDB casts what is no text, so that the function only sees strings."""
    register(connection, LIGHT)
    assert connection.sql("""select unspun(('"B [spun]"'::json)->>'$').verdict""").fetchall() == [("spun",)]
    with pytest.raises(duckdb.BinderException, match="explicit type casts"):
        connection.sql("select unspun(5)").fetchall()
