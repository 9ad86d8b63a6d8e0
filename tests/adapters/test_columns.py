"""Scores in Arrow tables: one type whatever comes in, and texts of whatever type they are."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pyarrow as pa
import pytest
from engine_records import LIGHT, FakeDetector

from detector.adapters import TextScorer
from detector.adapters.arrow import add_scores, score_type, texts, values
from detector.errors import ConfigError

Fake = type[FakeDetector]
TEXTS = ["A", None, "B [spun]"]


def column(*made: Any, kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"n": range(len(made)), "text": pa.array(made, kind)})


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.int32(), pa.large_string()), pa.binary(), pa.large_binary(),
    ],
    ids=str,
)  # fmt: skip
def test_a_text_may_be_of_any_type_of_string(fake: Fake, kind: pa.DataType) -> None:
    made = add_scores(column(*TEXTS, kind=kind), TextScorer(LIGHT), "text")
    assert made["unspun"].type == score_type()
    assert [row["verdict"] for row in made["unspun"].to_pylist()] == ["clean", "clean", "spun"]
    assert made.column_names == ["n", "text", "unspun"]
    assert made["text"].type == kind


def test_json_is_a_text_where_it_spells_one(fake: Fake) -> None:
    storage = pa.array([json.dumps("A [spun]"), "[1]", None], pa.string())
    made = pa.table({"text": pa.ExtensionArray.from_storage(pa.json_(), storage)})
    rows = add_scores(made, TextScorer(LIGHT), "text")["unspun"].to_pylist()
    assert [row["verdict"] for row in rows] == ["spun", None, "clean"]
    assert rows[1]["error"] == "the text must be a string, it is a list"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.int64(), 1),
        (pa.timestamp("us"), datetime.datetime(2026, 1, 1)),
        (pa.timestamp("ns"), 1_767_225_600_000_000_001),
        (pa.list_(pa.string()), ["A"]),
    ],
    ids=str,
)
def test_a_column_of_something_else_is_an_error_of_each_row(fake: Fake, kind: pa.DataType, value: Any) -> None:
    rows = add_scores(column(value, None, kind=kind), TextScorer(LIGHT), "text")["unspun"].to_pylist()
    assert [row["verdict"] for row in rows] == [None, "clean"]
    assert "must be a string" in rows[0]["error"]


@pytest.mark.parametrize("kind", [pa.null(), pa.float32(), pa.string()], ids=str)
def test_a_block_of_missing_texts_has_the_type_of_every_block(fake: Fake, kind: pa.DataType) -> None:
    missing = float("nan") if kind == pa.float32() else None
    made = add_scores(column(missing, missing, kind=kind), TextScorer(LIGHT), "text")
    assert made["unspun"].type == score_type()


def test_an_empty_block_has_the_type_of_every_block(fake: Fake) -> None:
    batch = pa.RecordBatch.from_pylist([], pa.schema([("text", pa.string())]))
    made = add_scores(batch, TextScorer(LIGHT), "text")
    assert (made.num_rows, made.schema.field("unspun").type, fake.made) == (0, score_type(), 0)


def test_strings_that_are_no_utf8_are_read_as_bytes() -> None:
    broken = pa.array([b"a\xff", b"b"]).view(pa.string())
    assert values(broken) == [b"a\xff", b"b"]
    assert values(pa.DictionaryArray.from_arrays([0, 1], broken)) == [b"a\xff", b"b"]


def test_a_field_of_a_struct() -> None:
    block = pa.table({"meta": [{"text": "A", "deep": {"text": "B"}}, None], "meta.x": ["C", None]})
    assert texts(block, "meta.text") == ["A", None]
    assert texts(block, "meta.deep.text") == ["B", None]
    assert texts(block, "meta.x") == ["C", None]


@pytest.mark.parametrize(
    ("block", "field", "said"),
    [
        (pa.table({"body": ["A"]}), "text", "no column 'text'"),
        (pa.table({"meta": [{"a": 1}]}), "meta.text", "no column 'meta"),
        (pa.table([pa.array(["A"]), pa.array(["B"])], names=["text", "text"]), "text", "2 columns are called 'text'"),
        (pa.table({"text": ["A"], "unspun": [1]}), "text", "there is a column 'unspun' already"),
    ],
)
def test_a_column_that_is_not_there_is_an_error_of_all(block: pa.Table, field: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        add_scores(block, TextScorer(LIGHT), field)
