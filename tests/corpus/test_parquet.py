"""Parquet: kinds of columns, missing values, nested fields, and files that are none."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_files import only, outcomes, problem, write
from pyarrow.parquet import encryption

from detector.corpus.options import ReadOptions
from detector.corpus.reading import read

TEXTS = ["One “text” 😀.", None, "", "Another."]


def written(columns: dict[str, Any], name: str = "a.parquet", **options: Any) -> str:
    pq.write_table(pa.table(columns), name, **options)
    return name


def texts(name: str, options: ReadOptions | None = None) -> Sequence[str | None]:
    return [record.document and record.document.text for record in read([name], options or ReadOptions())]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()], ids=str)
def test_every_kind_of_string_is_a_text(kind: pa.DataType) -> None:
    values = [text.encode() if text is not None and "binary" in str(kind) else text for text in TEXTS]
    written({"text": pa.array(values, kind)})
    assert texts("a.parquet") == ["One “text” 😀.", "", "", "Another."]
    assert next(iter(read(["a.parquet"]))).source == "a.parquet:1"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_a_dictionary_of_strings(kind: pa.DataType) -> None:
    written({"text": pa.array(TEXTS, kind).dictionary_encode()})
    assert texts("a.parquet") == ["One “text” 😀.", "", "", "Another."]


def test_texts_that_are_all_null() -> None:
    written({"text": pa.nulls(2), "id": [1, 2]})
    written({"text": pa.array([float("nan")]), "id": [3]}, "b.parquet")
    assert outcomes("a.parquet", "b.parquet") == ["1", "2", "3"]
    assert only("b.parquet").notes == ("field 'text' is null",)


def test_json_columns_hold_their_texts_in_quotation_marks() -> None:
    storage = pa.array(['"One \\u201ctext\\u201d"', "null", '["a"]', "7"])
    written({"text": pa.ExtensionArray.from_storage(pa.json_(), storage)})
    first, null, many, number = read(["a.parquet"])
    assert first.document is not None
    assert null.document is not None
    assert (first.document.text, null.document.text) == ("One “text”", "")
    assert [str(record.error).split("; ")[0] for record in (many, number)] == [
        "a.parquet, row 3: field 'text' must be a string, it is a list",
        "a.parquet, row 4: field 'text' must be a string, it is a number",
    ]


def test_texts_that_became_dates() -> None:
    written({"text": [datetime.datetime(2020, 1, 2)], "id": ["x"]})
    assert "it is a date" in problem("a.parquet")


def test_strings_that_are_not_utf8() -> None:
    raw = pa.array([b"caf\xe9", "né".encode()])
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    written({"text": text, "id": text})
    first, last = read(["a.parquet"])
    assert first.document is not None
    assert (first.document.text, first.id) == ("caf\ufffd", "caf\ufffd")
    assert first.document.notes == ("1 invalid utf-8 sequence replaced by U+FFFD",)
    assert last.id == "né"


def test_nested_fields_and_names_with_a_dot() -> None:
    written(
        {
            "meta": [{"url": "u", "more": {"body": "x"}}, None],
            "a.b": ["literal", "l"],
            "a": [{"b": "inner"}] * 2,
            "n": [1, 2],
        }
    )
    assert texts("a.parquet", ReadOptions(text_field="a.b")) == ["literal", "l"]
    options = ReadOptions(text_field="meta.more.body", id_field="meta.url")
    first, second = read(["a.parquet"], options)
    assert (first.id, first.document is not None) == ("u", True)
    assert "no field 'meta.more.body'" in str(second.error)


def test_only_the_columns_that_are_needed_unless_all_are_asked_for() -> None:
    written({"id": [1], "text": ["x"], "extra": [{"deep": [1, None]}]})
    assert next(read(["a.parquet"])).fields is None
    (record,) = read(["a.parquet"], ReadOptions(all_fields=True))
    assert record.fields == {"id": 1, "text": "x", "extra": {"deep": [1, None]}}


def test_many_row_groups_keep_order_and_rows() -> None:
    written({"id": list(range(1_000)), "text": ["x"] * 1_000}, row_group_size=7)
    assert [(record.id, record.row) for record in read(["a.parquet"])] == [(str(n), n + 1) for n in range(1_000)]


def test_a_column_that_is_not_there_is_one_error() -> None:
    written({"id": [1, 2], "body": ["x", "y"]})
    assert problem("a.parquet") == "no column 'text' (2 rows; columns: id, body); choose one with --text-field"


def test_two_columns_of_one_name() -> None:
    data = [pa.array(["x"]), pa.array(["y"]), pa.array(["z"])]
    pq.write_table(pa.Table.from_arrays(data, names=["text", "text", "body"]), "a.parquet")
    assert problem("a.parquet") == "2 columns are called 'text'; rename all but one"
    assert texts("a.parquet", ReadOptions(text_field="body")) == ["z"]


def test_empty_tables_are_nothing() -> None:
    written({"text": pa.array([], pa.string())})
    assert outcomes("a.parquet") == []


@pytest.mark.parametrize("cut", [0, 3, 500, -1])
def test_what_is_no_parquet_file_or_cut(cut: int) -> None:
    written({"text": ["x" * 100] * 100})
    with open("a.parquet", "rb") as file:
        write("b.parquet", file.read()[:cut])
    assert problem("b.parquet") == "this is no Parquet file, or it is damaged or cut off"


def test_a_type_that_pyarrow_does_not_have() -> None:
    table = polars.DataFrame({"text": ["A"], "wide": polars.Series([1], dtype=polars.Int128)})
    table.write_parquet("a.parquet")
    table.write_ipc("a.arrow")
    table.write_ipc_stream("b.arrow")
    for name in ("a.parquet", "a.arrow", "b.arrow"):
        assert problem(name).startswith("a column has a type or a compression that pyarrow")


@pytest.mark.parametrize("open_footer", [True, False])
@pytest.mark.parametrize("column", ["id", "text"])
def test_a_table_that_is_encrypted(open_footer: bool, column: str) -> None:
    class Keys(encryption.KmsClient):
        def wrap_key(self, key: bytes, master: str) -> bytes:
            return key

    chosen = encryption.EncryptionConfiguration(
        footer_key="footer", column_keys={"key": [column]}, plaintext_footer=open_footer, double_wrapping=False
    )
    keys = encryption.CryptoFactory(lambda connection: Keys())
    properties = keys.file_encryption_properties(encryption.KmsConnectionConfig(), chosen)
    written({"id": ["1"], "text": ["A"]}, encryption_properties=properties)
    assert problem("a.parquet") == "this file is encrypted; decrypt it first"


def test_without_pyarrow_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    written({"text": ["x"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert problem("a.parquet") == "Parquet needs pyarrow: pip install 'unspun[parquet]'"
