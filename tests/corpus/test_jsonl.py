"""JSON Lines: records, their ids and texts, and what is wrong with some of them."""

from __future__ import annotations

import gzip
import json
import pickle
import tracemalloc

import pytest
from corpus_files import line, only, outcomes, problem, write

from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read

BOM = b"\xef\xbb\xbf"


# Ids


@pytest.mark.parametrize(
    ("id", "is_called"),
    [
        ("x", "x"),
        (" ", " "),
        (7, "7"),
        (-1, "-1"),
        (2**70, str(2**70)),
        (1.5, "1.5"),
        (12.0, "12.0"),
        (float("nan"), "NaN"),
        ("\ud83d", "\ufffd"),
        ("", "a.jsonl:1"),
        (None, "a.jsonl:1"),
        (True, "a.jsonl:1"),
        (["x"], "a.jsonl:1"),
        ({"x": 1}, "a.jsonl:1"),
    ],
)
def test_what_an_id_can_be(id: object, is_called: str) -> None:
    write("a.jsonl", line(id=id, text="a"))
    assert outcomes("a.jsonl") == [is_called]


def test_an_id_of_thousands_of_digits() -> None:
    write("a.jsonl", '{"id": %s, "text": "a"}\n' % ("9" * 5_000))
    assert outcomes("a.jsonl") == ["9" * 5_000]


def test_ids_that_are_replaced_are_counted() -> None:
    write("a.jsonl", line(id=True, text="a") + line(id=[], text="b") + line(id={}, text="c") + line(text="d"))
    log = ReadLog()
    outcomes("a.jsonl", log=log)
    assert log.replaced_ids == {"true or false": 1, "a list": 1, "an object": 1}
    log = ReadLog()
    outcomes("a.jsonl", options=ReadOptions(id_field="key"), log=log)
    assert log.replaced_ids == {"missing": 4}
    assert list(log.remarks()) == ["4 records have no such id field, and file:row is the id instead"]


def test_duplicate_ids_are_told_once_with_a_count_and_an_example() -> None:
    write("a.jsonl", line(id="x", text="a") + line(id="y", text="b") + line(id="x", text="c"))
    write("b.jsonl", line(id="x", text="a") + line(text="b"))
    log = ReadLog()
    assert outcomes("a.jsonl", "b.jsonl", log=log) == ["x", "y", "x", "x", "b.jsonl:2"]
    assert list(log.remarks()) == ["2 records have the id of an earlier record, the first is 'x' at a.jsonl:3"]


def test_the_ids_that_are_compared_are_bounded() -> None:
    write("a.jsonl", "".join(line(id=n % 6_000, text="") for n in range(9_000)))
    log = ReadLog(compared_ids=5_000)
    outcomes("a.jsonl", log=log)
    assert log.duplicate_ids == 3_000
    assert "ids were compared with those of the first 5,000 records only" in list(log.remarks())
    log = ReadLog()
    outcomes("a.jsonl", log=log)
    assert len(list(log.remarks())) == 1


# Fields


def test_fields_with_other_names() -> None:
    write("a.jsonl", line(key="k", body="The text."))
    assert outcomes("a.jsonl", options=ReadOptions(text_field="body", id_field="key")) == ["k"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"a": {"b": "inner"}}, "inner"),
        ({"a.b": "literal", "a": {"b": "inner"}}, "literal"),
        ({"a": {"b.c": "x", "b": "inner"}}, "inner"),
    ],
)
def test_nested_fields(fields: dict[str, object], text: str) -> None:
    document = only(write("a.jsonl", line(**fields)), ReadOptions(text_field="a.b", id_field="a.id"))
    assert document.text == text


def test_deeper_and_half_literal_paths() -> None:
    options = ReadOptions(text_field="a.b.c", id_field="meta.url")
    write("a.jsonl", line(meta={"url": "u"}, a={"b": {"c": "x"}}) + line(**{"a.b": {"c": "y"}, "meta.url": "v"}))
    assert outcomes("a.jsonl", options=options) == ["u", "v"]


def test_a_field_that_does_not_exist_lists_those_that_do_texts_first() -> None:
    write("a.jsonl", line(n=1, meta={"url": "u", "n": 2}, body="x"))
    said = problem("a.jsonl", ReadOptions(text_field="txt"))
    assert said == "no field 'txt' (fields: meta.url, body, n, meta, meta.n); choose one with --text-field"


@pytest.mark.parametrize("value", ["null", "NaN"])
def test_a_text_that_is_null_is_a_document_without_words(value: str) -> None:
    document = only(write("a.jsonl", f'{{"id": "x", "text": {value}}}\n'))
    assert (document.id, document.text, document.notes) == ("x", "", ("field 'text' is null",))


def test_the_format_of_texts_in_records() -> None:
    write("a.jsonl", line(text="# A *heading*"))
    assert only("a.jsonl", ReadOptions(text_format="markdown")).prose.text == "A heading"
    assert only("a.jsonl", ReadOptions(text_format="plain")).prose.text == "# A *heading*"


def test_all_fields_are_kept_if_asked_for() -> None:
    content = '{"b": [1, {"c": null}], "text": "x", "a": 1e400, "text": "y"}'
    write("a.jsonl", content + "\r\n" + line(id="z"))
    first, last = read(["a.jsonl"], ReadOptions(all_fields=True))
    assert first.raw == content.encode()
    assert first.fields is not None
    assert list(first.fields) == ["b", "text", "a"]
    assert first.document is not None
    assert first.document.text == "y"  # of a key that comes twice the last value counts
    assert (last.id, last.fields, last.error is not None) == ("z", {"id": "z"}, True)
    assert next(read(["a.jsonl"])).fields is None


# Records that can't be read

BAD_LINES = [
    ("{", "not JSON: the line ends within the record"),
    ('{"text": "a', "not JSON: the line ends within the record"),
    ("{bad: 1}", "not JSON: character 2 can't stand there"),
    ('{"text": "a"}, {"text": "b"}', "not JSON: something follows the record, from character 14 on"),
    ('{"text": "a\tb"}', "not JSON: character 12 is a control character, which must be escaped"),
    ('{"text": "a\\x"}', "not JSON: character 12 can't stand there"),
    ("[" * 100_000, "not JSON: nested too deeply"),
    ('{"text": "a", "n": ' + "[" * 500_000 + "]" * 500_000 + "}", "not JSON: nested too deeply"),
    ("9" * 5_000, "a record must be an object, this is a number"),
    ("[1]", "a record must be an object, this is a list"),
    ('"text"', "a record must be an object, this is a string"),
    ("null", "a record must be an object, this is null"),
    ("{}", "no field 'text' (fields: none)"),
    ('{"body": "x", "n": 1}', "no field 'text' (fields: body, n)"),
    ('{"text": 3}', "field 'text' must be a string, it is a number"),
    ('{"text": ["a"]}', "field 'text' must be a string, it is a list"),
    ('{"text": [{"role": "user", "content": "a"}]}', "field 'text' must be a string, it is a list"),
    ("\0" * 100, "100 zero bytes in place of a record"),
]


@pytest.mark.parametrize(("content", "said"), BAD_LINES, ids=[content[:20] for content, _ in BAD_LINES])
def test_a_bad_record_is_named_and_the_rest_is_read(content: str, said: str) -> None:
    write("a.jsonl", f"{line(id='x', text='a')}{content}\n{line(id='y', text='b')}")
    first, found, last = outcomes("a.jsonl")
    assert (first, last) == ("x", "y")
    assert found.startswith(f"a.jsonl, line 2: {said}")


def test_an_error_has_the_id_of_its_record() -> None:
    write("a.jsonl", line(id="x", body="a") + "{\n")
    assert [(record.id, record.source) for record in read(["a.jsonl"])] == [("x", "a.jsonl:1"), ("a.jsonl:2",) * 2]


def test_a_record_of_many_megabytes_is_an_error_in_bounded_memory() -> None:
    options = ReadOptions(max_document_size=1_000)
    huge = 4 * options.max_record_bytes
    with gzip.open("a.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(line(id="x", text="a") + '{"text": "')
        for _ in range(huge >> 20):
            file.write("x" * (1 << 20))
        file.write('"}\n' + line(id="y", text="b"))
    tracemalloc.start()
    first, found, last = outcomes("a.jsonl.gz", options=options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (first, last) == ("x", "y")
    assert found == "a.jsonl.gz, line 2: the record is longer than 16 MB (--max-document-size)"
    assert peak < 2 * options.max_record_bytes


def test_a_text_longer_than_the_limit_is_an_error_of_its_record() -> None:
    write("a.jsonl", line(id="x", text="a" * 11) + line(id="y", text="a" * 10))
    found, last = outcomes("a.jsonl", options=ReadOptions(max_document_size=10))
    assert found == "a.jsonl, line 1: the text is longer than 10 characters (--max-document-size)"
    assert last == "y"


def test_errors_pickle() -> None:
    write("a.jsonl", line(body="a"))
    (record,) = read(["a.jsonl"])
    copy = pickle.loads(pickle.dumps(record.error))
    assert str(copy) == str(record.error)
    assert vars(copy) == vars(record.error)


# Bytes


def test_the_text_of_a_record_is_as_given() -> None:
    text = "One\r\ntwo \u2028 three \x85 😀 \x00 — see http://a.example/x. Four."
    write("a.jsonl", json.dumps({"text": text}, ensure_ascii=False))
    document = only("a.jsonl")
    assert document.text == text
    start = document.prose.text.index("Four")
    assert text[slice(*document.locate(start, start + 4))] == "Four"


def test_lone_surrogates_and_invalid_utf8_are_replaced_and_told() -> None:
    document = only(write("a.jsonl", b'{"id": "\\ud83d", "text": "a\\ud800b \xff c"}'))
    assert (document.id, document.text) == ("\ufffd", "a\ufffdb \ufffd c")
    assert document.notes == ("1 invalid utf-8 sequence replaced by U+FFFD", "1 lone surrogate replaced by U+FFFD")


def test_a_byte_order_mark_before_any_record() -> None:
    records = [BOM + line(id=id, text="a").encode() for id in "xy"]
    assert outcomes(write("a.jsonl", b"".join([*records, BOM + records[0], BOM]))) == ["x", "y", "x"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_other_encodings_with_a_mark(encoding: str, suffix: str) -> None:
    content = "".join(json.dumps({"id": id, "text": "Žižek 😀"}, ensure_ascii=False) + "\r\n" for id in "xy")
    data = content.encode(encoding)
    write(f"a.jsonl{suffix}", gzip.compress(data) if suffix else data)
    assert outcomes(f"a.jsonl{suffix}") == ["x", "y"]


def test_files_that_are_not_json_lines() -> None:
    record = line(text="a")
    assert "UTF-16 without a byte order mark" in problem(write("b.jsonl", record.encode("utf-16-le")))
    assert "binary content" in problem(write("c.jsonl", gzip.compress(record.encode())))


@pytest.mark.parametrize("content", ["", "\n", " \r\n\n", BOM.decode()])
@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".jsonl.gz"])
def test_an_empty_shard_is_nothing(suffix: str, content: str) -> None:
    data = content.encode()
    assert outcomes(write(f"a{suffix}", gzip.compress(data) if suffix.endswith("z") else data)) == []


def test_a_long_line() -> None:
    text = "The man who came to the door said that it was late. " * 100_000
    write("a.jsonl", line(id="x", text=text) + line(id="y", text="b"))
    first, last = read(["a.jsonl"])
    assert first.document is not None
    assert first.document.text == text
    assert first.document.windows[-1].end == len(text) - 1
    assert last.id == "y"


def test_zero_bytes_after_the_last_record() -> None:
    write("a.jsonl", line(id="x", text="a") + line(id="y", text="b").rstrip() + "\0" * 9)
    first, last = read(["a.jsonl"])
    assert (first.id, last.id) == ("x", "y")
    assert last.document is not None
    assert last.document.notes == ("9 zero bytes stand around the record",)


def test_a_file_that_is_cut_within_a_record() -> None:
    write("a.jsonl", (line(id="x", text="a") + line(id="y", text="b"))[:-5])
    first, found = outcomes("a.jsonl")
    assert first == "x"
    assert found.startswith("a.jsonl, line 2: not JSON")
