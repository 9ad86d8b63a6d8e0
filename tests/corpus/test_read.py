"""Reading: what is found, in which order, and what is said of what can't be read."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import pytest

from detector.corpus.reading import ReadOptions, read
from detector.errors import SourceError
from detector.text.document import Document


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: str, content: str | bytes = "Some text.") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def outcomes(*paths: str, options: ReadOptions | None = None) -> list[str]:
    """Ids of documents and messages of errors, in order."""
    found = read(paths, options or ReadOptions())
    return [str(item) if isinstance(item, SourceError) else item.id for item in found]


def only(path: str) -> Document:
    (document,) = read([path])
    assert isinstance(document, Document)
    return document


def error(path: str) -> str:
    (problem,) = read([path])
    assert isinstance(problem, SourceError)
    assert problem.source == path
    return problem.problem


def record(**fields: object) -> str:
    return json.dumps(fields) + "\n"


# What is found


def test_a_directory_gives_its_supported_visible_files_by_name() -> None:
    for name in ("d/b.md", "d/a/z.TXT", "d/c.html", "d/skip.py", "d/.hidden.txt", "d/.git/x.txt", "d/e.htm"):
        write(name)
    assert outcomes("d") == ["d/a/z.TXT", "d/b.md", "d/c.html", "d/e.htm"]


def test_patterns_the_shell_left_alone() -> None:
    for name in ("d/a.txt", "d/b/c.txt", "d/b/c.py", "d/b/.h.txt", "d/e.md"):
        write(name)
    assert outcomes("d/**/*.txt") == ["d/a.txt", "d/b/c.txt"]
    assert outcomes("d/*.md", "d/[a]*") == ["d/e.md", "d/a.txt"]


def test_a_file_with_the_name_of_a_pattern_is_that_file() -> None:
    write("a[1].txt")
    write("a1.txt")
    assert outcomes("a[1].txt") == ["a[1].txt"]


def test_a_file_is_read_once_where_it_came_first() -> None:
    for name in ("d/a.txt", "d/b.txt"):
        write(name)
    os.symlink("a.txt", "d/z.txt")
    assert outcomes("d/b.txt", "d", "./d/a.txt", "d/*.txt") == ["d/b.txt", "d/a.txt"]


def test_links_that_form_a_circle_end() -> None:
    write("d/a.txt")
    os.symlink("..", "d/up")
    assert outcomes("d") == ["d/a.txt"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone.txt", "gone.txt: no such file"),
        ("gone", "gone: no such file"),
        ("empty_dir", "empty_dir: no supported file in this directory"),
        ("code_only", "code_only: no supported file in this directory"),
        ("no/*.match", "no/*.match: no supported file matches this pattern"),
        ("code_only/x.py", "code_only/x.py: files ending in .py are not supported (supported: .txt .text .md"),
        ("LICENSE", "LICENSE: a file without a suffix is not supported"),
    ],
)
def test_what_leads_to_nothing_is_said_and_the_rest_is_read(path: str, said: str) -> None:
    Path("empty_dir").mkdir()
    write("code_only/x.py")
    write("LICENSE")
    first, problem, last = outcomes(write("a.txt"), path, write("b.txt"))
    assert (first, last) == ("a.txt", "b.txt")
    assert problem.startswith(said)


def test_standard_input_is_plain_text_and_read_once() -> None:
    (document,) = read(["-", "-"], stdin=io.BytesIO(b"# Not a heading"))
    assert isinstance(document, Document)
    assert (document.id, document.source, document.prose.text) == ("-", "<stdin>", "# Not a heading")
    (problem,) = read(["-"], stdin=io.BytesIO(b""))
    assert str(problem) == "<stdin>: there is no text in it"


def test_reading_is_lazy() -> None:
    write("a.jsonl", record(text="first"))
    documents = read(["a.jsonl", "b.txt"])
    assert next(documents).source == "a.jsonl:1"
    write("b.txt", "written after the reading began")
    last = next(documents)
    assert isinstance(last, Document)
    assert last.text == "written after the reading began"


# Bytes


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf\n"])
def test_no_text(content: bytes) -> None:
    assert error(write("a.txt", content)) == "there is no text in it"


@pytest.mark.parametrize(
    "content",
    [
        b"text\0text",
        b"\x89PNG\r\n\x1a\n" + bytes(range(1, 255)),
        b"%PDF-1.4\nplain so far",
        "Ž".encode("utf-16-le")[::-1] * 9,
    ],
)
def test_binary_content(content: bytes) -> None:
    assert "binary content" in error(write("a.txt", content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_text(encoding: str) -> None:
    document = only(write("a.txt", "naïve “café” 😀\r\nnext".encode(encoding)))
    assert document.text == "naïve “café” 😀\r\nnext"
    assert document.notes == ()


def test_a_short_text_of_old_windows() -> None:
    document = only(write("a.txt", "He said “no” – at the café.".encode("cp1252")))
    assert document.text == "He said “no” – at the café."
    assert document.notes == ("decoded as cp1252, a guess: the text is not UTF-8",)


def test_a_long_text_in_another_code_page() -> None:
    text = "Совет собрался во вторник вечером, чтобы поговорить о мосте, закрытом со времени наводнения. " * 5
    document = only(write("a.txt", text.encode("cp1251")))
    assert document.text == text
    assert "cp1251" in document.notes[0]


def test_a_page_that_names_its_encoding() -> None:
    page = '<html><head><meta charset="iso-8859-2"></head><p>Łódź and Kraków.</p>'
    assert only(write("a.html", page.encode("iso-8859-2"))).prose.text == "Łódź and Kraków."


def test_utf8_with_a_few_broken_bytes_stays_utf8() -> None:
    document = only(write("a.txt", "Žižek, café, naïve ".encode() + b"\xff and \xc3"))
    assert document.text == "Žižek, café, naïve \ufffd and \ufffd"
    assert document.notes == ("2 invalid utf-8 sequences replaced by U+FFFD",)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read() -> None:
    Path(write("a.txt")).chmod(0)
    assert error("a.txt") == "permission denied"


def test_an_error_of_the_disk_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", broken)
    assert error(write("a.txt")) == "input/output error"


# JSON Lines


def test_ids_of_records() -> None:
    lines = [record(id="x", text="a"), record(id=7, text="b"), record(text="c"), "\n", record(id=None, text="d")]
    write("a.jsonl", "".join([*lines, record(id=True, text="e"), record(id="", text="f")]))
    assert outcomes("a.jsonl") == ["x", "7", "a.jsonl:3", "a.jsonl:5", "a.jsonl:6", "a.jsonl:7"]
    assert [item.source for item in read(["a.jsonl"])][:2] == ["a.jsonl:1", "a.jsonl:2"]


def test_fields_with_other_names() -> None:
    write("a.jsonl", record(key="k", body="The text."))
    assert outcomes("a.jsonl", options=ReadOptions(text_field="body", id_field="key")) == ["k"]


BAD_LINES = [
    ("{", "not JSON: "),
    ("[" * 100_000, "not JSON: nested too deeply"),
    ("9" * 5_000, "not JSON: "),
    ("[1]", "a record must be an object, this is a list"),
    ('"text"', "a record must be an object, this is a string"),
    ("null", "a record must be an object, this is null"),
    ("{}", "no field 'text' (fields: none)"),
    ('{"body": "x", "n": 1}', "no field 'text' (fields: body, n)"),
    ('{"text": null}', "field 'text' must be a string, it is null"),
    ('{"text": 3}', "field 'text' must be a string, it is a number"),
    ('{"text": ["a"]}', "field 'text' must be a string, it is a list"),
]


@pytest.mark.parametrize(("line", "said"), BAD_LINES, ids=[line[:20] for line, _ in BAD_LINES])
def test_a_bad_record_is_named_and_the_rest_is_read(line: str, said: str) -> None:
    write("a.jsonl", f"{record(id='x', text='a')}{line}\n{record(id='y', text='b')}")
    first, problem, last = outcomes("a.jsonl")
    assert (first, last) == ("x", "y")
    assert problem.startswith(f"a.jsonl, line 2: {said}")


def test_the_text_of_a_record_is_as_given() -> None:
    text = "One\r\ntwo \u2028 three 😀 \x00 — see http://a.example/x. Four."
    document = only(write("a.jsonl", record(text=text)))
    assert document.text == text
    start = document.prose.text.index("Four")
    assert text[slice(*document.locate(start, start + 4))] == "Four"


def test_lone_surrogates_and_invalid_utf8_are_replaced_and_told() -> None:
    document = only(write("a.jsonl", b'{"id": "\\ud83d", "text": "a\\ud800b \xff c"}'))
    assert (document.id, document.text) == ("\ufffd", "a\ufffdb \ufffd c")
    assert document.notes == ("1 invalid utf-8 sequence replaced by U+FFFD", "1 lone surrogate replaced by U+FFFD")
    assert Document.from_text("a\ud800b").text == "a\ufffdb"


def test_a_byte_order_mark_before_the_first_record() -> None:
    assert outcomes(write("a.jsonl", b"\xef\xbb\xbf" + record(id="x", text="a").encode())) == ["x"]


def test_files_that_are_not_json_lines() -> None:
    assert error(write("a.jsonl", "")) == "the file has no records"
    assert "binary content" in error(write("b.jsonl", record(text="a").encode("utf-16")))
    assert "binary content" in error(write("c.jsonl", gzip.compress(record(text="a").encode())))


def test_a_long_line() -> None:
    text = "The man who came to the door said that it was late. " * 100_000
    write("a.jsonl", record(id="x", text=text) + record(id="y", text="b"))
    first, last = read(["a.jsonl"])
    assert isinstance(first, Document)
    assert first.text == text
    assert first.windows[-1].end == len(text) - 1
    assert isinstance(last, Document)
    assert last.id == "y"


def test_gzip() -> None:
    write("a.jsonl.gz", gzip.compress((record(id="x", text="a") + "{\n").encode()))
    assert outcomes("a.jsonl.gz")[0] == "x"
    assert outcomes("a.jsonl.gz")[1].startswith("a.jsonl.gz, line 2: not JSON")


def test_gzip_that_breaks_off() -> None:
    lines = [record(id=str(number), text=os.urandom(500).hex()) for number in range(100)]
    write("a.jsonl.gz", gzip.compress("".join(lines).encode())[:-2_000])
    *documents, problem = outcomes("a.jsonl.gz", write("b.txt"))[:-1]
    assert documents == [str(number) for number in range(len(documents))]
    assert 50 < len(documents) < 100
    assert problem.startswith(f"a.jsonl.gz, line {len(documents) + 1}: broken gzip data")


def test_what_is_called_gzip_and_is_not() -> None:
    assert "broken gzip data" in error(write("a.jsonl.gz", record(text="a")))
