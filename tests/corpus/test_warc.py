"""WARC and WET as they are read: what is a document, what is passed over, and what damage costs."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
import zlib
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest
from corpus_files import only, outcomes, problem, write
from warc_files import ZSTD, http, members, page, skippable, warc

from detector.corpus.compression import compress_member
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read

zipped = partial(gzip.compress, mtime=0)  # the same bytes whenever this runs: they are in the names of tests

NAMES = ("a.warc", "a.wet", "a.warc.gz", "a.wet.gz", "a.warc.wet.gz", "a.warc.zst", "a.warc.bz2", "a.warc.xz")


def packed(name: str, *records: bytes) -> bytes:
    if name.endswith(".gz"):
        return members(*records)
    if name.endswith(".zst"):
        return members(*records, by="zstd")
    if name.endswith((".bz2", ".xz")):
        return import_module("bz2" if name.endswith("2") else "lzma").compress(b"".join(records))
    return b"".join(records)


def texts(path: str, options: ReadOptions | None = None) -> list[str]:
    """Return the texts of documents and what is wrong with the others, in order."""
    records = read([path], options or ReadOptions())
    return [record.document.text if record.document else f"! {record.error}" for record in records]


# What is a document


@pytest.mark.parametrize("name", NAMES)
def test_a_page_and_what_is_known_of_it(name: str) -> None:
    write(
        name,
        packed(
            name,
            warc("warcinfo", b"software: x\r\n"),
            page("Good day, Zoë.", "b"),
            warc("conversion", "Ça va".encode(), "c"),
        ),
    )
    options = ReadOptions(all_fields=True)
    log = ReadLog()
    one, two = read([name], options, log=log)
    assert (one.id, one.row, one.source) == ("<urn:uuid:b>", 2, f"{name}:2")
    assert one.document is not None
    assert one.document.text == "<p>Good day, Zoë.</p>"
    assert one.document.format == "page"
    assert dict(one.fields or {}) == {
        "id": "<urn:uuid:b>",
        "url": "https://example.org/b",
        "date": "2026-03-04T05:06:07Z",
        "content_type": "text/html",
        "text": "Good day, Zoë.",
    }
    assert two.document is not None
    assert (two.document.text, two.document.format, two.row) == ("Ça va", "plain", 3)
    assert list(log.remarks()) == ["records without a document: 1 warcinfo"]


def test_what_holds_no_document_is_counted_by_reason() -> None:
    records = [
        warc("warcinfo", b"x"),
        warc("request", b"GET / HTTP/1.1\r\n\r\n"),
        warc("metadata", b"x: y"),
        warc("revisit", http(b"")),
        page("Moved.", "b", WARC_Segment_Number="1"),
        warc("response", http(b"Not here", status="404 Not Found")),
        warc("response", http(b"Gone on", status="301 Moved", type="")),
        warc("response", http(b"\x89PNG", type="image/png")),
        warc("response", http(b"a{}", type="text/css")),
        warc("response", http(b"\x00\x01", type="")),
        warc("response", b"20260304 1.2.3.4", WARC_Target_URI="dns:example.org", Content_Type="text/dns"),
        warc("resource", b"<p>Kept by a browser</p>", "r", Content_Type="text/html"),
        warc("resource", b"{}", Content_Type="application/json"),
        warc("resource", b"text of a page", WARC_Target_URI="urn:text:https://example.org", Content_Type="text/plain"),
        warc("continuation", b"x"),
        warc("response", http(b"<!DOCTYPE html><p>No type", type=""), "s"),
        warc("response", http(b"Plain", type="text/plain"), "t"),
        warc("response", http(b"<p>X", type="application/xhtml+xml; charset=UTF-8"), "u"),
    ]
    write("a.warc.gz", members(*records))
    log = ReadLog()
    assert outcomes("a.warc.gz", log=log) == [f"<urn:uuid:{id}>" for id in "rstu"]
    assert log.passed_over == {
        "warcinfo": 1, "request": 1, "metadata": 1, "revisit": 1, "part of a record": 1, "status 404": 1, "status 301": 1,
        "no text (image/png)": 1, "no text (text/css)": 1, "no text (unknown type)": 1, "response": 1,
        "no text (application/json)": 1, "resource": 1, "continuation": 1,
    }  # fmt: skip


def test_names_and_lines_as_they_come() -> None:
    odd = (
        b"WARC/1.1\nwarc-type:Response\nWARC-RECORD-ID:   <urn:uuid:odd>  \nwarc-target-uri: <https://example.org/\n"
        b"  folded>\ncontent-length: %d\n\n"
    )
    body = http(b"<p>Odd</p>", "X-Folded: a", " b", "content-TYPE: text/html")
    write("a.warc", odd % len(body) + body + b"\n\n" + page("Next.", "b"))
    one, two = read(["a.warc"], ReadOptions(all_fields=True))
    assert one.fields is not None
    assert (one.id, one.fields["url"]) == ("<urn:uuid:odd>", "https://example.org/ folded")
    assert two.id == "<urn:uuid:b>"


@pytest.mark.parametrize("spelt", ["https://example.org/x", "<https://example.org/x>"])
def test_brackets_around_an_address_are_none_of_it(spelt: str) -> None:
    write("a.warc", page("X", WARC_Target_URI=spelt))
    (record,) = read(["a.warc"], ReadOptions(all_fields=True))
    assert record.fields is not None
    assert record.fields["url"] == "https://example.org/x"


def test_an_id_is_what_the_user_chose() -> None:
    write("a.warc", page("X", "b") + page("Y", "c", WARC_Record_ID=""))
    assert outcomes("a.warc") == ["<urn:uuid:b>", "a.warc:2"]
    assert outcomes("a.warc", options=ReadOptions(id_field="url"))[0] == "https://example.org/b"


def test_a_crawler_that_cut_a_page_is_named() -> None:
    write("a.warc", page("Half a pa", WARC_Truncated="length"))
    assert only("a.warc").notes == ("the crawler did not keep all of it (length)",)


def test_wat_files_are_told() -> None:
    for name in ("a.wat", "a.warc.wat.gz"):
        write(name, packed(name, warc("metadata", b"{}")))
        assert "hold metadata of pages and no text" in problem(name)
    log = ReadLog()
    assert outcomes(".", log=log)[0].startswith(".: no supported file")
    assert log.unread == {".wat": 1, ".wat.gz": 1}


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [page("One", "b"), page("Two", "c")]
    for data, format in (
        (b"".join(records), "auto"),
        (members(*records), "auto"),
        (members(*records), "warc"),
        (b"".join(records), "warc"),
        (skippable(b"x") + members(*records, by="zstd"), "warc"),
    ):
        found = read(["-"], ReadOptions(stdin_format=format), stdin=io.BytesIO(data))
        assert [record.id for record in found] == ["<urn:uuid:b>", "<urn:uuid:c>"]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.xz"])
def test_reading_goes_on_after_a_row(name: str) -> None:
    write(name, packed(name, warc("warcinfo", b"x"), *(page("X", f"n{n}") for n in range(4))))
    assert outcomes(name, options=ReadOptions(after_row=3)) == ["<urn:uuid:n2>", "<urn:uuid:n3>"]


# Encodings of pages


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Zoë".encode("cp1252"), "iso-8859-1", "Zoë"),
        ("“Zoë”".encode("cp1252"), "ISO-8859-1", "“Zoë”"),
        ("“Zoë”".encode(), "iso-8859-1", "“Zoë”"),  # servers say so of everything
        ("Zoë".encode(), "", "Zoë"),
        ("Ещё".encode("cp1251"), "windows-1251", "Ещё"),
        (b"<meta charset=windows-1251>" + "Ещё".encode("cp1251"), "", "<meta charset=windows-1251>Ещё"),
        (b"<meta charset=koi8-r>" + "Ещё".encode("cp1251"), "windows-1251", "<meta charset=koi8-r>Ещё"),  # HTTP first
        ("Zoë".encode("utf-16"), "windows-1251", "Zoë"),  # a mark comes before everything
        ("Zoë".encode("utf-16-le"), "utf-16le", "Zoë"),
        (b"<meta charset=utf-16>" + "Zoë".encode(), "", "<meta charset=utf-16>Zoë"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),  # bytes that are ASCII, too
        ("Zoë".encode(), "nonsense", "Zoë"),
        (b"Zo\xff!", "utf-8", "Zo\ufffd!"),
    ],
)  # fmt: skip
def test_the_encoding_of_a_page(body: bytes, charset: str, text: str) -> None:
    kind = f'text/html; charset="{charset}"' if charset else "text/html"
    write("a.warc", warc("response", http(body, type=kind)))
    assert only("a.warc").text == text


def test_a_binary_page_is_an_error() -> None:
    write("a.warc", warc("response", http(b"\x00\x01\x02" * 99, type="text/html")) + page("Next.", "b"))
    assert outcomes("a.warc") == [
        "a.warc, record 1: binary content (NUL bytes), or UTF-16 without a byte order mark (https://example.org/a)",
        "<urn:uuid:b>",
    ]


# Transfer and content encodings, declared rightly or not

TEXT = b"<p>" + b"A page that somebody wrote. " * 40 + b"</p>"
RAW_DEFLATE = zlib.compress(TEXT)[2:-4]
CHUNKED = b"5\r\n" + TEXT[:5] + b"\r\n" + b"%x;name=value\r\n" % len(TEXT[5:]) + TEXT[5:] + b"\r\n0\r\n\r\n"


def brotli(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("brotli").compress(data)
    return packed


DECODED = {
    "gzip": (zipped(TEXT), "Content-Encoding: gzip"),
    "x-gzip": (zipped(TEXT), "Content-Encoding: X-GZIP"),
    "several members": (zipped(TEXT[:50]) + zipped(TEXT[50:]) + b"\0\0", "Content-Encoding: gzip"),
    "twice": (zipped(zipped(TEXT)), "Content-Encoding: gzip"),
    "twice, as told": (zipped(zlib.compress(TEXT)), "Content-Encoding: deflate, gzip"),
    "not told": (zipped(TEXT), "X-Nothing: x"),
    "deflate": (zlib.compress(TEXT), "Content-Encoding: deflate"),
    "raw deflate": (RAW_DEFLATE, "Content-Encoding: deflate"),
    "zstd": (compress_member(ZSTD, TEXT), "Content-Encoding: zstd"),
    "none": (TEXT, "Content-Encoding: none"),
    "utf-8": (TEXT, "Content-Encoding: utf-8"),
    "compress, said of a plain page": (TEXT, "Content-Encoding: compress"),
    "gzip, said of a plain page": (TEXT, "Content-Encoding: gzip"),
    "deflate, said of a plain page": (TEXT, "Content-Encoding: deflate"),
    "br, said of a plain page": (TEXT, "Content-Encoding: br"),
    "br, said of gzip": (zipped(TEXT), "Content-Encoding: br"),
    "zstd, said of a plain page": (TEXT, "Content-Encoding: zstd"),
    "chunked": (CHUNKED, "Transfer-Encoding: chunked"),
    "chunked without an end": (CHUNKED[:-5], "Transfer-Encoding: chunked"),
    "chunked, said of a plain page": (TEXT, "Transfer-Encoding: chunked"),
    "gzip in chunks": (b"%x\r\n" % len(zipped(TEXT)) + zipped(TEXT) + b"\r\n0\r\n\r\n",
        "Content-Encoding: gzip\r\nTransfer-Encoding: chunked"),
}  # fmt: skip


@pytest.mark.parametrize("case", DECODED)
def test_an_encoded_page_is_read(case: str) -> None:
    body, header = DECODED[case]
    write("a.warc.gz", members(warc("response", http(body, header)), page("Next.", "b")))
    assert texts("a.warc.gz") == [TEXT.decode(), "<p>Next.</p>"]


def test_brotli() -> None:
    write("a.warc", warc("response", http(brotli(TEXT), "Content-Encoding: br")))
    assert texts("a.warc") == [TEXT.decode()]


def test_brotli_that_is_not_installed_names_the_pip_command(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.warc", warc("response", http(brotli(TEXT), "Content-Encoding: br")) + page("Next.", "b"))
    monkeypatch.setitem(sys.modules, "brotli", None)
    error, ok = texts("a.warc")
    assert "pip install 'unspun[warc]'" in error
    assert ok == "<p>Next.</p>"


@pytest.mark.parametrize(
    ("body", "header", "said"),
    [
        (zipped(TEXT)[:-30], "Content-Encoding: gzip", "its body is gzip and breaks off"),
        (
            zipped(TEXT)[:-8] + b"\xff" * 8,
            "Content-Encoding: gzip",
            "its body is said to be gzip, and is damaged",
        ),
        (b"\x1f\x9d\x90" + bytes(range(99)), "Content-Encoding: compress", "its body is compressed with compress"),
        (b"\x00\xffnothing", "Content-Encoding: deflate", "its body is said to be deflate, and is damaged"),
        (b"ffff\r\n" + TEXT, "Transfer-Encoding: chunked", "its body is in chunks and breaks off"),
    ],
)
def test_a_page_that_cannot_be_decoded_is_one_error(body: bytes, header: str, said: str) -> None:
    write("a.warc.gz", members(page("Before.", "b"), warc("response", http(body, header)), page("Next.", "c")))
    before, error, after = texts("a.warc.gz")
    assert error.startswith(f"! a.warc.gz, record 2: {said}")
    assert error.endswith("(https://example.org/a)")
    assert (before, after) == ("<p>Before.</p>", "<p>Next.</p>")


def test_a_page_that_the_crawler_cut_is_read_as_far_as_it_goes() -> None:
    cut = warc("response", http(zipped(TEXT)[:-9], "Content-Encoding: gzip"), WARC_Truncated="time")
    write("a.warc", cut)
    assert texts("a.warc")[0].startswith("<p>A page that somebody wrote.")


# Sizes


def test_a_record_larger_than_a_document_may_be_is_not_loaded() -> None:
    many = b"<p>" + b"word " * 6_000_000
    write("a.warc.gz", members(page("One.", "b"), page(many, "c"), page("Two.", "d")))
    bomb = zipped(zipped(b"a" * 60_000_000))
    write("b.warc.gz", members(warc("response", http(bomb, "Content-Encoding: gzip")), page("Two.", "d")))
    write("c.warc.gz", members(warc("resource", many, Content_Type="video/mp4"), page("Two.", "d")))
    del many
    tracemalloc.start()
    options = ReadOptions(max_document_size=100_000)
    one, error, two = texts("a.warc.gz", options)
    assert "record 2: the record is larger than 1 MB (--max-document-size)" in error
    assert (one, two) == ("<p>One.</p>", "<p>Two.</p>")
    assert "its body is larger than 0 MB (--max-document-size)" in texts("b.warc.gz", options)[0]
    assert texts("c.warc.gz", options) == ["<p>Two.</p>"]
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


# Damage, and what is none

THREE = [page("One.", "b"), page("Two.", "c"), page("Three.", "d")]
ALL = ["<p>One.</p>", "<p>Two.</p>", "<p>Three.</p>"]


def dictionary_file(*records: bytes, packed_dictionary: bool = False) -> bytes:
    zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    trained = zstd.train_dict([page(f"Sample {n}", str(n)) * 3 for n in range(300)], 2000)
    content = zstd.compress(trained.dict_content) if packed_dictionary else trained.dict_content
    frames = [zstd.compress(record, zstd_dict=trained) for record in records]
    assert "dict" in _failure(zstd, frames[0])
    return skippable(content, 13) + b"".join(frames)


def _failure(zstd: object, frame: bytes) -> str:
    with pytest.raises(zstd.ZstdError) as failed:  # type: ignore[attr-defined]
        zstd.decompress(frame)  # type: ignore[attr-defined]
    return str(failed.value).lower()


def wide_frame(data: bytes) -> bytes:
    zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    parameter = zstd.CompressionParameter
    compressor = zstd.ZstdCompressor(options={parameter.window_log: 28, parameter.enable_long_distance_matching: 1})
    frame: bytes = compressor.compress(data) + compressor.flush()
    assert (frame[5] >> 3) + 10 > 27  # the window's logarithm, beyond the library's own limit
    return frame


WHOLE = {
    "empty members": ("a.warc.gz", zipped(b"") + members(THREE[0], b"", b"", THREE[1], THREE[2], b"")),
    "zero bytes after the last member": ("a.warc.gz", members(*THREE) + b"\0" * 512),
    "zero bytes after the last record": ("a.warc", b"".join(THREE) + b"\0" * 512),
    "one member for all": ("a.warc.gz", members(b"".join(THREE))),
    "members that end anywhere": ("a.warc.gz", members(*(b"".join(THREE)[at : at + 37] for at in range(0, 2000, 37)))),
    "a skippable frame at the start": ("a.warc.zst", skippable(b"index") + members(*THREE, by="zstd")),
    "skippable frames everywhere": ("a.warc.zst", skippable(b"x").join(members(one, by="zstd") for one in [b"", *THREE, b""])),
    "a window over 2^27": ("a.warc.zst", b"".join(map(wide_frame, THREE))),
    "a dictionary": ("a.warc.zst", dictionary_file(*THREE)),
    "a compressed dictionary": ("a.warc.zst", dictionary_file(*THREE, packed_dictionary=True)),
    "line ends missing after the last": ("a.warc", b"".join(THREE).rstrip(b"\r\n")),
    "line ends of their own": ("a.warc.gz", members(*(part for one in THREE for part in (one[:-4], one[-4:])))),
    "more line ends": ("a.warc", b"\r\n" + b"\r\n\r\n".join(THREE)),
    "nothing declared but a length": ("a.warc", b"".join(one.replace(b"WARC-Date: 2026-03-04T05:06:07Z\r\n", b"") for one in THREE)),
}  # fmt: skip


@pytest.mark.parametrize("case", WHOLE)
def test_what_is_no_damage(case: str) -> None:
    name, data = WHOLE[case]
    write(name, data)
    assert texts(name) == ALL


def _damaged(member: bytes) -> bytes:
    return member[:40] + bytes(byte ^ 0xFF for byte in member[40:60]) + member[60:]


EACH = [members(one) for one in THREE]
FRAMES = [members(one, by="zstd") for one in THREE]
LONG, SHORT = page("Two.", "c", Content_Length="300"), page("Two.", "c", Content_Length="30")
ONE_LOST = {
    "a damaged member": ("a.warc.gz", EACH[0] + _damaged(EACH[1]) + EACH[2], "record 2: the gzip data is damaged"),
    "a damaged frame": ("a.warc.zst", FRAMES[0] + _damaged(FRAMES[1]) + FRAMES[2], "record 2: the zstd data is damaged"),
    "something else between": ("a.warc.gz", EACH[0] + b"\xffjunk" + EACH[2],
        "record 2: the gzip data is followed by something else"),
    "a member cut short": ("a.warc.gz", EACH[0] + EACH[1][:80] + EACH[2], "record 2: the gzip data is damaged"),
    "too long, by members": ("a.warc.gz", members(THREE[0], LONG, THREE[2]), "record 2: the record breaks off: "),
    "too short, by members": ("a.warc.gz", members(THREE[0], SHORT, THREE[2]),
        "record 2: the record is not as long as its header says (30 bytes)"),
    "too long": ("a.warc", THREE[0] + LONG + THREE[2], "record 2: the record is not as long as its header says (300 bytes)"),
    "too short": ("a.warc", THREE[0] + SHORT + THREE[2], "record 2: the record is not as long as its header says (30 bytes)"),
    "no length": ("a.warc", THREE[0] + page("Two.", "c", Content_Length="") + THREE[2], "record 2: it has no Content-Length"),
    "a length that is no number": ("a.warc", THREE[0] + page("Two.", "c", Content_Length="-3") + THREE[2],
        "record 2: its Content-Length is no number: '-3'"),
    "words between": ("a.warc", THREE[0] + b"Some words.\r\n" + THREE[2],
        "record 2: something else stands where a record has to begin ('Some words."),
    "no HTTP": ("a.warc", THREE[0] + warc("response", b"<p>Two.</p>") + THREE[2], "record 2: it is no HTTP response"),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_LOST)
def test_damage_costs_one_record(case: str) -> None:
    name, data, said = ONE_LOST[case]
    write(name, data)
    one, error, three = texts(name)
    assert error.startswith(f"! {name}, {said}"), error
    assert [one, three] == [ALL[0], ALL[2]]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.zst"])
@pytest.mark.parametrize("missing", [6, 20, 70, 150])
def test_a_file_cut_off_within_the_last_record(name: str, missing: int) -> None:
    write(name, packed(name, *THREE)[:-missing])
    *whole, error = read([name], ReadOptions())
    assert [record.document.text for record in whole if record.document] == ALL[:2]
    assert error.error is not None
    assert error.error.rest_unread
    assert error.row == 3
    assert "breaks off" in str(error.error)


@pytest.mark.parametrize("left", [1, 4, 7, 11, 40])
def test_a_file_cut_off_within_a_header(left: int) -> None:
    write("a.warc", b"".join(THREE[:2]) + THREE[2][:left])
    assert texts("a.warc") == [*ALL[:2], "! a.warc, record 3: the record breaks off within its header"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.warc", b"<html><p>A page</html>", "this is no WARC file: it begins with something else"),
        ("a.warc", b'{"text": "x"}\n', "this is no WARC file: it begins with records"),
        ("a.warc.gz", zipped(b"plain"), "this is no WARC file: it begins with something else"),
        ("a.warc.gz", THREE[0], "this is no gzip data, whatever its suffix says"),
        ("a.warc.zst", skippable(b"no dictionary", 13)[:12], "the zstd data breaks off"),
    ],
)
def test_what_is_no_such_file(name: str, data: bytes, said: str) -> None:
    write(name, data)
    assert problem(name) == said


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_has_no_records(name: str) -> None:
    write(name, packed(name) if name.endswith((".bz2", ".xz")) else b"")
    assert outcomes(name) == []


def test_other_readers_see_the_same_pages() -> None:
    iterator = pytest.importorskip("fastwarc.warc").ArchiveIterator
    for name in ("a.warc", "a.warc.gz", "a.warc.zst"):
        write(name, packed(name, warc("warcinfo", b"x"), *THREE))
        with open(name, "rb") as stream:
            theirs = [record.record_id for record in iterator(stream) if record.headers["WARC-Type"] == "response"]
        assert outcomes(name) == theirs
        assert Path(name).exists()
