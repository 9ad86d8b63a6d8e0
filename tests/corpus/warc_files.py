"""WARC files for tests: records by kind, as crawlers write them."""

from __future__ import annotations

import gzip
import struct
from typing import Any

from detector.corpus.compression import COMPRESSIONS, compress_member

ZSTD = next(known for known in COMPRESSIONS if known.name == "zstd")


def warc(kind: str, block: bytes, id: str = "a", *, length: int | None = None, **fields: str) -> bytes:
    """Return one record. Names of fields have `_` for `-`; an empty value leaves a field out."""
    head: dict[str, Any] = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{id}>",
        "WARC-Date": "2026-03-04T05:06:07Z",
        "WARC-Target-URI": "" if kind == "warcinfo" else f"https://example.org/{id}",
        "Content-Type": {"response": "application/http; msgtype=response", "conversion": "text/plain"}.get(kind, ""),
        "Content-Length": str(len(block) if length is None else length),
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = ["WARC/1.0", *(f"{name}: {value}" for name, value in head.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http(body: bytes, *headers: str, status: str = "200 OK", type: str = "text/html; charset=utf-8") -> bytes:
    lines = [f"HTTP/1.1 {status}", *((f"Content-Type: {type}",) if type else ()), *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def page(text: str | bytes, id: str = "a", *headers: str, **fields: str) -> bytes:
    """Return a record with a page of one paragraph, or of these bytes."""
    body = f"<p>{text}</p>".encode() if isinstance(text, str) else text
    return warc("response", http(body, *headers), id, **fields)


def capture(text: str, id: str) -> list[bytes]:
    """Return what a crawler writes for one page: the request before it, metadata after it."""
    return [
        warc("request", b"GET / HTTP/1.1\r\n\r\n", f"{id}-request", WARC_Concurrent_To=f"<urn:uuid:{id}>"),
        page(text, id),
        warc("metadata", b"fetchTimeMs: 8\r\n", f"{id}-metadata", WARC_Concurrent_To=f"<urn:uuid:{id}>"),
    ]


def members(*records: bytes, by: str = "gzip") -> bytes:
    """Return the records, each in a member or frame of its own."""
    if by == "gzip":
        return b"".join(gzip.compress(record, mtime=0) for record in records)
    return b"".join(compress_member(ZSTD, record) for record in records)


def skippable(data: bytes, number: int = 0) -> bytes:
    """Return a skippable zstd frame."""
    return struct.pack("<II", 0x184D2A50 + number, len(data)) + data
