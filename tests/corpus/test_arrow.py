"""Arrow files and streams: read like Parquet, damaged ones, and what `detector filter` keeps of them."""

from __future__ import annotations

import gzip
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pytest
from corpus_files import outcomes, problem, write
from filtering import Filter

from detector.corpus.compression import COMPRESSIONS
from detector.corpus.options import ReadOptions
from detector.corpus.reading import read

New = Callable[..., Any]
BOTH = pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream], ids=["file", "stream"])
TEXTS = ["One “text” 😀.", None, "", "Another."]


def packed(table: pa.Table, new: New = pa.ipc.new_file, *, rows: int | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    with new(stream, table.schema, **options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return stream.getvalue()


def written(columns: dict[str, Any], new: New = pa.ipc.new_file, name: str = "a.arrow", **options: Any) -> str:
    return write(name, packed(pa.table(columns), new, **options))


def texts(name: str, **options: Any) -> Sequence[str | None]:
    return [record.document and record.document.text for record in read([name], ReadOptions(**options))]


def opened(path: str) -> Any:
    data = Path(path).read_bytes()
    return (pa.ipc.open_file if data.startswith(b"ARROW1") else pa.ipc.open_stream)(data)


def codec(path: str) -> str:
    """Return how the buffers are compressed: both kinds begin with a mark of their own."""
    data = Path(path).read_bytes()
    return "zstd" if b"\x28\xb5\x2f\xfd" in data else "lz4" if b"\x04\x22\x4d\x18" in data else "none"


# Reading


@BOTH
@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()], ids=str
)
def test_every_kind_of_string_is_a_text(new: New, kind: pa.DataType) -> None:
    values = [text.encode() if text is not None and "binary" in str(kind) else text for text in TEXTS]
    written({"text": pa.array(values, kind), "id": [1, 2, 3, 4]}, new)
    assert texts("a.arrow") == ["One “text” 😀.", "", "", "Another."]
    assert outcomes("a.arrow") == ["1", "2", "3", "4"]


@BOTH
def test_dictionaries_nulls_and_json(new: New) -> None:
    json = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['"One \\u201ctext\\u201d"', None, "null", '"x"']))
    columns = {
        "coded": pa.array(TEXTS).dictionary_encode(),
        "nothing": pa.nulls(4),
        "nan": [float("nan")] * 4,
        "json": json,
    }
    written(columns, new, rows=2)
    assert texts("a.arrow", text_field="coded") == ["One “text” 😀.", "", "", "Another."]
    assert texts("a.arrow", text_field="nothing") == texts("a.arrow", text_field="nan") == [""] * 4
    assert texts("a.arrow", text_field="json") == ["One “text”", "", "", "x"]


def test_a_dictionary_that_changes_from_batch_to_batch() -> None:
    schema = pa.schema({"text": pa.dictionary(pa.int8(), pa.string())})
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, schema) as writer:
        for values in (["a", "b"], ["c", "a"], ["d"]):
            writer.write_batch(
                pa.RecordBatch.from_arrays([pa.array(values).dictionary_encode().cast(schema[0].type)], schema=schema)
            )
    write("a.arrow", stream.getvalue())
    assert texts("a.arrow") == ["a", "b", "c", "a", "d"]


@BOTH
@pytest.mark.parametrize("buffers", ["lz4", "zstd", None])
@pytest.mark.parametrize("suffix", ["", *(known.suffix for known in COMPRESSIONS)])
def test_compressed_as_a_whole_or_inside(new: New, buffers: str | None, suffix: str) -> None:
    table = pa.table({"text": [f"Text {n}" for n in range(500)], "other": [[n] for n in range(500)]})
    data = packed(table, new, rows=64, options=pa.ipc.IpcWriteOptions(compression=buffers))
    stream = io.BytesIO(data)
    known = next((one for one in COMPRESSIONS if one.suffix == suffix), None)
    if known:
        stream = io.BytesIO()
        with known.compress(stream) as inner:
            inner.write(data)
    name = write(f"a.arrow{suffix}", stream.getvalue())
    assert texts(name) == table["text"].to_pylist()
    assert texts(name, after_row=70) == table["text"].to_pylist()[70:]


def test_fields_are_checked_against_the_schema_first() -> None:
    written({"id": [1, 2], "body": ["x", "y"]})
    assert problem("a.arrow") == "no column 'text' (columns: id, body); choose one with --text-field"
    data = [pa.array(["x"]), pa.array(["y"]), pa.array(["z"])]
    write("b.arrow", packed(pa.Table.from_arrays(data, names=["text", "text", "body"])))
    assert problem("b.arrow") == "2 columns are called 'text'; rename all but one"
    assert texts("b.arrow", text_field="body") == ["z"]


def test_a_batch_is_given_row_by_row_and_only_the_columns_that_are_needed() -> None:
    written({"id": list(range(1000)), "text": ["x"] * 1000, "extra": [{"deep": [1, None]}] * 1000})
    first = next(iter(read(["a.arrow"])))
    assert (first.source, first.fields) == ("a.arrow:1", None)
    record = next(iter(read(["a.arrow"], ReadOptions(all_fields=True))))
    assert record.fields == {"id": 0, "text": "x", "extra": {"deep": [1, None]}}
    assert outcomes("a.arrow") == [str(n) for n in range(1000)]


@BOTH
def test_a_table_of_no_rows_is_nothing(new: New) -> None:
    written({"text": pa.array([], pa.string())}, new)
    assert outcomes("a.arrow") == []


class Pipe(io.RawIOBase):
    """Gives a few bytes at a time, and nothing twice."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._stream.read(min(len(buffer), 1000))
        buffer[: len(piece)] = piece
        return len(piece)


@BOTH
def test_standard_input(new: New) -> None:
    pipe: BinaryIO = Pipe(packed(pa.table({"text": ["a", "b" * 5000]}), new, rows=1))  # type: ignore[assignment]
    records = read(["-"], ReadOptions(stdin_format="arrow"), stdin=pipe)
    assert [record.document and record.document.text for record in records] == ["a", "b" * 5000]


# What is damaged


def test_strings_that_are_not_utf8() -> None:
    raw = pa.array([b"caf\xe9", "né".encode()])
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    written({"text": text, "id": text})
    first, last = read(["a.arrow"])
    assert first.document is not None
    assert (first.document.text, first.id) == ("caf\ufffd", "caf\ufffd")
    assert first.document.notes == ("1 invalid utf-8 sequence replaced by U+FFFD",)
    assert last.id == "né"


def test_offsets_that_lead_out_of_the_buffer_are_damage() -> None:
    whole = packed(pa.table({"text": ["abc" * 37, "x" * 50]}))
    offsets = pa.array([0, 111, 161], pa.int32()).buffers()[1].to_pybytes()
    assert whole.count(offsets) == 1
    write("a.arrow", whole.replace(offsets, pa.array([0, 1 << 30, 1 << 30], pa.int32()).buffers()[1].to_pybytes()))
    assert problem("a.arrow") == "this is no Arrow file, or it is damaged or cut off"


@pytest.mark.parametrize("cut", [0, 3, 500, -1])
@BOTH
def test_what_is_cut_off(new: New, cut: int) -> None:
    write("a.arrow", packed(pa.table({"text": ["x" * 100] * 100}), new, rows=50)[:cut])
    *_, last = outcomes("a.arrow")
    assert "cut off" in last or "damaged from here on" in last or "breaks off" in last


def test_a_stream_that_ends_between_two_batches_has_no_end_mark_and_that_is_told() -> None:
    whole = packed(pa.table({"text": ["a", "b"]}), pa.ipc.new_stream, rows=1)
    write("a.arrow", whole[:-8])
    assert outcomes("a.arrow") == [
        "a.arrow:1",
        "a.arrow:2",
        "a.arrow, row 3: the data breaks off: the mark of its end is missing",
    ]
    write("a.arrow", whole + whole)
    assert outcomes("a.arrow")[2:] == ["a.arrow, row 3: something follows the end of the Arrow stream"]


def test_the_first_version_of_feather() -> None:
    assert "Feather of version 1" in problem(write("a.feather", b"FEA1" + bytes(100) + b"FEA1"))


def test_without_pyarrow_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    written({"text": ["x"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert problem("a.arrow") == "Arrow needs pyarrow: pip install 'unspun[parquet]'"


# Filtering


def every_type(rows: int) -> pa.Table:
    """Return a table of the types that Arrow has and Parquet has not, too."""
    marks = ("", "[spun]", "[suspect]", "[short]")
    some = [n % 3 == 0 for n in range(rows)]
    kinds = pa.array([n % 2 for n in range(rows)], pa.int8())
    columns = {
        "text": pa.array([f"Téxt {n} {marks[n % 4]}" for n in range(rows)], pa.string_view()),
        "coded": pa.array([None if one else f"é{n % 7}" for n, one in enumerate(some)]).dictionary_encode(),
        "inner": pa.StructArray.from_arrays([pa.array(["en", None] * rows).slice(0, rows).dictionary_encode()], ["d"]),
        "views": pa.array([None if one else [n] for n, one in enumerate(some)], pa.list_view(pa.int64())),
        "union": pa.UnionArray.from_sparse(kinds, [pa.array(range(rows)), pa.array(["x"] * rows)]),
        "runs": pa.RunEndEncodedArray.from_arrays([rows // 2, rows], ["a", "b"]),
        "span": pa.array([None if one else pa.MonthDayNano([n, 1, 2]) for n, one in enumerate(some)]),
        "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": [null]}'] * rows)),
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)] * rows, pa.binary(16))),
        "grid": pa.ExtensionArray.from_storage(
            pa.fixed_shape_tensor(pa.int8(), [2]), pa.array([[1, n % 9] for n in range(rows)], pa.list_(pa.int8(), 2))
        ),
        "nothing": pa.nulls(rows),
        "map": pa.array([[("k", n), ("l", None)] for n in range(rows)], pa.map_(pa.string(), pa.int32())),
    }
    fields = [pa.field(name, column.type, metadata={"note": "é"}) for name, column in columns.items()]
    schema = pa.schema(fields, metadata={"who": "me", "huggingface": '{"info": {}}'})
    return pa.Table.from_arrays(list(columns.values()), schema=schema)


@BOTH
@pytest.mark.parametrize("buffers", ["lz4", "zstd", None])
def test_an_arrow_table_comes_out_as_it_went_in(filter: Filter, new: New, buffers: str | None) -> None:
    made = every_type(500)
    write("in/a.arrow", packed(made, new, rows=64, options=pa.ipc.IpcWriteOptions(compression=buffers)))
    assert filter("in", "--suspect", "out/suspect").code == 0
    rows = made.to_pylist()
    seen = 0
    for name, mark in (("rejected", "[spun]"), ("suspect", "[suspect]"), ("kept", None)):
        reader = opened(f"out/{name}/a.arrow")
        batches = list(reader.read_all().to_batches())
        after = pa.Table.from_batches(batches)
        after.validate(full=True)
        assert all(batch.num_rows == 64 for batch in batches[:-1])
        if mark:
            assert {note["verdict"] for note in after["unspun"].to_pylist()} == {mark[1:-1]}
            after = after.drop_columns(["unspun"])
        assert after.schema.equals(made.schema, check_metadata=True)
        wanted = [
            r for r in rows if (mark in r["text"] if mark else "[spun]" not in r["text"] and "[susp" not in r["text"])
        ]
        assert after.to_pylist() == wanted
        seen += len(wanted)
        assert Path(f"out/{name}/a.arrow").read_bytes().startswith(b"ARROW1") == (new is pa.ipc.new_file)
        assert codec(f"out/{name}/a.arrow") == (buffers or "none")
    assert seen == 500


def test_a_folder_of_datasets(filter: Filter) -> None:
    features = (
        '{"info": {"features": {"text": {"dtype": "string", "_type": "Value"}}}, "fingerprint": "c178814315729a2c"}'
    )
    table = pa.table({"text": ["a", "b [spun]"]}).replace_schema_metadata({"huggingface": features})
    write("ds/data-00000-of-00001.arrow", packed(table, pa.ipc.new_stream))
    write("ds/dataset_info.json", "{}")
    write("ds/state.json", '{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    ended = filter("ds")
    assert (ended.code, ended.scored) == (0, 2)
    assert "not read, because there is no reader for them: 2 .json" in ended.err
    assert opened("out/kept/data-00000-of-00001.arrow").read_all().schema.metadata == table.schema.metadata


@BOTH
def test_compressed_as_a_whole_it_stays_so(filter: Filter, new: New) -> None:
    write("in/a.arrow.gz", gzip.compress(packed(every_type(100), new, rows=10)))
    assert filter("in").code == 0
    data = gzip.decompress(Path("out/kept/a.arrow.gz").read_bytes())
    reader = (pa.ipc.open_file if new is pa.ipc.new_file else pa.ipc.open_stream)(data)
    assert reader.read_all().num_rows == 75


def test_views_do_not_bring_along_the_texts_of_other_rows(filter: Filter) -> None:
    texts = [f"{n} " + "x" * 10_000 + (" [spun]" if n == 150 else "") for n in range(200)]
    columns = {
        "text": pa.array(texts, pa.string_view()),
        "deep": pa.array([[text] for text in texts], pa.list_(pa.string_view())),
    }
    write("in/a.arrow", packed(pa.table(columns), rows=100))
    assert filter("in").code == 0
    assert opened("out/rejected/a.arrow").read_all()["text"].to_pylist() == [texts[150]]
    if int(pa.__version__.partition(".")[0]) < 26:  # which can't leave out what other rows hold
        return
    sizes = {name: Path(f"{name}/a.arrow").stat().st_size for name in ("in", "out/rejected", "out/kept")}
    assert sizes["out/rejected"] < 30_000
    assert sizes["out/kept"] < sizes["in"]


def test_the_metadata_of_a_footer_is_kept(filter: Filter) -> None:
    table = pa.table({"text": ["a", "b [spun]"]})
    if not hasattr(pa.ipc.RecordBatchFileReader, "metadata"):  # pyarrow 19 to 21
        return
    write("in/a.feather", packed(table, pa.ipc.new_file, metadata={b"made": b"by hand"}))
    assert filter("in").code == 0
    assert dict(opened("out/rejected/a.feather").metadata) == {b"made": b"by hand"}


def batches_with_their_own_dictionaries() -> Iterator[pa.RecordBatch]:
    for values in (["a", "b"], ["a [spun]", "c"], ["d", None]):
        text = pa.array(values).dictionary_encode()
        yield pa.RecordBatch.from_arrays([text, pa.StructArray.from_arrays([text], ["in"])], names=["text", "deep"])


@pytest.mark.parametrize("kind", ["replaced", "delta", "file"])
def test_dictionaries_that_grow_or_change(filter: Filter, kind: str) -> None:
    batches = list(batches_with_their_own_dictionaries())
    if kind != "replaced":
        growing = [pa.array(["a", "b", "a [spun]", "c", "d"][:n]) for n in (2, 4, 5)]
        codes = [[0, 1], [2, 3], [4, None]]
        texts = [
            pa.DictionaryArray.from_arrays(pa.array(one, pa.int32()), all)
            for one, all in zip(codes, growing, strict=True)
        ]
        batches = [pa.RecordBatch.from_arrays([text], names=["text"]) for text in texts]
    stream = io.BytesIO()
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with new(
        stream, batches[0].schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=kind != "replaced")
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)
    write("in/a.arrow", stream.getvalue())
    ended = filter("in", "--field", "")
    assert ended.code == 0, ended.err
    kept, rejected = (opened(f"out/{name}/a.arrow").read_all() for name in ("kept", "rejected"))
    assert kept["text"].to_pylist() == ["a", "b", "c", "d", None]
    assert rejected["text"].to_pylist() == ["a [spun]"]
    assert kept.schema == batches[0].schema


def test_an_arrow_table_becomes_parquet_with_its_types(filter: Filter) -> None:
    from pyarrow import parquet

    write(
        "in/a.arrow",
        packed(every_type(40).drop_columns(["text"]).append_column("text", every_type(40)["text"].cast(pa.string()))),
    )
    ended = filter("in", "--to", "parquet")
    assert ended.code == 2
    assert re.search(r"Parquet has no type for the column '(union|views)'", ended.err)
    some = every_type(40).select(["coded", "inner", "json", "uuid", "map", "nothing"])
    some = some.append_column("text", every_type(40)["text"].cast(pa.string()))  # pyarrow 19 writes no views
    write("in/a.arrow", packed(some, rows=7))
    assert filter("in", "--to", "parquet", "--restart").code == 0
    kept = parquet.read_table("out/kept/a.parquet")
    assert kept.schema.types == some.schema.types
    assert kept.to_pylist() == [row for row in some.to_pylist() if "[spun]" not in row["text"]]


def test_an_arrow_table_becomes_json_lines(filter: Filter) -> None:
    write("in/a.arrow", packed(every_type(8)))
    assert filter("in", "--to", "jsonl").code == 0
    assert len(Path("out/kept/a.jsonl").read_text(encoding="utf-8").splitlines()) == 6


def test_a_broken_end_keeps_what_stands_before(filter: Filter) -> None:
    whole = packed(pa.table({"text": [f"T {n}" for n in range(100)]}), pa.ipc.new_stream, rows=10)
    write("in/a.arrow", whole[: len(whole) // 2])
    assert filter("in").code == 2
    kept = opened("out/kept/a.arrow").read_all()["text"].to_pylist()
    assert kept == [f"T {n}" for n in range(len(kept))]
    assert 0 < len(kept) < 100
    write("in/a.arrow", whole)
    assert filter("in").code == 0
    assert opened("out/kept/a.arrow").read_all().num_rows == 100
