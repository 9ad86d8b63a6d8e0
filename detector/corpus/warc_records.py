"""The records of a WARC file, of whatever kind (ISO 28500), with their bytes and their place in the file.

FastWARC and warcio stop at the first empty member or damaged record, or end there without a word (`findings/`), and do not
say which bytes of the file a record is; so records are read here. A record is its header, a block of as many bytes as the
header says, and two line ends. What can't be read is a record with a problem, and the next one is looked for: where the
next member of a compressed file begins, or the next line that looks like the first of a record.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from detector.corpus.archive import Archive
from detector.corpus.compression import (
    COMPRESSIONS,
    BrokenStreamError,
    compression_by_magic,
    compression_of,
    is_skippable,
)
from detector.corpus.input import Input

MARKER = b"WARC/"
_ZSTD = next(known for known in COMPRESSIONS if known.name == "zstd")
_FIRST_LINE = re.compile(rb"WARC/\d+\.\d+[ \t]*\r?\n")
_LOOKS_FIRST = re.compile(rb"\nWARC/[01]\.\d+[ \t]*\r?\n(?=[\w-]+:)")
_HEADER_END = re.compile(rb"\n\r?\n")
_SHORTEST = 10  # bytes of a first line
_LARGEST_HEADER = 1 << 20  # bytes; an address may have thousands
_LINE_ENDS = 4  # bytes that end a record
_MOST_LINE_ENDS = 1 << 10  # bytes after a record that are taken for a part of it
_OVERLAP = 256  # bytes; what looks like the first lines of a record is shorter than half of that


@dataclass(slots=True)
class WarcRecord:
    """One record. `number` is its place in the file, from 1; `header` are its bytes up to the block.

    `fields` have names in lower case; the first value of a name counts, and `concurrent` are all records that this one
    was captured with. `block` is None where it is larger than the reader keeps. `start` and `end` count decompressed
    bytes. `span` are the offsets in the file of the bytes that are this record and nothing else, or None; `origin` is a
    place from which an `Archive` can be read on to it. `problem` says why this is no record; nothing follows it in the
    file where `is_last`.
    """

    number: int
    start: int = 0
    end: int = 0
    header: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    concurrent: tuple[str, ...] = ()
    length: int = 0
    block: bytes | None = None
    span: tuple[int, int] | None = None
    origin: tuple[int, int] = (0, 0)
    problem: str | None = None
    is_last: bool = False

    @property
    def type(self) -> str:
        return self.fields.get("warc-type", "").lower()

    @property
    def id(self) -> str:
        return self.fields.get("warc-record-id", "")


@contextmanager
def open_archive(source: Input) -> Iterator[Archive]:
    """Open a WARC file; a stream that was open already is decompressed if its first bytes say so. Raise OSError."""
    with source.open_as_stored() as stream:
        compression = compression_of(source.path) if source.stream is None else None
        if source.stream is not None and isinstance(stream, io.BufferedReader):
            head = stream.peek(8)[:8]
            compression = _ZSTD if is_skippable(head) else compression_by_magic(head)
        yield Archive(stream, compression, MARKER)


def read_records(archive: Archive, largest_block: int) -> Iterator[WarcRecord]:
    """Yield the records, and one with a problem for each that can't be read. Raise OSError.

    `largest_block` is the number of bytes from which the block of a record is passed over.
    """
    number = 0
    while True:
        record = WarcRecord(number := number + 1)
        try:
            if not _read(archive, record, largest_block):
                return
        except BrokenStreamError as error:
            record.problem, record.block = str(error), None
            record.is_last = not archive.recover()
        yield record
        if record.is_last:
            return


def _read(archive: Archive, record: WarcRecord, largest_block: int) -> bool:
    """Read one record; return False where there is none any more."""
    _skip_padding(archive)
    archive.forget()
    if not (data := archive.peek(1)):
        return False
    record.start = record.end = archive.position
    record.origin = archive.origin
    if _FIRST_LINE.match(archive.peek(32)):
        _read_whole(archive, record, largest_block)
    elif (
        (rest := archive.peek(_SHORTEST)[:_SHORTEST]) and len(rest) < _SHORTEST and rest.startswith(MARKER[: len(rest)])
    ):
        record.problem, record.is_last = "the record breaks off within its header", True
    elif record.number == 1:
        what = "records" if archive.peek(1)[:1] == b"{" else "something else"
        record.problem, record.is_last = f"this is no WARC file: it begins with {what}", True
    else:
        record.problem = f"something else stands where a record has to begin ({_shown(bytes(data[:20]))})"
        _find_next(archive, record)
    return True


def _read_whole(archive: Archive, record: WarcRecord, largest_block: int) -> None:
    if (problem := _read_header(archive, record)) is not None:
        record.problem = problem
        _find_next(archive, record)
        return
    missing = _read_block(archive, record, largest_block)
    if missing:
        there = record.length - missing
        record.problem = f"the record breaks off: {there:,} of {record.length:,} bytes are there"
        record.block, record.is_last = None, not archive.peek(1)
        return
    line_ends = _skip_line_ends(archive)
    record.end = archive.position
    # Where a record has its end, or a member does, what follows is no concern of this record: it may be damaged.
    is_ended = archive.at_member_end or line_ends.startswith(b"\r\n\r\n")
    if is_ended or not (data := archive.peek(1)) or data[0] == 0 or archive.peek(5).startswith(MARKER):
        record.span = archive.span(record.start, record.end)
        return
    record.problem = f"the record is not as long as its header says ({record.length:,} bytes)"
    if record.block and (inside := _LOOKS_FIRST.search(record.block)):
        archive.unread(record.block[inside.start() :] + line_ends)
    record.block = None
    _find_next(archive, record)


def _read_header(archive: Archive, record: WarcRecord) -> str | None:
    """Read the header; return what is wrong with it."""
    size = 1
    while (end := _HEADER_END.search(data := archive.peek(size))) is None:
        if len(data) < size or size > _LARGEST_HEADER:
            record.is_last = len(data) < size
            return "the record breaks off within its header" if record.is_last else "the header has no end"
        size = len(data) + 1
    record.header = bytes(data[: end.end()])
    archive.skip(end.end())
    fields: dict[str, str] = {}
    concurrent = []
    lines = re.sub(rb"\r?\n[ \t]+", b" ", record.header).splitlines()
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            key, text = name.strip().decode("latin-1").lower(), value.strip().decode("utf-8", "replace")
            fields.setdefault(key, text)
            if key == "warc-concurrent-to":
                concurrent.append(text)
    record.fields, record.concurrent = fields, tuple(concurrent)
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        return f"its Content-Length is no number: {length[:20]!r}" if length else "it has no Content-Length"
    record.length = int(length)
    return None


def _read_block(archive: Archive, record: WarcRecord, largest_block: int) -> int:
    """Read the block; return how many bytes of it are missing."""
    kept = bytearray() if record.length <= largest_block else None
    left = record.length
    while left:
        data = archive.peek(1)
        if not data or (archive.at_member and _FIRST_LINE.match(archive.peek(32))):
            break
        size = min(left, archive.run)
        if kept is not None:
            kept += data[:size]
        archive.skip(size)
        left -= size
    record.block = None if kept is None else bytes(kept)
    return left


def _skip_line_ends(archive: Archive) -> bytes:
    """Go past the line ends after a record, and return them."""
    skipped = bytearray()
    while len(skipped) < _MOST_LINE_ENDS:
        if len(skipped) >= _LINE_ENDS and archive.at_member_end:
            break
        data = archive.peek(1)
        run = bytes(data[: min(archive.run, _MOST_LINE_ENDS - len(skipped))])
        size = len(run) - len(run.lstrip(b"\r\n"))
        skipped += data[:size]
        archive.skip(size)
        if size < len(run) or not size:
            break
    return bytes(skipped)


def _skip_padding(archive: Archive) -> None:
    """Go past line ends between records, and the zero bytes that a padded file ends with."""
    while data := archive.peek(1):
        size = len(data) - len(data.lstrip(b"\r\n\0"))
        archive.skip(size)
        if not size:
            return


def _find_next(archive: Archive, record: WarcRecord) -> None:
    """Go to what looks like the first line of a record: at the beginning of a line, or of a member."""
    while data := archive.peek(_OVERLAP):
        if archive.at_member and archive.position > record.start and _FIRST_LINE.match(archive.peek(32)):
            return
        run = archive.run
        if found := _LOOKS_FIRST.search(data, 0, run):
            archive.skip(found.start() + 1)
            return
        archive.skip(run if run < len(data) or len(data) < _OVERLAP else run - _OVERLAP // 2)
    record.is_last = True


def _shown(data: bytes) -> str:
    return repr(data.decode("utf-8", "replace"))
