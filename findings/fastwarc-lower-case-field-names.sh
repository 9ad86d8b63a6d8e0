#!/usr/bin/env bash
# FastWARC 2.0.1: names of WARC fields that are not spelt as in the standard's examples.
#
# Names of fields are case-insensitive (ISO 28500, section 4: as in HTTP), and a writer that builds its header as HTTP/2
# libraries do spells them in lower case: `content-length`. The guess was that a reader takes them, as warcio does, and as
# FastWARC's own `record.headers` does ("Content-Length" in record.headers is True for `content-length`).
#
# What was seen: the lower-case `content-length` is listed among the headers, and is taken for 0 all the same. The record
# comes out empty, without an error; its block is then read as the header of a next record, which raises "Invalid WARC
# header", and nothing of the file can be read after it. With `warc-type` in lower case the record has the type `unknown`,
# so it is passed over by whoever asks for responses, again without an error. The same file is whole to warcio 1.8.1.
#
# It exits with 0 while that holds, and with 1 when a case behaves otherwise.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fastwarc==2.0.1 warcio==1.8.1

"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as Warcio


def record(name: str) -> bytes:
    block = f"A short text called {name}.".encode()
    fields = [
        "WARC-Type: conversion",
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-00000000000{name}>",
        "WARC-Date: 2026-05-06T07:08:09Z",
        f"WARC-Target-URI: https://example.org/{name}",
        "Content-Type: text/plain",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(["WARC/1.1", *fields]).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def by_fastwarc(data: bytes, wanted: object) -> list[str]:
    seen = []
    try:
        for one in ArchiveIterator(io.BytesIO(data), record_types=wanted, parse_http=False):
            seen.append(f"{one.reader.read().decode()!r}{' (length is in headers)' if 'Content-Length' in one.headers else ''}")
    except OSError as error:
        seen.append(f"OSError: {error}")
    return seen


def by_warcio(data: bytes) -> list[str]:
    return [repr(one.content_stream().read().decode()) for one in Warcio(io.BytesIO(data))]


data = record("1") + record("2")
cases = {
    "as in the standard's examples": data,
    "content-length": data.replace(b"Content-Length", b"content-length"),
    "warc-type": data.replace(b"WARC-Type", b"warc-type"),
}
results = {}
for case, changed in cases.items():
    results[case] = by_fastwarc(changed, WarcRecordType.any_type), by_fastwarc(changed, WarcRecordType.conversion)
    print(f"{case}:\n  FastWARC, all records: {results[case][0]}\n  FastWARC, conversions: {results[case][1]}")
    print(f"  warcio:                {by_warcio(changed)}")

texts = ["'A short text called 1.'", "'A short text called 2.'"]
listed = [f"{text} (length is in headers)" for text in texts]
as_seen = (
    all(by_warcio(changed) == texts for changed in cases.values())
    and results["as in the standard's examples"] == (listed, listed)
    and results["content-length"][0] == ["'' (length is in headers)", "OSError: Invalid WARC header"]
    and results["warc-type"] == (listed, [])
)
sys.exit(0 if as_seen else 1)
PYTHON
