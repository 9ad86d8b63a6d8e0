"""A nested table with nulls and all kinds of text goes through `detector filter` in every container, and comes out
unchanged, as readers that are not ours see it: pyarrow, polars and DuckDB."""

from __future__ import annotations

import csv
import datetime
import decimal
import io
import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pytest
from corpus_files import write
from filtering import Filter
from pyarrow import parquet

from detector.corpus.compression import COMPRESSIONS
from detector.corpus.input import Input

ROWS = 60
TEXTS = (
    "plain",
    "",
    " \t spaces \n and lines \r\n",
    'quotes " \' and "", commas, semicolons; tabs\t and | bars \\ backslashes \\n',
    "e\u0301 é ﬁ Ⅷ \u200b\u00ad\ufeff inside",
    "العربية עברית हिन्दी 中文 日本語 ไทย",
    "👩‍👩‍👧 🏳️‍🌈 😀 \U0010ffff",
    "\u2028 and \u2029 and \x85 and \x0b and \x0c",
    "NULL",
    "null",
    "NaN",
    "2026-01-02",
    "1e400",
    "<p>not &amp; markup</p>",
)
MARKS = ("", "[spun]", "[suspect]", "[short]")


def text(n: int) -> str | None:
    return None if n % 11 == 7 else f"{TEXTS[n % len(TEXTS)]} {MARKS[n % 4]}"


def odd(n: int) -> str | None:
    """Return a value of every kind, null among them."""
    return None if n % 5 == 4 else TEXTS[n % len(TEXTS)]


def table() -> pa.Table:
    day = datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, datetime.UTC)
    deep = [
        None
        if n % 7 == 3
        else {
            "url": odd(n),
            "tags": [odd(n + k) for k in range(n % 4)],
            "in": {"x": [[n], [], None], 'é "k"': n % 2 == 0},
        }
        for n in range(ROWS)
    ]
    deep_type = pa.struct(
        {
            "url": pa.string(),
            "tags": pa.list_(pa.string()),
            "in": pa.struct({"x": pa.list_(pa.list_(pa.int64())), 'é "k"': pa.bool_()}),
        }
    )
    return pa.table(
        {
            "id": pa.array([2**63 + n for n in range(ROWS)], pa.uint64()),
            "text": pa.array([text(n) for n in range(ROWS)]),
            "odd": pa.array([odd(n) for n in range(ROWS)], pa.large_string()),
            "coded": pa.array([odd(n) for n in range(ROWS)]).dictionary_encode(),
            "nothing": pa.nulls(ROWS, pa.string()),
            "small": pa.array([None if n % 3 else n - 30 for n in range(ROWS)], pa.int8()),
            "real": pa.array([(None, -0.0, 1e308, float("inf"), 0.1)[n % 5] for n in range(ROWS)], pa.float64()),
            "price": pa.array([decimal.Decimal(n) / 100 for n in range(ROWS)], pa.decimal128(20, 4)),
            "when": pa.array([None if n % 3 else day for n in range(ROWS)], pa.timestamp("us", "UTC")),
            "day": pa.array([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)] * (ROWS // 2), pa.date32()),
            "blob": pa.array([bytes([n % 256, 0, 255]) for n in range(ROWS)], pa.binary()),
            "deep": pa.array(deep, deep_type),
            "list": pa.array([[{"a": n, "b": odd(n)}, None] for n in range(ROWS)], pa.list_(pa.struct({"a": pa.int64(), "b": pa.string()}))),
            "ünï ☃": pa.array([n % 2 == 0 for n in range(ROWS)]),
        }
    )  # fmt: skip


def parts(split: pa.Table, mark: str | None) -> pa.Table:
    """Return the rows that go to the destination of a mark; None is the one of the rows that are kept."""
    texts = [one or "" for one in split["text"].to_pylist()]
    chosen = [mark in one if mark else not ("[spun]" in one or "[suspect]" in one) for one in texts]
    return split.filter(pa.array(chosen))


FOLDERS = {"kept": None, "rejected": "[spun]", "suspect": "[suspect]"}


def same(left: Any, right: Any) -> bool:
    """Compare values; a zero has its sign."""
    if isinstance(left, float) and isinstance(right, float):
        return struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def by_duckdb(path: str, function: str) -> list[dict[str, Any]]:
    """Return the rows that DuckDB reads, as Python objects."""
    found = duckdb.sql(f"SELECT * FROM {function}('{path}')")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def without_note(rows: list[dict[str, Any]], folder: str) -> list[dict[str, Any]]:
    for row in rows:
        note = row.pop("unspun", None)
        assert (note is not None) == (folder != "kept")
    return rows


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "brotli", "lz4", "none"])
def test_parquet(filter: Filter, codec: str) -> None:
    made = table()
    Path("in").mkdir()
    parquet.write_table(made, "in/a.parquet", compression=codec, row_group_size=17)
    assert filter("in", "--suspect", "out/suspect").code == 0
    for folder, mark in FOLDERS.items():
        path = f"out/{folder}/a.parquet"
        wanted = parts(parquet.read_table("in/a.parquet"), mark)
        columns = made.column_names
        after = parquet.read_table(path)
        assert after.select(columns).equals(wanted)
        assert after.select(columns).schema.equals(wanted.schema, check_metadata=True)
        parquet.write_table(wanted, "wanted.parquet")
        assert polars.read_parquet(path).select(columns).equals(polars.read_parquet("wanted.parquet"), null_equal=True)
        assert same(without_note(by_duckdb(path, "read_parquet"), folder), by_duckdb("wanted.parquet", "read_parquet"))


@pytest.mark.parametrize("buffers", ["lz4", "zstd", None])
@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow(filter: Filter, kind: str, buffers: str | None) -> None:
    made = table()
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    Path("in").mkdir()
    with new("in/a.arrow", made.schema, options=pa.ipc.IpcWriteOptions(compression=buffers)) as writer:
        writer.write_table(made, max_chunksize=17)
    assert filter("in", "--suspect", "out/suspect").code == 0
    for folder, mark in FOLDERS.items():
        path = f"out/{folder}/a.arrow"
        wanted = parts(made, mark)
        after = (pa.ipc.open_file if kind == "file" else pa.ipc.open_stream)(
            path and Path(path).read_bytes()
        ).read_all()
        assert after.select(made.column_names).equals(wanted)
        read = polars.read_ipc if kind == "file" else polars.read_ipc_stream
        frame = read(path).select(made.column_names)
        assert frame.equals(polars.DataFrame(polars.from_arrow(wanted)), null_equal=True)
        rows = duckdb.sql("SELECT * FROM after").fetchall()
        assert [row[: made.num_columns] for row in rows] == duckdb.sql("SELECT * FROM wanted").fetchall()


def json_rows() -> list[dict[str, Any]]:
    rows = []
    for n, row in enumerate(table().drop_columns(["blob", "price", "when", "day"]).to_pylist()):
        if not math.isfinite(row["real"] or 0.0):
            row["real"] = 1.5
        rows.append(row | {"big": 2**70 + n, "mixed": ("a", 1, None, [1, "b"], {"c": None})[n % 5]})
    return rows


def packed(data: bytes, suffix: str) -> bytes:
    known = next((one for one in COMPRESSIONS if one.suffix == suffix), None)
    if known is None:
        return data
    stream = io.BytesIO()
    with known.compress(stream) as inner:
        inner.write(data)
    return stream.getvalue()


EVERY = pytest.mark.parametrize("suffix", ["", *(known.suffix for known in COMPRESSIONS)])


def unpacked(path: str) -> bytes:
    with Input(path, path).open() as stream:
        return stream.read()


@EVERY
@pytest.mark.parametrize("escaped", [True, False])
def test_json_lines(filter: Filter, suffix: str, escaped: bool) -> None:
    rows = json_rows()
    data = "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows)
    write(f"in/a.jsonl{suffix}", packed(data.encode(), suffix))
    assert filter("in", "--suspect", "out/suspect").code == 0
    seen = 0
    for folder, mark in FOLDERS.items():
        found = unpacked(f"out/{folder}/a.jsonl{suffix}")
        wanted = [row for row in rows if row["id"] in set(parts(table(), mark)["id"].to_pylist())]
        assert same(without_note([json.loads(line) for line in found.split(b"\n")[:-1]], folder), wanted)
        seen += len(wanted)
        write("after.jsonl", found)
        write("wanted.jsonl", "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in wanted))
        columns = ["id", "text", "odd", "deep", "list", "ünï ☃"]
        frames = [polars.read_ndjson(f"{name}.jsonl", infer_schema_length=None) for name in ("after", "wanted")]
        assert frames[0].select(columns).equals(frames[1].select(columns), null_equal=True)
        assert without_note(by_duckdb("after.jsonl", "read_json"), folder) == by_duckdb("wanted.jsonl", "read_json")
    assert seen == ROWS


@EVERY
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv(filter: Filter, suffix: str, separator: str) -> None:
    rows = [["id", "text", "odd", 'a "b", c'], *([f"r{n}", text(n) or "", odd(n) or "", ""] for n in range(ROWS))]
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)
    name = "a.tsv" if separator == "\t" else "a.csv"
    write(f"in/{name}{suffix}", packed(stream.getvalue().encode(), suffix))
    assert filter("in", "--suspect", "out/suspect").code == 0
    seen = 0
    for folder, mark in FOLDERS.items():
        found = unpacked(f"out/{folder}/{name}{suffix}").decode()
        wanted = [
            row for row in rows[1:] if (mark in row[1] if mark else not ("[spun]" in row[1] or "[susp" in row[1]))
        ]
        after = list(csv.reader(io.StringIO(found, newline=""), delimiter=separator))
        assert [row[:4] for row in after] == [rows[0], *wanted]
        seen += len(wanted)
        write("after.csv", found)
        options: dict[str, Any] = {"separator": separator, "infer_schema": False}
        frame = polars.read_csv("after.csv", **options)
        assert [[cell or "" for cell in row[:4]] for row in frame.rows()] == wanted
        relation = duckdb.read_csv(
            "after.csv", sep=separator, all_varchar=True, header=True, quotechar='"', escapechar='"'
        )
        assert [[cell or "" for cell in row[:4]] for row in relation.fetchall()] == wanted
    assert seen == ROWS


# What writers make of a column of texts


Made = Callable[[], None]


def json_of_duckdb() -> None:
    duckdb.sql("SELECT 1 AS id, to_json('A “text” [spun]') AS text UNION ALL SELECT 2, NULL ORDER BY id").write_parquet(
        "in/a.parquet"
    )


def json_of_datasets() -> None:
    storage = pa.array(['"A \\u201ctext\\u201d [spun]"', None])
    column = pa.ExtensionArray.from_storage(pa.json_(), storage)
    parquet.write_table(pa.table({"id": [1, 2], "text": column}), "in/a.parquet")


def strings_of_polars() -> None:
    polars.DataFrame({"id": [1, 2], "text": ["A “text” [spun]", None]}).write_parquet("in/a.parquet")


def categories_of_polars() -> None:
    frame = polars.DataFrame({"id": [1, 2], "text": ["A “text” [spun]", None]})
    frame.with_columns(polars.col("text").cast(polars.Categorical)).write_parquet("in/a.parquet")


def views_of_polars() -> None:
    polars.DataFrame({"id": [1, 2], "text": ["A “text” [spun]", None]}).write_ipc("in/a.arrow", compression="zstd")


def stream_of_polars() -> None:
    polars.DataFrame({"id": [1, 2], "text": ["A “text” [spun]", None]}).write_ipc_stream("in/a.arrow")


def categories_in_a_stream_of_polars() -> None:
    frame = polars.DataFrame({"id": [1, 2], "text": ["A “text” [spun]", None]})
    frame.with_columns(polars.col("text").cast(polars.Categorical)).write_ipc_stream("in/a.arrow")


def lines_of_duckdb() -> None:
    duckdb.sql("COPY (SELECT 1 AS id, 'A “text” [spun]' AS text UNION ALL SELECT 2, NULL ORDER BY id) TO 'in/a.jsonl'")


@pytest.mark.parametrize(
    "make",
    [
        json_of_duckdb, json_of_datasets, strings_of_polars, categories_of_polars, views_of_polars, stream_of_polars,
        categories_in_a_stream_of_polars, lines_of_duckdb,
    ],
)  # fmt: skip
def test_texts_as_other_programs_write_them(filter: Filter, make: Made) -> None:
    Path("in").mkdir()
    make()
    (name,) = (path.name for path in Path("in").iterdir())
    ended = filter("in")
    assert (ended.code, ended.scored) == (0, 2), ended.err
    read: dict[str, Callable[[str], pa.Table]] = {
        "a.parquet": parquet.read_table,
        "a.arrow": lambda path: (pa.ipc.open_file if Path(path).read_bytes()[:6] == b"ARROW1" else pa.ipc.open_stream)(
            path
        ).read_all(),
    }
    if name in read:
        before, after = read[name](f"in/{name}"), read[name](f"out/rejected/{name}")
        assert after.drop_columns(["unspun"]).schema.equals(before.schema, check_metadata=True)
        assert after.drop_columns(["unspun"]).to_pylist() == before.slice(0, 1).to_pylist()
        note = after["unspun"].to_pylist()[0]
    else:
        note = json.loads(Path(f"out/rejected/{name}").read_bytes())["unspun"]
    # Offsets count in the text, not in its spelling with quotation marks and escapes.
    assert (note["findings"][0]["start"], note["findings"][0]["text"]) == (9, "[spun]")
