"""WARC: records are written as the bytes they are, a gzip member or zstd frame each.

Where several records share a member, each gets one of its own, as the standard has it. A `warcinfo` describes what follows
it, and goes to every destination; so does a dictionary at the beginning of a file. A record that holds no document
(a request, metadata) goes where the document goes that it was captured with, as WARC-Concurrent-To and WARC-Refers-To
tell, or to the kept ones.

What would be a field of a record is a `metadata` record after it, in JSON, which refers to it: so it stays with the
record when files are joined, split or moved, the record itself is not touched, and whoever reads WARC files passes it
over.
"""

from __future__ import annotations

import uuid
from array import array
from base64 import b32encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b, sha1
from typing import Any, BinaryIO

import numpy as np

from detector.corpus.archive import Archive
from detector.corpus.compression import compress_member, compression_of
from detector.corpus.input import Input
from detector.corpus.warc import largest_block
from detector.corpus.warc_records import MARKER, WarcRecord, open_archive, read_records
from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Split

_PIECE = 1 << 20  # bytes copied at a time
_BY_RECORD = ("gzip", "zstd")  # compressions in which each record is a member by itself


def write_warc(split: Split) -> None:
    """Write each record to the file of its destination."""
    places = _places(split)
    with _Copy(split) as copy, suppress(OSError), open_archive(split.source) as archive:
        for found in read_records(archive, largest_block(split.options)):
            copy.dictionary(archive)
            failed: list[bool] = []

            def raw(found: WarcRecord = found, failed: list[bool] = failed) -> bytes | None:
                failed.append(True)
                return found.header + found.block if found.block is not None else found.header or None

            decision = split.take(found.number, raw)
            if decision is not None and decision.destination is not None:
                copy.record(found, [decision.destination])
                if split.is_annotated(decision.destination):
                    copy.note(found, decision.destination, {split.field_name: split.note(decision)})
            elif not failed and found.problem is None:
                everywhere = found.type == "warcinfo"
                copy.record(found, split.outputs.destinations if everywhere else [places(found.number)])
    split.finish()


# --- where a record without a document goes -------------------------------------------------------------------------


class _Places:
    """Where each record goes, by its number; those that hold no document follow those that do."""

    def __init__(self, destinations: tuple[str, ...], records: int) -> None:
        self._destinations = destinations
        self._places = array("b", [-1]) * (records + 1)

    def __call__(self, number: int) -> str:
        place = (
            self._places[number] if number < len(self._places) else 0
        )  # the file grew meanwhile, which is told later
        return self._destinations[max(place, 0)]

    def put(self, number: int, destination: str) -> None:
        self._places[number] = self._destinations.index(destination)

    def has(self, number: int) -> bool:
        return self._places[number] >= 0


def _places(split: Split) -> _Places:
    """Read all links between records, and send each after its document. Keeps some 50 bytes for each record of the file."""
    ids, linked, targets = array("Q", [0]), array("Q"), array("Q")  # digests by number; numbers and digests of links
    with suppress(OSError), open_archive(split.source) as archive:
        for found in read_records(archive, largest_block(split.options)):
            ids.append(_digest(found.id) if found.id else 0)
            for target in (*found.concurrent, found.fields.get("warc-refers-to", "")):
                if target:
                    linked.append(found.number)
                    targets.append(_digest(target))
    places = _Places(split.outputs.destinations, len(ids))
    neighbours = _neighbours(np.asarray(ids), np.asarray(linked), np.asarray(targets))
    todo: deque[int] = deque()
    for decision in split.replay():
        if decision.destination is not None and (row := decision.entry.row) is not None:
            todo.append(row)
            places.put(row, decision.destination)
    while todo:
        number = todo.popleft()
        for other in neighbours(number):
            if not places.has(other):
                places.put(other, places(number))
                todo.append(other)
    return places


_Numbers = np.ndarray[Any, np.dtype[np.uint64]]


def _neighbours(ids: _Numbers, linked: _Numbers, targets: _Numbers) -> Callable[[int], list[int]]:
    """Return a function that gives the records which one is linked with, in either direction, by their numbers."""
    order = np.argsort(ids, kind="stable")
    at = np.minimum(np.searchsorted(ids[order], targets), len(ids) - 1)
    others = order[at]
    known = ids[others] == targets
    ones, others = linked[known].astype(np.int64), others[known]
    first, second = np.concatenate([ones, others]), np.concatenate([others, ones])
    by_first = np.lexsort((second, first))
    first, second = first[by_first], second[by_first]

    def neighbours(number: int) -> list[int]:
        begin, end = np.searchsorted(first, [number, number + 1])
        found: list[int] = second[begin:end].tolist()
        return found

    return neighbours


def _digest(id: str) -> int:
    return int.from_bytes(blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") or 1


# --- copying --------------------------------------------------------------------------------------------------------


class _Copy:
    """Copies records out of a file, in their order. Use it in a `with` block."""

    def __init__(self, split: Split) -> None:
        compression = compression_of(split.source.path)
        self._source = split.source
        self._compression = compression
        self._is_by_record = compression is None or compression.name in _BY_RECORD
        self._streams = {
            one: split.outputs.open(one, compressed=not self._is_by_record) for one in split.outputs.destinations
        }
        self._resources = ExitStack()
        self._file: BinaryIO | None = None
        self._follower: Archive | None = None
        self._dictionary: Any = None

    def __enter__(self) -> _Copy:
        return self

    def __exit__(self, *error: object) -> None:
        self._resources.close()

    def dictionary(self, archive: Archive) -> None:
        """Write the dictionary that the frames of a file need, before any of them."""
        if archive.dictionary_frame and self._dictionary is None:
            self._dictionary = archive.dictionary
            for stream in self._streams.values():
                stream.write(archive.dictionary_frame)

    def record(self, found: WarcRecord, destinations: Sequence[str]) -> None:
        """Write a record as it stands in the file; in a member of its own, where it shares one."""
        streams = [self._streams[destination] for destination in destinations]
        if found.span is not None and self._is_by_record:
            for piece in self._span(found.span):
                for stream in streams:
                    stream.write(piece)
            return
        with ExitStack() as opened:
            written = [opened.enter_context(self._member(stream)) for stream in streams]
            for piece in self._pieces(found):
                for member in written:
                    member.write(piece)

    def note(self, found: WarcRecord, destination: str, content: Mapping[str, Any]) -> None:
        """Write a metadata record about a record."""
        data = _metadata(found, encode(content))
        if self._is_by_record and self._compression is not None:
            data = compress_member(self._compression, data, self._dictionary)
        self._streams[destination].write(data)

    @contextmanager
    def _member(self, stream: BinaryIO) -> Iterator[Any]:
        if self._compression is None or not self._is_by_record:
            yield stream
            return
        with self._compression.compress(stream) as member:
            yield member

    def _opened(self) -> BinaryIO:
        return self._resources.enter_context(Input(self._source.path, self._source.name).open_as_stored())

    def _span(self, span: tuple[int, int]) -> Iterator[bytes]:
        """Yield the bytes between two offsets of the file."""
        if self._file is None:
            self._file = self._opened()
        start, end = span
        if self._file.tell() != start:
            self._file.seek(start)
        while start < end and (piece := self._file.read(min(_PIECE, end - start))):
            start += len(piece)
            yield piece

    def _pieces(self, found: WarcRecord) -> Iterator[bytes]:
        """Yield the decompressed bytes of a record that has no member to itself."""
        follower = self._follower
        if follower is None or found.origin[0] > follower.position:
            follower = self._follower = Archive(self._opened(), self._compression, MARKER, found.origin)
        while follower.position < found.end and (data := follower.peek(1)):
            start = max(found.start - follower.position, 0)
            piece = bytes(data[start : found.end - follower.position])
            follower.skip(min(len(data), found.end - follower.position))
            if piece:
                yield piece


def _metadata(found: WarcRecord, content: bytes) -> bytes:
    """Return a record about another one. The same content about the same record gives the same bytes.

    Its address is one of its own: indexes for replay (CDXJ, WACZ) take metadata in JSON for a capture of its address, and
    would show it in place of the page.
    """
    version = found.header.split(None, 1)[0]
    name = uuid.uuid5(uuid.NAMESPACE_OID, (found.header + content).hex())
    address = found.fields.get("warc-target-uri", "").strip("<>")
    fields = {
        "WARC-Type": "metadata",
        "WARC-Record-ID": f"<urn:uuid:{name}>",
        "WARC-Date": found.fields.get("warc-date"),
        "WARC-Target-URI": f"urn:unspun:{address}" if address else None,
        "WARC-Refers-To": found.id,
        "WARC-Warcinfo-ID": found.fields.get("warc-warcinfo-id"),
        "WARC-Block-Digest": f"sha1:{b32encode(sha1(content).digest()).decode()}",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
    }
    lines = [version, *(f"{key}: {value}".encode() for key, value in fields.items() if value)]
    return b"\r\n".join([*lines, b"", content, b"", b""])
