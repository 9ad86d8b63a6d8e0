"""`detector filter` on WARC files: what goes where, as the bytes it was."""

from __future__ import annotations

import gzip
import json
from base64 import b32encode
from hashlib import sha1
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from corpus_files import write
from filter_process import WordScorer
from pyarrow import parquet
from test_warc import dictionary_file
from warc_files import ZSTD, capture, http, members, page, skippable, warc

from detector.cli import scoring
from detector.cli.app import app
from detector.corpus.compression import COMPRESSIONS, compression_of, decompressed
from detector.corpus.input import Input
from detector.corpus.warc_records import WarcRecord, open_archive, read_records

INFO = warc("warcinfo", b"software: none\r\n", "info")
CLEAN, SPUN, SUSPECT = capture("Clean.", "b"), capture("A [spun] one.", "c"), capture("A [suspect] one.", "d")
LONE = warc("resource", b"\x89PNG" * 50, "picture", Content_Type="image/png")
RECORDS = [INFO, *CLEAN, *SPUN, LONE, *SUSPECT]


@pytest.fixture
def filter(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str, field: str = "") -> tuple[int, str]:
        monkeypatch.setattr(scoring, "load_detector", WordScorer().open)
        with pytest.raises(SystemExit) as ended:
            app(
                ["filter", "in", "--kept", "out/kept", "--rejected", "out/rejected", "--field", field, *arguments],
                prog_name="detector",
            )
        return int(ended.value.code or 0), capsys.readouterr().err

    return call


def found(path: str) -> list[WarcRecord]:
    with open_archive(Input(path, path)) as archive:
        return list(read_records(archive, 1 << 20))


def ids(path: str) -> list[str]:
    return [record.id.removeprefix("<urn:uuid:").rstrip(">") for record in found(path)]


def unpacked(path: str) -> bytes:
    compression = compression_of(path)
    with open(path, "rb") as stream:
        return decompressed(stream, compression).read() if compression else stream.read()


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.zst"])
def test_records_and_members_stay_the_bytes_they_were(filter: Any, name: str) -> None:
    def packed(*records: bytes) -> bytes:
        if name.endswith(".gz"):  # at a level that nobody here uses
            return b"".join(gzip.compress(record, 1, mtime=7) for record in records)
        return members(*records, by="zstd") if name.endswith(".zst") else b"".join(records)

    write(f"in/{name}", packed(*RECORDS))
    assert filter("--suspect", "out/suspect")[0] == 0
    assert Path(f"out/kept/{name}").read_bytes() == packed(INFO, *CLEAN, LONE)
    assert Path(f"out/rejected/{name}").read_bytes() == packed(INFO, *SPUN)
    assert Path(f"out/suspect/{name}").read_bytes() == packed(INFO, *SUSPECT)


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc.zst", "a.warc.bz2", "a.warc.xz"])
def test_records_that_share_a_member_stay_the_records_they_were(filter: Any, name: str) -> None:
    compression = next(known for known in COMPRESSIONS if name.endswith(known.suffix))
    Path("in").mkdir()
    with open(f"in/{name}", "wb") as stream, compression.compress(stream) as inner:
        inner.write(b"".join(RECORDS))
    filter("--suspect", "out/suspect")
    assert unpacked(f"out/kept/{name}") == b"".join([INFO, *CLEAN, LONE])
    assert unpacked(f"out/rejected/{name}") == b"".join([INFO, *SPUN])
    assert unpacked(f"out/suspect/{name}") == b"".join([INFO, *SUSPECT])
    if name.endswith((".gz", ".zst")):
        assert all(record.span for record in found(f"out/kept/{name}"))  # now each has a member of its own


def test_members_of_any_length(filter: Any) -> None:
    data = b"".join(RECORDS)
    write("in/a.warc.gz", members(*(data[at : at + 101] for at in range(0, len(data), 101))))
    filter()
    assert unpacked("out/kept/a.warc.gz") == b"".join([INFO, *CLEAN, LONE, *SUSPECT])
    assert unpacked("out/rejected/a.warc.gz") == b"".join([INFO, *SPUN])


@pytest.mark.parametrize("field", ["", "unspun"])
def test_frames_keep_their_dictionary(filter: Any, field: str) -> None:
    write("in/a.warc.zst", dictionary_file(*RECORDS))
    filter(field=field)
    assert ids("out/kept/a.warc.zst") == [
        "info",
        "b-request",
        "b",
        "b-metadata",
        "picture",
        "d-request",
        "d",
        "d-metadata",
    ]
    rejected = found("out/rejected/a.warc.zst")
    assert [record.problem for record in rejected] == [None] * (4 + bool(field))
    assert all(record.span for record in rejected)


@pytest.mark.parametrize("linked_by", ["request", "response"])
def test_what_was_captured_with_a_page_goes_with_it(filter: Any, linked_by: str) -> None:
    from_request, from_response = (
        {"WARC_Concurrent_To": "<urn:uuid:c>"} if linked_by == "request" else {},
        {"WARC_Concurrent_To": "<urn:uuid:q>"} if linked_by == "response" else {},
    )
    records = [
        warc("metadata", b"before all", "m", WARC_Refers_To="<urn:uuid:q>"),  # by way of the request
        warc("request", b"GET /", "q", **from_request),
        page("Clean.", "b"),
        page("A [spun] one.", "c", **from_response),
        warc("metadata", b"of a page that is not here", "n", WARC_Concurrent_To="<urn:uuid:z>"),
    ]
    write("in/a.warc.gz", members(*records))
    filter()
    assert ids("out/rejected/a.warc.gz") == ["m", "q", "c"]
    assert ids("out/kept/a.warc.gz") == ["b", "n"]


def test_each_warcinfo_stands_before_what_it_describes(filter: Any) -> None:
    second = warc("warcinfo", b"software: another\r\n", "info2")
    write("in/a.warc", INFO + page("A [spun] one.", "b") + second + page("Clean.", "c"))
    filter()
    assert ids("out/rejected/a.warc") == ["info", "b", "info2"]
    assert ids("out/kept/a.warc") == ["info", "info2", "c"]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.zst"])
def test_the_verdict_is_a_record_after_the_record(filter: Any, name: str) -> None:
    data = b"".join(RECORDS)
    write(f"in/{name}", data if name == "a.warc" else members(*RECORDS, by="gzip" if name.endswith("gz") else "zstd"))
    filter(field="judged")
    assert ids(f"out/kept/{name}") == [
        "info",
        "b-request",
        "b",
        "b-metadata",
        "picture",
        "d-request",
        "d",
        "d-metadata",
    ]
    rejected = found(f"out/rejected/{name}")
    assert [record.type for record in rejected] == ["warcinfo", "request", "response", "metadata", "metadata"]
    record, about = rejected[2:4]
    assert record.header + (record.block or b"") + b"\r\n\r\n" == SPUN[1]
    assert about.header.startswith(b"WARC/1.0\r\n")
    assert about.fields["warc-refers-to"] == record.id
    # An index for replay has one capture of the page.
    assert about.fields["warc-target-uri"] == "urn:unspun:" + record.fields["warc-target-uri"]
    assert about.fields["warc-date"] == record.fields["warc-date"]
    assert about.fields["content-type"] == "application/json"
    assert about.fields["warc-block-digest"] == "sha1:" + b32encode(sha1(about.block or b"").digest()).decode()
    assert about.id != record.id
    note = json.loads(about.block or b"")["judged"]
    assert (note["verdict"], note["probability"], note["findings"][0]["text"]) == ("spun", 0.99, "[spun]")
    start, end = note["findings"][0]["start"], note["findings"][0]["end"]
    assert "<p>A [spun] one.</p>"[start:end] == "[spun]"  # offsets into the page
    # Filtered once more, it goes with its record.
    Path("in").rename("before")
    Path("out/rejected").rename("in")
    filter("--restart", field="")
    assert len(found(f"out/rejected/{name}")) == 5


def test_a_record_with_a_problem_is_among_the_errors(filter: Any) -> None:
    bad = warc("response", http(gzip.compress(b"<p>x")[:-9], "Content-Encoding: gzip"), "bad")
    broken = capture("A [broken] one.", "e")
    write("in/a.warc.gz", members(INFO, bad, *broken) + b"garbage" + members(*SPUN))
    code, err = filter("--errors", "out/errors.jsonl")
    assert code == 2
    lines = [json.loads(line) for line in Path("out/errors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["id"], one["row"]) for one in lines] == [
        ("<urn:uuid:bad>", 2),
        ("<urn:uuid:e>", 4),
        ("in/a.warc.gz:6", 6),
    ]
    assert "raw_base64" in lines[0]
    assert lines[1]["raw"] == broken[1].decode().removesuffix("\r\n\r\n")
    assert ids("out/kept/a.warc.gz") == ["info", "e-request", "e-metadata"]
    assert ids("out/rejected/a.warc.gz") == ["info", "c-request", "c", "c-metadata"]
    assert "records without a document: 3 request" not in err  # two: the one before the garbage and the one after
    assert "2 request" in err


@pytest.mark.parametrize("shared", [False, True])
def test_damage_in_the_middle_costs_no_other_record(filter: Any, shared: bool) -> None:
    """Records before and after damage are copied from where they stand, also those that share a member."""
    before, after = [INFO, *CLEAN, page("A [spun] one.", "x")], [*SPUN, page("Clean.", "y")]
    first, last = (
        (members(b"".join(before)), members(b"".join(after))) if shared else (members(*before), members(*after))
    )
    broken = bytearray(members(page("Lost " + "words " * 99, "lost")))
    broken[60] ^= 0xFF
    broken[70] ^= 0xFF
    write("in/a.warc.gz", first + bytes(broken) + last)
    assert filter()[0] == 2
    assert unpacked("out/kept/a.warc.gz") == b"".join([*before[:-1], page("Clean.", "y")])
    assert unpacked("out/rejected/a.warc.gz") == b"".join([INFO, before[-1], *SPUN])


def test_a_record_too_large_to_read_is_copied(filter: Any) -> None:
    video = warc("response", http(b"\0" * 3_000_000, type="video/mp4"), "v", WARC_Identified_Payload_Type="video/mp4")
    for n, data in enumerate([members(INFO, video), members(INFO + video), INFO + video]):
        write(f"in/{n}.warc{'.gz' if n < 2 else ''}", data)
    filter("--max-document-size", "1000")
    for name in ("0.warc.gz", "1.warc.gz", "2.warc"):
        assert unpacked(f"out/kept/{name}") == INFO + video


@pytest.mark.parametrize("to", ["parquet", "jsonl.zst", "jsonl"])
def test_records_for_training(filter: Any, to: str) -> None:
    first = warc("response", http("<h1>Title</h1><nav>Menu</nav><p>A <b>[spun]</b> café.</p>".encode()), "c")
    write("in/a.warc.gz", members(INFO, first, page("Clean.", "b")))
    write("in/b.warc.wet.gz", members(warc("conversion", b"Text of a page.", "e")))
    filter("--to", to, field="unspun")
    (row,), kept = rows(f"out/rejected/a.{to}"), rows(f"out/kept/b.warc.{to}")
    assert {**row, "unspun": 0} == {
        "id": "<urn:uuid:c>",
        "url": "https://example.org/c",
        "date": "2026-03-04T05:06:07Z",
        "content_type": "text/html",
        "text": "Title\n\nA [spun] café.",
        "unspun": 0,
    }
    finding = row["unspun"]["findings"][0]
    assert row["text"][finding["start"] : finding["end"]] == "[spun]"  # offsets into the text that is written
    assert [one["text"] for one in kept] == ["Text of a page."]


def rows(path: str) -> list[dict[str, Any]]:
    if path.endswith(".parquet"):
        return pa.Table.to_pylist(parquet.read_table(path))  # type: ignore[no-any-return]
    return [json.loads(line) for line in unpacked(path).splitlines()]


def test_hosts_are_those_of_the_addresses(filter: Any) -> None:
    records = [
        page(f"A {mark} one.", f"r{n}", WARC_Target_URI=f"<http://h{n % 2}.org/{n}>")
        for n, mark in enumerate(["[spun]", ""] * 3)
    ]
    write("in/a.warc", b"".join(records))
    filter("--group-by", "host")
    sources = json.loads(Path("out/run.json").read_text(encoding="utf-8"))["sources"]
    assert {one["source"]: one["spun"] for one in sources} == {"h0.org": 3, "h1.org": 0}


def test_a_person_is_shown_the_text_of_a_page(filter: Any) -> None:
    write("in/a.warc.gz", members(*RECORDS))
    filter()
    with pytest.raises(SystemExit) as ended:
        app(["audit", "out/kept", "--output", "sheet.jsonl", "--corpus", "in"], prog_name="detector")
    assert not ended.value.code
    sheet = [json.loads(line) for line in Path("sheet.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {one["text"] for one in sheet} == {"Clean.", "A [spun] one.", "A [suspect] one."}


def test_the_threshold_is_moved_without_scoring(filter: Any) -> None:
    write("in/a.warc.gz", members(*RECORDS))
    filter()
    into = ["--kept", "again/kept", "--rejected", "again/rejected"]
    with pytest.raises(SystemExit) as ended:
        app(["rethreshold", "out/kept", "in", "--threshold", "0.6", *into], prog_name="detector")
    assert not ended.value.code
    assert ids("again/rejected/a.warc.gz") == ["info", "c-request", "c", "c-metadata", "d-request", "d", "d-metadata"]
    assert Path("again/kept/a.warc.gz").read_bytes() == members(INFO, *CLEAN, LONE)


def test_an_empty_file_and_one_without_pages(filter: Any) -> None:
    write("in/a.warc.gz", b"")
    write("in/b.warc.gz", members(INFO, LONE))
    write("in/c.warc.zst", skippable(b"index"))
    assert filter()[0] == 0
    assert Path("out/kept/a.warc.gz").exists()
    assert ids("out/kept/b.warc.gz") == ["info", "picture"]
    assert ids("out/rejected/b.warc.gz") == ["info"]


def test_what_stands_before_a_break_is_copied(filter: Any) -> None:
    write("in/a.warc.gz", members(INFO, LONE, CLEAN[0]) + members(CLEAN[1])[:-9])
    assert filter()[0] == 2
    assert ids("out/kept/a.warc.gz") == ["info", "picture", "b-request"]


def test_a_damaged_dictionary_is_told(filter: Any) -> None:
    data = bytearray(dictionary_file(*RECORDS))
    data[20:40] = b"\xff" * 20
    write("in/a.warc.zst", bytes(data))
    write("in/b.warc", b"".join(CLEAN))
    code, err = filter()
    assert code == 2
    assert "in/a.warc.zst: the dictionary at the beginning of the zstd data is damaged" in err
    assert ids("out/kept/b.warc") == ["b-request", "b", "b-metadata"]


def test_other_readers_read_what_is_written(filter: Any) -> None:
    fastwarc = pytest.importorskip("fastwarc.warc")
    write("in/a.warc.gz", members(*RECORDS))
    write("in/b.warc.gz", members(b"".join(RECORDS)))
    write("in/c.warc.zst", members(*RECORDS, by="zstd"))
    write("in/d.warc", b"".join(RECORDS))
    filter(field="unspun")
    for folder in ("kept", "rejected"):
        for name in ("a.warc.gz", "b.warc.gz", "c.warc.zst", "d.warc"):
            with open(f"out/{folder}/{name}", "rb") as stream:
                iterator = fastwarc.ArchiveIterator(
                    stream, record_types=fastwarc.WarcRecordType.any_type, parse_http=False
                )
                theirs = [(record.record_id, record.reader.read()) for record in iterator]
            assert theirs == [(record.id, record.block) for record in found(f"out/{folder}/{name}")]
    assert ZSTD.name == "zstd"
