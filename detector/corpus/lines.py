"""Lines of a stream, in UTF-8 and in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from detector.corpus.compression import BrokenStreamError

_CHUNK = 1 << 16  # bytes
_WIDE_MARKS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Line:
    """`complete` is False for the last line before a stream broke."""

    __slots__ = ("complete", "data")

    def __init__(self, data: bytes, complete: bool = True) -> None:
        self.data = data
        self.complete = complete


def read_lines(stream: BinaryIO, limit: int) -> Iterator[Line | None]:
    """Yield the lines; None stands for one of more than `limit` bytes, of which nothing is kept.

    Where reading fails, yield what there is of the line before the error goes on.
    """
    pending: list[bytes] = []
    size = 0
    failure: Exception | None = None
    chunks = _chunks(stream)
    while True:
        try:
            chunk = next(chunks, None)
        except (OSError, BrokenStreamError) as error:
            failure = error
            break
        if chunk is None:
            break
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            size += len(part)
            yield None if size > limit else Line(b"".join((*pending, part)) if pending else part)
            pending, size = [], 0
        size += len(rest)
        if size > limit:
            pending = []
        elif rest:
            pending.append(rest)
    if size > limit:
        yield None
    elif size:
        yield Line(b"".join(pending), failure is None)
    if failure is not None:
        raise failure


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a stream as they come, in UTF-8."""
    read = getattr(stream, "read1", stream.read)
    head = b""
    while len(head) < 4 and (more := read(_CHUNK)):
        head += more
    encoding = next((encoding for mark, encoding in _WIDE_MARKS if head.startswith(mark)), None)
    if encoding is None:
        yield head
        while chunk := read(_CHUNK):
            yield chunk
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    yield decoder.decode(head).encode()
    while chunk := read(_CHUNK):
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
