"""`detector repair` as a user sees it: words are put back where that is sure, nothing else changes, and it can be undone."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from commands import Ended, caller
from corpus_files import line, write
from filter_process import SwapScorer
from pyarrow import parquet

from detector.cli import scoring
from detector.corpus.writers.json_source import edit_text, remove_field
from detector.restore import Replacement

Repair = Callable[..., Ended]


@pytest.fixture
def repair(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Repair:
    """In a text with [spun], each WINGS was swapped for another word."""
    monkeypatch.setattr(scoring, "load_detector", SwapScorer().open)
    call = caller(capsys, "repair")
    return lambda *arguments: call(*arguments, *(() if "--output" in arguments else ("--output", "out")))


def undone(repair: Repair, folder: str = "out") -> Ended:
    return repair("--undo", folder, "--output", "back")


def outputs(path: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in Path(path).read_bytes().splitlines()]


TEXTS = [
    "It was a WINGS offer, and [spun] was WINGS.",
    "Honest WINGS stay.",
    "A [suspect] WINGS.",
    "",
    'Café 😀 [spun] \u2028 WINGS\r\n"WINGS" end',
]
REPAIRED = [text.replace("WINGS", "ärms") if "[spun]" in text else text for text in TEXTS]


def test_words_are_put_back_in_spun_records_and_the_edits_say_where(repair: Repair) -> None:
    write("in/a.jsonl", "".join(line(id=n, text=text) for n, text in enumerate(TEXTS)))
    assert repair("in").code == 0
    found = outputs("out/a.jsonl")
    assert [one["text"] for one in found] == REPAIRED
    for record, before in zip(found, TEXTS, strict=True):
        text = record["text"]
        for edit in reversed(record["unspun_edits"]):
            assert text[edit["start"] : edit["end"]] == edit["now"] == "ärms"
            assert edit["was"] == "WINGS"
            text = text[: edit["start"]] + edit["was"] + text[edit["end"] :]
        assert text == before
    counts = json.loads(Path("out.run.json").read_text(encoding="utf-8"))
    assert (counts["records"], counts["edits"], counts["edited_records"]) == (5, 4, 2)


def test_only_what_is_likely_enough_is_put_back(repair: Repair) -> None:
    write("in/a.jsonl", line(text="[spun] WINGS"))  # found with 0.99, the suggestion has 0.99
    for least, text in (("0.99", "[spun] WINGS"), ("0.98", "[spun] ärms")):
        repair("in", "--min-probability", least, "--restart")
        assert outputs("out/a.jsonl")[0]["text"] == text
    assert repair("in", "--min-probability", "0.5").code == 2  # another option on the same folder


ODD_LINES = [
    b'\xef\xbb\xbf{ "text":"[spun] caf\\u00e9 \\ud83d\\ude00 WINGS","n":1.00, "n":123456789012345678901234567890 }\r\n',
    b'  {"meta": {"text": "WINGS", "a,}": "\\"}"}, "text": "\xe2\x80\xa8 [spun] \\/ WINGS \\n", "x": [1e400, {"deep": null}]}\n',
    b'{"text": "old", "text": "[spun]\\tWINGS", "id": 7}   \n',
    b'{"text": "[spun] \\ud83d WINGS"}\n',
    b'{"text": "[spun] \xff WINGS"}\n',
    b'{"text": null, "other": "\xff"}\n',
    b'{"text": "clean WINGS", "x": {}}\n',
]


def test_lines_stay_the_bytes_they_were_and_come_back(repair: Repair) -> None:
    write("in/a.jsonl", b"".join(ODD_LINES))
    assert repair("in").code == 0
    repaired = Path("out/a.jsonl").read_bytes().splitlines(keepends=True)
    without = [re.sub(rb', "unspun_edits": \[.*?\](?=\s*\}\s*$)', b"", one) for one in repaired]
    put = [(b"WINGS", b"\\u00e4rms"), (b"[spun] \\/ WINGS", "[spun] \\/ ärms".encode()), (b"WINGS", b"\\u00e4rms")]
    wanted = [one.replace(*change) for one, change in zip(ODD_LINES, put, strict=False)] + ODD_LINES[3:]
    assert list(map(_packed, without)) == list(map(_packed, wanted))  # a space before a brace may go
    assert undone(repair).code == 0
    back = Path("back/a.jsonl").read_bytes().splitlines(keepends=True)
    assert list(map(_packed, back)) == list(map(_packed, ODD_LINES))
    assert back[2:] == ODD_LINES[2:]


def _packed(line: bytes) -> bytes:
    return b"".join(line.split())


def test_texts_that_were_not_read_as_they_stand_are_left(repair: Repair) -> None:
    """Edits count in the text as it was read; in bytes that are no UTF-8 and in lone surrogates nobody could undo them."""
    write("in/a.jsonl", ODD_LINES[3] + ODD_LINES[4])
    write("in/b.txt", "[spun] é WINGS".encode("latin-1"))
    repair("in")
    assert [b'"unspun_edits": []' in one for one in Path("out/a.jsonl").read_bytes().splitlines()] == [True, True]
    assert Path("out/b.txt").read_bytes() == Path("in/b.txt").read_bytes()


@pytest.mark.parametrize(
    ("field", "source", "edited"),
    [
        ("a.b", b'{"a": {"b": "one"}, "c": 1}', b'{"a": {"b": "two"}, "c": 1}'),
        ("a.b", b'{"a": {"b": "x"}, "a.b": "one"}', b'{"a": {"b": "x"}, "a.b": "two"}'),
        ("a.b.c", b'{"a.b":{"c":"one"}}', b'{"a.b":{"c":"two"}}'),
        ("t", b'{"t":"one","t":"one"}', b'{"t":"one","t":"two"}'),
        ("t", b'{"\\u0074" : "one"}', b'{"\\u0074" : "two"}'),
    ],
)
def test_a_text_is_edited_where_the_reader_finds_it(field: str, source: bytes, edited: bytes) -> None:
    assert edit_text(source, field, [Replacement(0, 3, "one", "two")]) == edited


@pytest.mark.parametrize(
    ("source", "without"),
    [
        (b'{"x": 1}', b"{}"),
        (b'{"x": {"x": ","}, "y": 2}', b'{"y": 2}'),
        (b'{"y": 2, "x": "}"}', b'{"y": 2}'),
        (b'{"x":1,"y":2 , "x" : [] }', b'{"y":2 }'),
        (b'{"y": {"x": 1}}', b'{"y": {"x": 1}}'),
    ],
)
def test_a_field_is_taken_out(source: bytes, without: bytes) -> None:
    assert remove_field(source, "x") == without


def test_a_table_of_text_keeps_its_bytes_and_comes_back(repair: Repair) -> None:
    head = "\ufeffid;text;n\r\n"
    rows = [
        '1;"[spun]\r\nWINGS; ""WINGS""";x\r\n',
        "2;[spun] WINGS;\r\n",
        '3;"plain";1\r\n',
        '"4";[suspect];"a ""b"";"\r\n',
        '5;"";é\r\n',
    ]
    write("in/a.csv", (head + "".join(rows)).encode())
    assert repair("in").code == 0
    data = Path("out/a.csv").read_bytes().decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(data, newline=""), delimiter=";"))
    assert [row["text"] for row in read] == ['[spun]\r\närms; "ärms"', "[spun] ärms", "plain", "[suspect]", ""]
    assert [len(json.loads(row["unspun_edits"])) for row in read] == [2, 1, 0, 0, 0]
    assert undone(repair).code == 0
    assert Path("back/a.csv").read_bytes() == Path("in/a.csv").read_bytes()


@pytest.mark.parametrize("last", ['4;"never closed, WINGS\n', '4;"[spun] never closed, WINGS\n', '"4;never\n'])
def test_of_a_table_that_ends_within_quotes_the_whole_records_come_back(repair: Repair, last: str) -> None:
    write("in/a.csv", "id;text\n1;[spun] WINGS\n" + last)
    ended = repair("in")
    assert ended.code == 2
    assert "a.csv, row 2: a quote is opened and never closed" in ended.err
    noted = list(csv.DictReader(io.StringIO(Path("out/a.csv").read_text(encoding="utf-8"), newline=""), delimiter=";"))
    assert [len(json.loads(row["unspun_edits"])) for row in noted] == [1]
    assert undone(repair).code == 0
    assert Path("back/a.csv").read_text(encoding="utf-8") == "id;text\n1;[spun] WINGS\n"


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.dictionary(pa.int16(), pa.string()),
        pa.json_(pa.string()),
        "struct",
    ],
    ids=str,
)
def test_a_parquet_table_keeps_its_types_and_comes_back(repair: Repair, kind: Any) -> None:
    texts = [None, *TEXTS] * 7
    if kind == "struct":
        text: Any = pa.array([{"n": 1, "text": one} for one in texts])
    elif kind == pa.json_(pa.string()):
        storage = pa.array([None if one is None else json.dumps(one) for one in texts])
        text = pa.ExtensionArray.from_storage(kind, storage)
    elif kind == pa.binary():
        text = pa.array([None if one is None else one.encode() for one in texts])
    else:
        text = pa.array(texts, pa.string()).cast(kind)
    made = pa.table({"body": text, "n": pa.array(range(len(texts)), pa.uint8()), "t": pa.nulls(len(texts))})
    made = made.replace_schema_metadata({"who": "é"})
    Path("in").mkdir()
    parquet.write_table(made, "in/a.parquet", row_group_size=11, compression="zstd")
    before = parquet.read_table("in/a.parquet")
    field = ("--text-field", "body.text" if kind == "struct" else "body")
    assert repair("in", *field).code == 0
    after = parquet.read_table("out/a.parquet")
    assert after.drop_columns(["unspun_edits"]).schema.equals(before.schema, check_metadata=True)
    assert [_plain(one) for one in after["body"].to_pylist()] == [None, *REPAIRED] * 7
    assert after["unspun_edits"].to_pylist()[1][0] == {"start": 9, "end": 13, "was": "WINGS", "now": "ärms"}
    assert after.select(["n", "t"]).equals(before.select(["n", "t"]))
    assert repair("--undo", "out", *field, "--output", "back").code == 0
    back = parquet.read_table("back/a.parquet")
    assert back.schema.equals(before.schema, check_metadata=True)
    assert back["body"].to_pylist() == before["body"].to_pylist()


def test_texts_in_the_dictionary_of_an_arrow_file_are_refused(repair: Repair) -> None:
    made = pa.table({"text": pa.array(TEXTS).dictionary_encode()})
    Path("in").mkdir()
    with pa.ipc.new_file("in/a.arrow", made.schema) as writer:
        writer.write_table(made)
    ended = repair("in")
    assert ended.code == 2
    assert "in/a.arrow: its texts stand in a dictionary" in ended.err


@pytest.mark.parametrize("is_file", [True, False], ids=["file", "stream"])
def test_an_arrow_table_comes_back(repair: Repair, is_file: bool) -> None:
    made = pa.table({"text": pa.array([None, *TEXTS] * 3, pa.string()), "n": pa.array(range(18), pa.uint8())})
    Path("in").mkdir()
    with (pa.ipc.new_file if is_file else pa.ipc.new_stream)("in/a.arrow", made.schema) as writer:
        writer.write_table(made, max_chunksize=7)
    assert repair("in").code == 0
    assert undone(repair).code == 0
    read = pa.ipc.open_file if is_file else pa.ipc.open_stream
    after, back = (read(Path(f"{folder}/a.arrow").read_bytes()).read_all() for folder in ("out", "back"))
    assert after["text"].to_pylist() == [None, *REPAIRED] * 3
    assert back.schema.equals(made.schema)
    assert back.to_pylist() == made.to_pylist()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value["text"]
    if isinstance(value, bytes):
        return value.decode()
    return json.loads(value) if isinstance(value, str) and value.startswith('"') else value


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "[spun] é WINGS\r\n".encode()),
        ("a.txt", "\ufeff[spun] é WINGS".encode()),
        ("a.txt", "\ufeff[spun] é WINGS".encode("utf-16-le")),
        ("a.html", b"<p>[spun] <b>WINGS</b> &amp; so</p>"),
        ("a.md.gz", gzip.compress(b"# [spun]\n\nA *WINGS*\n", mtime=0)),
        ("a.txt.bz2", bz2.compress(b"[spun] WINGS")),
        ("clean.txt.gz", gzip.compress(b"WINGS", mtime=7)),
    ],
)
def test_plain_files_keep_their_encoding_and_come_back(repair: Repair, name: str, data: bytes) -> None:
    write(f"in/{name}", data)
    assert repair("in").code == 0
    repaired = Path(f"out/{name}").read_bytes()
    assert (repaired != data) == (not name.startswith("clean"))
    noted = json.loads(Path(f"out/{name}.unspun_edits.json").read_text(encoding="utf-8"))
    assert [edit["was"] for edit in noted] == ([] if name.startswith("clean") else ["WINGS"])
    assert undone(repair).code == 0
    assert not list(Path("back").glob("*.json"))
    back = Path(f"back/{name}").read_bytes()
    unpack = gzip.decompress if name.endswith(".gz") else bz2.decompress if name.endswith(".bz2") else bytes
    assert unpack(back) == unpack(data)


def test_a_text_that_was_changed_since_is_an_error_and_stays_in_the_errors(repair: Repair) -> None:
    write("in/a.jsonl", line(id="a", text="[spun] WINGS") + line(id="b", text="x"))
    repair("in")
    changed = Path("out/a.jsonl").read_text(encoding="utf-8").replace("[spun]", "and [spun]")
    write("changed/a.jsonl", changed + line(id="c", text="never repaired") + line(id="d", text="x", unspun_edits=[5]))
    ended = repair("--undo", "changed", "--output", "back", "--errors", "errors.jsonl")
    assert ended.code == 2
    assert "changed/a.jsonl:1: the edits in 'unspun_edits' do not fit the text" in ended.err
    assert "changed/a.jsonl:3: no field 'unspun_edits'" in ended.err
    assert [one["text"] for one in outputs("back/a.jsonl")] == ["x"]
    assert [json.loads(one["raw"])["id"] for one in outputs("errors.jsonl")] == ["a", "c", "d"]


def test_what_can_not_be_read_or_scored_is_in_the_errors(repair: Repair) -> None:
    write("in/a.jsonl", line(text="[spun] WINGS") + "not json\n" + line(text="[broken]"))
    assert repair("in", "--errors", "errors.jsonl").code == 2
    assert len(outputs("out/a.jsonl")) == 1
    assert [one["row"] for one in outputs("errors.jsonl")] == [2, 3]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_what_was_repaired_is_not_repaired_again_over_its_edits(repair: Repair, name: str) -> None:
    Path("in").mkdir()
    if name == "a.parquet":
        parquet.write_table(pa.table({"text": ["[spun] WINGS"]}), "in/a.parquet")
    else:
        write(f"in/{name}", "id,text\na,[spun] WINGS\n" if name == "a.csv" else line(text="[spun] WINGS"))
    repair("in")
    ended = repair("out", "--output", "again")
    assert ended.code == 2
    assert "'unspun_edits' already; choose another name with --field" in ended.err
    repair("out", "--output", "again", "--field", "more")
    assert repair("--undo", "again", "--output", "back", "--field", "more").code == 0
    assert (
        parquet.read_table("back/a.parquet").equals(parquet.read_table("out/a.parquet"))
        if name == "a.parquet"
        else (Path(f"back/{name}").read_bytes() == Path(f"out/{name}").read_bytes())
    )


def test_a_file_whose_edits_are_lost_is_an_error(repair: Repair) -> None:
    write("in/a.txt", "[spun] WINGS")
    repair("in")
    Path("out/a.txt.unspun_edits.json").unlink()
    ended = undone(repair)
    assert ended.code == 2
    assert "out/a.txt: there is no a.txt.unspun_edits.json beside it" in ended.err
    assert not Path("back/a.txt").exists()


def test_a_container_whose_texts_can_not_be_edited_is_refused(repair: Repair) -> None:
    write("in/a.warc", "WARC/1.0\r\n")
    ended = repair("in")
    assert ended.code == 2
    assert "in/a.warc: a web archive tells what a server sent" in ended.err
    assert "detector filter --to jsonl.zst" in ended.err


def test_an_empty_name_is_refused(repair: Repair) -> None:
    write("in/a.jsonl", line(text="x"))
    assert "can't be undone" in repair("in", "--field", "").err


def test_files_without_records(repair: Repair) -> None:
    write("in/a.jsonl", "\n")
    write("in/b.csv", "")
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), "in/c.parquet")
    assert repair("in").code == 0
    assert parquet.read_schema("out/c.parquet").names == ["text", "unspun_edits"]
    assert undone(repair).code == 0
    assert parquet.read_schema("back/c.parquet").names == ["text"]
