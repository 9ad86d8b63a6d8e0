"""`detector filter` as a user sees it: what goes where, and that nothing else changes."""

from __future__ import annotations

import base64
import csv
import datetime
import decimal
import gzip
import io
import json
import os
import re
import socket
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from corpus_files import line, write
from filter_process import WordScorer
from filtering import Filter
from pyarrow import parquet

from detector.corpus.compression import COMPRESSIONS
from detector.corpus.containers import Input, read_jsonl
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog

MARKS = ("", "[spun]", "[suspect]", "[short]", "[broken]")


def lines(count: int, **more: Any) -> str:
    """Return records of each kind in turn."""
    return "".join(line(id=f"r{n}", text=f"Text {n} {MARKS[n % len(MARKS)]}", **more) for n in range(count))


def files(folder: str) -> dict[str, bytes]:
    """Return what a user sees in a folder, without what is hidden."""
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    return found


def unpacked(path: str) -> bytes:
    with Input(path, path).open() as stream:
        return stream.read()


# What goes where


def test_each_record_goes_where_its_verdict_sends_it(filter: Filter) -> None:
    write("in/a.jsonl", lines(10))
    ended = filter("in", "--suspect", "out/suspect", "--errors", "out/errors.jsonl")
    assert ended.code == 2  # two records could not be scored
    ids = {
        name: [json.loads(one)["id"] for one in Path(f"out/{name}/a.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("kept", "rejected", "suspect")
    }
    assert ids == {"kept": ["r0", "r3", "r5", "r8"], "rejected": ["r1", "r6"], "suspect": ["r2", "r7"]}
    errors = [json.loads(one) for one in Path("out/errors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["id"], one["row"], one["file"]) for one in errors] == [
        ("r4", 5, "in/a.jsonl"),
        ("r9", 10, "in/a.jsonl"),
    ]
    assert json.loads(errors[0]["raw"]) == {"id": "r4", "text": "Text 4 [broken]"}
    counts = report()
    assert counts["records"] == 10
    assert counts["destinations"] == {"kept": 4, "rejected": 2, "suspect": 2}
    assert counts["errors"] == {"document": 2}
    assert counts["unscored"] == {"under N words of prose": 2}
    assert counts["keep_rate"] == 0.4
    assert counts["complete"] is True
    assert sum(counts["histogram"]["counts"]) == 6


def test_suspects_are_kept_and_what_has_no_verdict_can_be_rejected(filter: Filter) -> None:
    write("in/a.jsonl", lines(4))
    filter("in/a.jsonl", "--unscored", "reject")
    assert b"r2" in files("out/kept")["a.jsonl"]
    assert b"r3" in files("out/rejected")["a.jsonl"]


def test_lines_stay_the_bytes_they_were(filter: Filter) -> None:
    odd = [
        b'\xef\xbb\xbf{ "text":"A [spun]","n":1.00, "n":123456789012345678901234567890 }\r\n',
        b'  {"text": "caf\\u00e9 \xe2\x80\xa8 \\ud83d", "x": [1e400, {"deep": null}]}\n',
        b"\n",
        b'{"text": "kept",\t"id": 7}   \n',
        b'{"text": "\xe9 [spun]"}\n',
        b'{"text": "last without an end"}',
    ]
    write("in/a.jsonl", b"".join(odd))
    filter("in", "--field", "")
    assert files("out/kept")["a.jsonl"] == odd[1] + odd[3] + odd[5] + b"\n"
    assert files("out/rejected")["a.jsonl"] == odd[0] + odd[4]


def test_the_field_is_put_in_and_nothing_else_changes(filter: Filter) -> None:
    write("in/a.jsonl", b'{"text": "A [spun]", "n": 1.00, "m": {}}\r\n{"text": "B"}\n')
    filter("in")
    rejected, kept = files("out/rejected")["a.jsonl"], files("out/kept")["a.jsonl"]
    assert rejected.startswith(b'{"text": "A [spun]", "n": 1.00, "m": {}, "unspun": {"verdict": "spun",')
    assert rejected.endswith(b"}}\r\n")
    assert json.loads(rejected)["unspun"] == {
        "verdict": "spun",
        "probability": 0.99,
        "reason": None,
        "findings": [
            {"start": 2, "end": 8, "text": "[spun]", "rule": "SWAPPED_WORD", "score": 0.5, "suggestions": ["é\u2028"]}
        ],
    }
    assert kept == b'{"text": "B"}\n'


def test_kept_records_can_have_the_field_too(filter: Filter) -> None:
    write("in/a.jsonl", line(text="B"))
    filter("in", "--annotate-kept", "--field", "detector")
    assert json.loads(files("out/kept")["a.jsonl"])["detector"]["probability"] == 0.03125


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_a_field_that_is_there_is_not_replaced(filter: Filter, name: str) -> None:
    table(name, [{"text": "A", "unspun": "mine"}])
    ended = filter("in")
    assert ended.code == 2
    assert "'unspun' already; choose another name with --field" in ended.err
    assert not files("out/kept")


def test_a_field_that_is_there_later_costs_its_record_and_no_run_of_hours(filter: Filter) -> None:
    """Another --field would have to begin anew, so only what is known at once ends the run."""
    write("in/a.jsonl", line(id="1", text="A") + line(id="2", text="B", unspun="mine") + line(id="3", text="[spun]"))
    table("b.parquet", [{"id": "4", "text": "A", "unspun": "mine"}])
    table("c.csv", [{"id": "5", "text": "A", "unspun": "mine"}])
    table("d.parquet", [{"id": "6", "text": "B"}])
    ended = filter("in", "--errors", "errors.jsonl")
    assert ended.code == 2
    assert "in/a.jsonl, line 2: has a field 'unspun' already; choose another name with --field" in ended.err
    assert "in/b.parquet: has a column 'unspun' already; choose another name with --field" in ended.err
    assert "1 more error like this, the last at in/c.csv, row 1" in ended.err
    assert [json.loads(one)["id"] for one in files("out/kept")["a.jsonl"].splitlines()] == ["1"]
    assert [json.loads(one)["id"] for one in files("out/rejected")["a.jsonl"].splitlines()] == ["3"]
    assert parquet.read_table("out/kept/d.parquet")["id"].to_pylist() == ["6"]
    assert "b.parquet" not in files("out/kept")
    failed = [json.loads(one) for one in Path("errors.jsonl").read_text("utf-8").splitlines()]
    assert [(one["file"], one["row"]) for one in failed] == [("in/a.jsonl", 2), ("in/b.parquet", None), ("in/c.csv", 1)]
    before = files("out/kept")
    assert filter("in").code == 2
    assert files("out/kept") == before


def table(name: str, rows: list[dict[str, Any]]) -> None:
    Path("in").mkdir(exist_ok=True)
    if name.endswith(".parquet"):
        parquet.write_table(pa.Table.from_pylist(rows), f"in/{name}")
    elif name.endswith(".csv"):
        with open(f"in/{name}", "w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        write(f"in/{name}", "".join(line(**row) for row in rows))


@pytest.mark.parametrize("suffix", ["", *(known.suffix for known in COMPRESSIONS)])
def test_compression_and_folders_are_kept(filter: Filter, suffix: str) -> None:
    known = next((known for known in COMPRESSIONS if known.suffix == suffix), None)
    raw = io.BytesIO()
    packed = known.compress(raw) if known else raw
    packed.write(lines(4).encode())
    if known:
        packed.close()
    write(f"in/deep/er/a.jsonl{suffix}", raw.getvalue())
    write("in/b.jsonl", lines(1))
    filter("in", "--field", "")
    assert set(files("out/kept")) == set(files("out/rejected")) == {"b.jsonl", f"deep/er/a.jsonl{suffix}"}
    kept = unpacked(f"out/kept/deep/er/a.jsonl{suffix}")
    assert kept.splitlines() == [one for at, one in enumerate(lines(4).encode().splitlines()) if at != 1]


def test_a_table_of_text_keeps_its_bytes(filter: Filter) -> None:
    head = '\ufeffid;text;"a ""b"""\r\n'
    rows = ['1;"two\r\nlines; [spun]";x\r\n', "2;plain;\r\n", '3;"q ""q"" [spun]"\r\n', "\r\n", '4;"";é\r\n']
    write("in/a.csv", (head + "".join(rows)).encode())
    filter("in")
    assert files("out/kept")["a.csv"].decode() == head + rows[1] + rows[4]
    read = list(csv.reader(io.StringIO(files("out/rejected")["a.csv"].decode("utf-8-sig"), newline=""), delimiter=";"))
    assert read[0] == ["id", "text", 'a "b"', "unspun"]
    assert [row[:3] for row in read[1:]] == [["1", "two\r\nlines; [spun]", "x"], ["3", 'q "q" [spun]', ""]]
    assert [json.loads(row[3])["verdict"] for row in read[1:]] == ["spun", "spun"]


def test_plain_files_are_copied_and_their_reasons_stand_beside_them(filter: Filter) -> None:
    write("in/a.txt", "Kept\r\n")
    write("in/sub/b.md", b"\xef\xbb\xbfSome [spun] text")
    write("in/c.txt.gz", gzip.compress(b"Packed [spun]", mtime=7))
    assert filter("in").code == 0
    assert files("out/kept") == {"a.txt": b"Kept\r\n"}
    rejected = files("out/rejected")
    assert rejected["sub/b.md"] == b"\xef\xbb\xbfSome [spun] text"
    assert rejected["c.txt.gz"] == gzip.compress(b"Packed [spun]", mtime=7)
    assert json.loads(rejected["sub/b.md.unspun.json"])["verdict"] == "spun"


# Parquet


def nested_table(rows: int) -> pa.Table:
    """Return a table with all that a column may be, with nulls at each depth and texts of many scripts."""
    texts = [None if n % 7 == 6 else f"Text {n} 𝔘ñ\u200dïçødé ẞ\x00 {MARKS[n % 4]}" for n in range(rows)]
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    some = [n % 3 == 0 for n in range(rows)]
    columns: dict[str, pa.Array] = {
        "id": pa.array(range(rows), pa.uint64()),
        "text": pa.array(texts, pa.large_string()),
        "lang": pa.array([None if one else "en" for one in some], pa.string()).dictionary_encode(),
        "nothing": pa.nulls(rows),
        "small": pa.array([n % 100 for n in range(rows)], pa.int8()),
        "half": pa.array([n / 3 for n in range(rows)], pa.float32()),
        "price": pa.array([decimal.Decimal(n) / 100 for n in range(rows)], pa.decimal128(20, 4)),
        "ns": pa.array(
            [None if one else 1_700_000_000_123_456_789 + n for n, one in enumerate(some)], pa.timestamp("ns")
        ),
        "utc": pa.array([day] * rows, pa.timestamp("us", "UTC")),
        "day": pa.array([day.date()] * rows, pa.date32()),
        "blob": pa.array([bytes([n % 256, 0, 255]) for n in range(rows)], pa.binary()),
        "meta": pa.array(
            [
                None
                if one
                else {"url": f"https://ex{n % 2}.org/é", "tags": [None, "a", ""], "inner": {"x": [[1], [], None]}}
                for n, one in enumerate(some)
            ],
            pa.struct(
                [
                    ("url", pa.string()),
                    ("tags", pa.list_(pa.string())),
                    ("inner", pa.struct([("x", pa.list_(pa.list_(pa.int64())))])),
                ]
            ),
        ),
        "map": pa.array([[("k", n), ("l", None)] for n in range(rows)], pa.map_(pa.string(), pa.int32())),
        "view": pa.array([None if one else f"é{n}" for n, one in enumerate(some)], pa.string_view()),
        "time": pa.array(range(rows), pa.time64("ns")),
        "coded": pa.StructArray.from_arrays(
            [pa.array(["en", None] * (rows // 2 + 1)).slice(0, rows).dictionary_encode()], ["d"]
        ),
        "fixed": pa.array([[1.0, n] for n in range(rows)], pa.list_(pa.float64(), 2)),
    }
    made = pa.table(columns)
    fields = [field.with_metadata({"note": "é"}) if field.name == "id" else field for field in made.schema]
    return made.cast(pa.schema(fields, metadata={"who": "me", "huggingface": '{"info": {}}'}))


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "none"])
def test_a_parquet_table_comes_out_as_it_went_in(filter: Filter, codec: str) -> None:
    made = nested_table(500)
    Path("in").mkdir()
    parquet.write_table(made, "in/a.parquet", row_group_size=64, compression=codec)
    before = parquet.read_table("in/a.parquet")
    assert filter("in", "--suspect", "out/suspect").code == 0
    marks = [text or "" for text in made["text"].to_pylist()]
    for name, mark in (("rejected", "[spun]"), ("suspect", "[suspect]"), ("kept", None)):
        after = parquet.read_table(f"out/{name}/a.parquet")
        wanted = pa.array(
            [mark in text if mark else "[spun]" not in text and "[suspect]" not in text for text in marks]
        )
        if mark:
            notes = after["unspun"].to_pylist()
            assert {note["verdict"] for note in notes} == {mark[1:-1]}
            after = after.drop_columns(["unspun"])
        assert after.schema.equals(before.schema, check_metadata=True)
        columns = [name for name in before.schema.names if name != "view"]  # which pyarrow can't filter
        assert after.select(columns).equals(before.select(columns).filter(wanted))
        assert after["view"].to_pylist() == before["view"].cast(pa.string()).filter(wanted).to_pylist()
        metadata = parquet.ParquetFile(f"out/{name}/a.parquet").metadata
        assert metadata.row_group(0).column(0).compression == ("UNCOMPRESSED" if codec == "none" else codec.upper())
        assert metadata.row_group(0).num_rows <= 64


@pytest.mark.parametrize("options", [(), ("--field", "")], ids=["annotated", "as they were"])
def test_a_column_without_a_name_is_kept(filter: Filter, options: tuple[str, ...]) -> None:
    """pandas writes its index so."""
    made = pa.table([[0, 1], ["A", "B [spun]"]], ["", "text"])
    write("in/a.csv", ",text\n0,A\n1,B [spun]\n")
    write("in/b.jsonl", '{"": 0, "text": "A"}\n{"": 1, "text": "B [spun]"}\n')
    parquet.write_table(made, "in/c.parquet")
    with pa.ipc.new_file("in/d.arrow", made.schema) as file:
        file.write(made)
    assert filter("in", *options).code == 0
    assert files("out/kept")["a.csv"] == b",text\n0,A\n"
    assert files("out/rejected")["a.csv"].splitlines()[1].startswith(b"1,B [spun]")
    assert files("out/kept")["b.jsonl"] == b'{"": 0, "text": "A"}\n'
    for name, row in (("kept", 0), ("rejected", 1)):
        for table in (
            parquet.read_table(f"out/{name}/c.parquet"),
            pa.ipc.open_file(files(f"out/{name}")["d.arrow"]).read_all(),
        ):
            assert table.select(["", "text"]).equals(made.slice(row, 1))


def test_the_first_lz4_of_parquet_becomes_the_second(filter: Filter) -> None:
    """Spark and arrow-rs write it; pyarrow reads it, and has no name for it."""
    made = pa.table({"text": ["A", "B [spun]"]})
    stream = io.BytesIO()
    parquet.write_table(made, stream, compression="lz4")
    second, first = b"\x18\x04text\x15\x0e", b"\x18\x04text\x15\x0a"  # in the footer: the column and its codec, 7 or 5
    write("in/a.parquet", stream.getvalue().replace(second, first))
    assert parquet.ParquetFile("in/a.parquet").metadata.row_group(0).column(0).compression == "UNKNOWN"
    assert filter("in").code == 0
    assert parquet.read_table("out/kept/a.parquet").equals(made.slice(0, 1))
    assert parquet.ParquetFile("out/kept/a.parquet").metadata.row_group(0).column(0).compression == "LZ4"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("interval 1 day", "the column 'v' is of type INTERVAL"),
        ("[interval 1 day]", "the column 'v.list.element' is of type INTERVAL"),
        ("5::variant", "the column 'v' is of type VARIANT"),
    ],
)
def test_a_type_that_would_come_out_as_bytes_is_refused(filter: Filter, value: str, said: str) -> None:
    Path("in").mkdir()
    duckdb.sql(f"copy (select 'A' as text, {value} as v) to 'in/a.parquet'")
    ended = filter("in")
    assert ended.code == 2
    assert said in ended.err
    assert not files("out/kept")
    assert filter("in", "--to", "jsonl", "--restart").code == 0


def test_times_with_a_zone_stay_so(filter: Filter) -> None:
    Path("in").mkdir()
    duckdb.sql("copy (select 'A' as text, '10:30:00+01'::timetz as v) to 'in/a.parquet'")
    duckdb.sql("copy (select 'A' as text, '10:30:00'::time as v) to 'in/b.parquet'")
    assert filter("in").code == 0
    kept = [duckdb.sql(f"select v::varchar, typeof(v) from 'out/kept/{name}.parquet'").fetchall() for name in "ab"]
    assert kept == [[("09:30:00+00", "TIME WITH TIME ZONE")], [("10:30:00", "TIME")]]


def test_a_table_without_rows_keeps_its_columns(filter: Filter) -> None:
    Path("in").mkdir()
    parquet.write_table(nested_table(0), "in/a.parquet")
    assert filter("in").code == 0
    assert parquet.read_table("out/kept/a.parquet").schema.equals(parquet.read_schema("in/a.parquet"))


def test_a_row_that_fails_is_told_with_its_fields(filter: Filter) -> None:
    table("a.parquet", [{"text": "A [broken]", "n": 1, "b": b"\xff"}, {"text": "B", "n": 2, "b": None}])
    assert filter("in", "--errors", "errors.jsonl").code == 2
    told = json.loads(Path("errors.jsonl").read_text(encoding="utf-8"))
    assert told["fields"] == {"text": "A [broken]", "n": 1, "b": base64.b64encode(b"\xff").decode()}
    assert parquet.read_table("out/kept/a.parquet")["n"].to_pylist() == [2]


# Another container


def test_another_compression_keeps_lines(filter: Filter) -> None:
    write("in/a.jsonl.gz", gzip.compress(b'{"text": "A", "n": 1.00}\n'))
    filter("in", "--to", "jsonl.zst")
    assert unpacked("out/kept/a.jsonl.zst") == b'{"text": "A", "n": 1.00}\n'


def test_json_lines_become_parquet_and_come_back(filter: Filter) -> None:
    records = [
        {"id": "a", "text": "A", "n": None, "score": 1},
        {"id": "b", "text": "B [spun]", "n": None, "score": 1.5, "late": {"x": [1, None]}},
        {"id": "c", "text": "[broken]", "n": None, "score": 2},
        {"id": "d", "text": "D é", "n": None, "score": 2, "late": {"x": []}},
    ]
    write("in/a.jsonl", line(**records[0]) + "not json\n" + "".join(line(**one) for one in records[1:]))
    assert filter("in", "--to", "parquet", "--errors", "errors.jsonl").code == 2
    kept = parquet.read_table("out/kept/a.parquet").to_pylist()
    assert [(one["id"], one["score"], one["late"]) for one in kept] == [("a", 1.0, None), ("d", 2.0, {"x": []})]
    assert parquet.read_table("out/rejected/a.parquet").to_pylist()[0]["unspun"]["verdict"] == "spun"
    raws = [json.loads(one)["raw"] for one in Path("errors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert raws == ["not json", line(**records[2]).strip()]
    filter("out/kept", "--to", "jsonl", "--kept", "back/kept", "--rejected", "back/rejected", folders=False)
    back = [json.loads(one) for one in files("back/kept")["a.jsonl"].splitlines()]
    assert [(one["id"], one["text"], one["n"]) for one in back] == [("a", "A", None), ("d", "D é", None)]


def test_a_column_of_several_types_is_told_and_the_other_files_are_written(filter: Filter) -> None:
    write("in/a.jsonl", line(text="A", x=1) + line(text="B", x="one"))
    write("in/b.jsonl", line(text="A", x=1) * 1001 + line(text="B", x=0.5))
    write("in/c.jsonl", line(text="A", x=1) * 1001 + line(text="B", x=[1]))
    for _ in range(2):
        ended = filter("in", "--to", "parquet")
        assert ended.code == 2
        for name in ("a", "c"):
            assert f"in/{name}.jsonl: the field 'x' holds values of several types" in ended.err
        assert "do this file apart, with --to jsonl.zst" in ended.err
        assert parquet.read_table("out/kept/b.parquet")["x"].to_pylist()[-2:] == [1.0, 0.5]
        assert set(files("out/kept")) == {"b.parquet"}
        assert report()["complete"] is False
    assert ended.scored == 0


def test_parquet_becomes_json_lines(filter: Filter) -> None:
    Path("in").mkdir()
    parquet.write_table(nested_table(7).drop_columns(["ns", "time"]), "in/a.parquet")
    assert filter("in", "--to", "jsonl.gz", "--field", "").code == 0
    first = json.loads(unpacked("out/kept/a.jsonl.gz").splitlines()[1])
    assert first["price"] == 0.02
    assert first["day"] == "2026-01-01"
    assert first["meta"]["inner"] == {"x": [[1], [], None]}


def test_one_document_has_no_fields(filter: Filter) -> None:
    write("in/a.txt", "A")
    assert "is one document" in filter("in", "--to", "parquet").err


# What can't be read


def test_a_file_that_breaks_off_is_done_again_when_it_is_whole(filter: Filter) -> None:
    whole = gzip.compress(lines(300).encode(), mtime=0)
    write("in/a.jsonl.gz", whole[: len(whole) // 2])
    write("in/b.jsonl", lines(4))
    ended = filter("in")
    assert ended.code == 2
    assert "breaks off" in ended.err
    first = unpacked("out/kept/a.jsonl.gz")
    assert first.count(b"\n") > 50
    again = filter("in")
    assert (again.code, again.scored) == (2, 0)
    assert unpacked("out/kept/a.jsonl.gz") == first
    write("in/a.jsonl.gz", whole)
    filter("in")
    assert unpacked("out/kept/a.jsonl.gz").count(b"\n") == 180
    assert report()["records"] == 304


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b"\x00\x01\xff" * 40),
        ("a.parquet", b"PAR1nothing"),
        ("a.jsonl.gz", b"no gzip"),
        ("a.csv", b"x,y\n1,2\n"),
    ],
)
def test_a_file_that_can_not_be_read_leaves_no_output(filter: Filter, name: str, content: bytes) -> None:
    write(f"in/{name}", content)
    write("in/b.jsonl", lines(1))
    assert filter("in", "--errors", "errors.jsonl").code == 2
    assert set(files("out/kept")) == {"b.jsonl"}
    assert json.loads(Path("errors.jsonl").read_text(encoding="utf-8"))["file"] == f"in/{name}"


def test_a_file_that_vanishes_does_not_stop_the_others(filter: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        write(f"in/{name}.jsonl", lines(2))
    real = WordScorer.open

    def open_and_remove(self: WordScorer, options: object = None) -> Any:
        Path("in/b.jsonl").rename("b.jsonl")
        return real(self)

    monkeypatch.setattr(WordScorer, "open", open_and_remove)
    ended = filter("in")
    assert ended.code == 2
    assert "in/b.jsonl: no such file" in ended.err
    assert set(files("out/kept")) == {"a.jsonl", "c.jsonl"}


@pytest.mark.parametrize("change", [lines(9), lines(3), lines(8).replace("Text", "Txt")])
def test_a_file_that_changes_meanwhile_is_told(filter: Filter, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    write("in/a.jsonl", lines(8))
    real = WordScorer.open

    def open_and_change(self: WordScorer, options: object = None) -> Any:
        write("in/a.jsonl", change)
        return real(self)

    monkeypatch.setattr(WordScorer, "open", open_and_change)
    ended = filter("in")
    assert ended.code == 2
    assert "in/a.jsonl" in ended.err
    assert "--restart" in ended.err
    assert not files("out/kept")
    monkeypatch.setattr(WordScorer, "open", real)
    assert "--restart" in filter("in").err
    assert filter("in", "--restart").scored > 0
    assert files("out/kept")


@pytest.mark.parametrize("path", ["-", "/dev/stdin", "nowhere", "in/*.jsonl", "in/a.xyz"])
def test_what_leads_to_nothing_is_refused_before_anything_is_written(filter: Filter, path: str) -> None:
    write("in/a.xyz")
    ended = filter(path)
    assert ended.code == 2
    assert ("write it to a file first" in ended.err) == (path in ("-", "/dev/stdin"))
    assert not Path("out").exists()


def test_records_that_do_not_parse_are_kept_in_the_errors(filter: Filter) -> None:
    write("in/a.jsonl", b'{"text": 5}\n["list"]\n{"text": "\xff\n\n{"text": "A"}\n')
    filter("in", "--errors", "errors.jsonl")
    told = [json.loads(one) for one in Path("errors.jsonl").read_text(encoding="utf-8").splitlines()]
    raws = [base64.b64decode(one["raw_base64"]) if "raw_base64" in one else one["raw"].encode() for one in told]
    assert raws == [b'{"text": 5}', b'["list"]', b'{"text": "\xff']


# The report


def test_sources_have_intervals_and_the_surest_come_first(filter: Filter) -> None:
    bad = "".join(line(text=f"T [spun] {n}", url=f"https://bad.example/{n}") for n in range(30))
    good = "".join(line(text="T", url="https://good.example/x") for _ in range(30))
    one = line(text="T [spun]", url="https://once.example")
    write("in/a.jsonl", good + one)
    write("in/b.jsonl", bad)
    filter("in", "--group-by", "host")
    sources = report()["sources"]
    assert [source["source"] for source in sources] == ["bad.example", "once.example", "good.example"]
    assert [(source["spun"], source["documents"]) for source in sources] == [(30, 30), (1, 1), (0, 30)]
    assert sources[0]["low"] > 0.85 > sources[1]["low"] > 0.2
    assert sources[2]["high"] < 0.12


def test_groups_by_a_nested_field_of_a_parquet_file(filter: Filter) -> None:
    table("a.parquet", [{"text": "T [spun]", "meta": {"lang": "en"}}, {"text": "T", "meta": {"lang": None}}])
    filter("in", "--group-by", "meta.lang")
    assert {source["source"]: source["spun"] for source in report()["sources"]} == {"en": 1, "": 0}


# Going on, and not


def test_a_run_that_is_done_scores_nothing_again(filter: Filter) -> None:
    write("in/a.jsonl", lines(4))
    assert filter("in").scored == 4
    before = files("out/kept")
    assert filter("in").scored == 0
    write("in/b.jsonl", lines(2))  # a new shard is welcome
    assert filter("in").scored == 2
    assert {name: files("out/kept")[name] for name in before} == before
    assert report()["records"] == 6


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--threshold", "0.5"), "--threshold none, now it is 0.5"),
        (("--field", "x"), "--field unspun, now it is x"),
        (("--suspect", "out/s"), "--suspect none, now it is ../s"),
        (("--annotate-kept",), "--annotate-kept false, now it is true"),
        (("--last-reader", "lm"), "--last-reader none, now it is lm"),
    ],
)
def test_other_options_are_refused(filter: Filter, option: tuple[str, ...], said: str) -> None:
    write("in/a.jsonl", lines(4))
    filter("in")
    before = files("out")
    ended = filter("in", *option)
    assert ended.code == 2
    assert said in ended.err
    assert "--restart" in ended.err
    assert files("out") == before
    assert filter("in", *option, "--restart").scored == 4


# Options that decide nothing about the result: what runs and where, what is told of it, which files there are.
_UNDECISIVE = {"kept", "errors", "run-report", "exclude", "hidden", "gitignored"}
_UNDECISIVE |= {"restart", "jobs", "strict", "max-errors", "progress"}
_UNDECISIVE |= {"document-timeout", "languagetool-url"}  # of a server, what it is stands as the grammar engine


def test_every_option_that_decides_is_noted(filter: Filter) -> None:
    """An option that is new stands in one of the two, or a run goes on with another one."""
    from detector.option_types import rows
    from detector.options import Settings

    write("in/a.jsonl", lines(4))
    write("source.jsonl", lines(1))
    filter("in", "--trace", "source.jsonl")
    noted = json.loads(Path("out/kept/.unspun/command.json").read_bytes())
    taken = {row.key for row in rows(Settings) if "filter" in row.commands}
    assert taken - {name.removeprefix("--") for name in noted} == _UNDECISIVE


def test_another_grammar_engine_is_refused(filter: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` may find LanguageTool when the run goes on, where it found none when it began."""
    write("in/a.jsonl", lines(4))
    filter("in")
    monkeypatch.setattr("detector.cli.filtering.expected_engine", lambda engine, url: "languagetool/99")
    ended = filter("in")
    assert ended.code == 2
    assert re.search(r"grammar engine \S+, now it is languagetool/99", ended.err)


def test_another_model_is_refused(filter: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from detector import model_files

    write("in/a.jsonl", lines(4))
    filter("in")
    manifest = model_files.read_manifest(model_files.locate())
    monkeypatch.setattr(model_files, "read_manifest", lambda folder: replace(manifest, sha256="other"))
    assert "model" in filter("in").err


def test_other_inputs_are_refused(filter: Filter) -> None:
    write("in/a.jsonl", lines(4))
    write("in/b.jsonl", lines(4))
    filter("in")
    Path("in/b.jsonl").rename("b.jsonl")
    assert "b.jsonl, which is not there now" in filter("in").err
    Path("b.jsonl").rename("in/b.jsonl")
    assert filter("in").code == 0
    write("in/b.jsonl", lines(4).replace("Text 1", "Text 9"))
    os.utime("in/b.jsonl", ns=(1, 1))
    assert "in/b.jsonl: is not the file any more" in filter("in").err
    assert filter("in", "--restart").scored == 8


def test_a_restart_takes_away_what_the_first_run_wrote(filter: Filter) -> None:
    write("in/a.jsonl", lines(4))
    write("in/b.txt", "[spun]")
    filter("in")
    write("out/kept/mine.jsonl", "mine")
    Path("in/b.txt").unlink()
    filter("in", "--restart")
    assert set(files("out/rejected")) == {"a.jsonl"}
    assert set(files("out/kept")) == {"a.jsonl", "mine.jsonl"}


def test_a_file_that_somebody_else_made_is_not_replaced(filter: Filter) -> None:
    write("in/a.jsonl", lines(4))
    write("out/rejected/a.jsonl", "mine")
    ended = filter("in")
    assert ended.code == 2
    assert "was not made by this run" in ended.err
    assert files("out/rejected") == {"a.jsonl": b"mine"}


def test_outputs_are_no_inputs(filter: Filter) -> None:
    write("a.jsonl", lines(4))
    filter(".")
    assert filter(".").scored == 0
    assert set(files("out/kept")) == {"a.jsonl"}
    assert "output folder" in filter(".", "--kept", ".", "--rejected", "x", folders=False).err


def test_two_inputs_with_one_output_are_refused(filter: Filter) -> None:
    write("in/a.jsonl", lines(1))
    write("in/a.jsonl.gz", gzip.compress(lines(1).encode()))
    assert "same file" in filter("in", "--to", "parquet").err
    assert "same folder" in filter("in", "--kept", "x", "--rejected", "./x", folders=False).err


def test_files_of_several_folders_keep_apart(filter: Filter) -> None:
    write("x/a.jsonl", lines(1))
    write("y/a.jsonl", lines(1))
    filter("x/a.jsonl", "y")
    assert set(files("out/kept")) == {"x/a.jsonl", "y/a.jsonl"}


# Two runs on one output


def lock(**holder: object) -> None:
    write("out/rejected/.unspun/lock", json.dumps(holder))


def test_a_second_run_is_refused(filter: Filter) -> None:
    write("in/a.jsonl", lines(4))
    lock(host=socket.gethostname(), pid=os.getppid(), started="", token="x")
    ended = filter("in")
    assert ended.code == 2
    assert f"process {os.getppid()} on {socket.gethostname()} writes there" in ended.err
    assert not files("out/kept")
    lock(host="another.example", pid=1, started="", token="x")
    assert "another.example" in filter("in").err
    Path("out/rejected/.unspun/lock").unlink()
    assert filter("in").scored == 4


@pytest.mark.parametrize("pid", [2**22 + 1, os.getppid(), os.getpid()], ids=["none", "parent", "own"])
def test_a_lock_of_a_run_that_is_gone_is_taken_over(filter: Filter, pid: int) -> None:
    write("in/a.jsonl", lines(3))
    lock(host=socket.gethostname(), pid=pid, started="another boot 1", token="x")
    ended = filter("in")
    assert ended.code == 0, ended.err
    assert "taken over" in ended.err
    assert not Path("out/rejected/.unspun/lock").exists()


def test_a_file_without_records(filter: Filter) -> None:
    write("in/a.jsonl", "\n\n")
    write("in/b.csv", "")
    assert filter("in").code == 0
    assert files("out/kept") == {"a.jsonl": b"", "b.csv": b""}
    assert list(read_jsonl(Input("out/kept/a.jsonl", "x"), ReadOptions(), ReadLog())) == []
