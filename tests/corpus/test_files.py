"""Files of one document: bytes to text, empty files, compressed files, standard input."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus_files import line, only, outcomes, problem, write

from detector.corpus.options import ReadOptions
from detector.corpus.reading import read
from detector.errors import ConfigError
from detector.text.document import Document


def test_standard_input_is_plain_text_and_read_once() -> None:
    (record,) = read(["-", "-"], stdin=io.BytesIO(b"# Not a heading"))
    document = record.document
    assert document is not None
    assert (document.id, document.source, document.prose.text) == ("-", "<stdin>", "# Not a heading")
    (empty,) = read(["-"], stdin=io.BytesIO(b""))
    assert empty.document is not None


def test_standard_input_in_another_format() -> None:
    markdown = read(["-"], ReadOptions(stdin_format="markdown"), stdin=io.BytesIO(b"# A heading"))
    assert [record.document.prose.text for record in markdown if record.document] == ["A heading"]
    lines = io.BytesIO((line(id="x", text="a") + line(text="b")).encode())
    assert [record.id for record in read(["-"], ReadOptions(stdin_format="jsonl"), stdin=lines)] == ["x", "<stdin>:2"]
    with pytest.raises(ConfigError, match="choose one of jsonl"):
        next(read(["-"], ReadOptions(stdin_format="docx2")))


def test_reading_is_lazy() -> None:
    write("a.jsonl", line(text="first"))
    records = read(["a.jsonl", "b.txt"])
    assert next(records).source == "a.jsonl:1"
    write("b.txt", "written after the reading began")
    assert isinstance(document := next(records).document, Document)
    assert document.text == "written after the reading began"


# Bytes


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t", b"\xef\xbb\xbf\n", b"---\ntitle: x\n---\n", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.md.gz"])
def test_an_empty_file_is_a_document_without_words(name: str, content: bytes) -> None:
    document = only(write(name, gzip.compress(content) if name.endswith(".gz") else content))
    assert len(document.words) <= 2


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
    assert "binary content" in problem(write("a.txt", content))


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
    assert problem("a.txt") == "permission denied"


def test_an_error_of_the_disk_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("detector.corpus.input.Input.open", lambda _: Broken())
    assert problem(write("a.txt")) == "input/output error"


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_a_compressed_text(suffix: str, compress: type) -> None:
    document = only(write(f"a.md{suffix}", compress(b"# A heading")))
    assert (document.id, document.prose.text) == (f"a.md{suffix}", "A heading")
    assert problem(write(f"b.txt{suffix}", compress(b"Some text.")[:-5])).endswith("data breaks off")
    assert "whatever its suffix says" in problem(write(f"c.txt{suffix}", b"Some text."))


def test_a_text_longer_than_the_limit() -> None:
    write("a.txt", "é" * 101)
    write("b.txt", "é" * 100)
    write("c.txt.gz", gzip.compress(bytes(50_000_000)))
    options = ReadOptions(max_document_size=100)
    too_long, fits, unpacked = outcomes("a.txt", "b.txt", "c.txt.gz", options=options)
    assert too_long == "a.txt: the text is longer than 100 characters (--max-document-size)"
    assert fits == "b.txt"
    assert unpacked.startswith("c.txt.gz: ")


def test_a_file_that_can_only_be_read_whole_and_is_too_large() -> None:
    write("a.docx", b"PK" + bytes(10_000_000))
    options = ReadOptions(max_document_size=1_000_000)
    assert problem("a.docx", options) == "the file is larger than 4 MB (--max-document-size)"


JSON_LINES = b'{"id": "x", "text": "one"}\n{"id": "y", "text": "two"}\n'


@pytest.mark.parametrize("data", [JSON_LINES, b"\xef\xbb\xbf" + JSON_LINES, b"\n" + JSON_LINES])
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_records_on_standard_input_are_told_by_how_they_begin(data: bytes, compress: Callable[[bytes], bytes]) -> None:
    stdin = io.BytesIO(compress(data))
    assert [record.id for record in read(["-"], stdin=stdin)] == ["x", "y"]
    assert not stdin.closed


@pytest.mark.parametrize(
    "text",
    ["{Many|Some} people came.", '{\n  "text": "spread over lines"\n}', '"Quoted": a word.', "BZhang wrote it.", ""],
)
def test_other_text_on_standard_input_is_one_document(text: str) -> None:
    (record,) = read(["-"], stdin=io.BytesIO(text.encode()))
    assert record.document is not None
    assert record.document.text == text


def test_compressed_text_on_standard_input_is_read_and_a_broken_end_is_told() -> None:
    text = b"A word or two. " * 4_000
    (whole,) = read(["-"], stdin=io.BytesIO(gzip.compress(text)))
    assert whole.document is not None
    assert whole.document.text == text.decode()
    (cut,) = read(["-"], stdin=io.BytesIO(gzip.compress(text)[:-40]))
    assert cut.error is not None
    assert str(cut.error).startswith("<stdin>: the gzip data")
