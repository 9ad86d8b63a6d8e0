"""Compression: streams of gzip, zstd, bzip2 and xz, chosen by suffix, in bounded memory.

A stream may have several members or frames. Where it breaks off, or something else follows it, the bytes before that
place are still delivered, and then `BrokenStreamError` is raised. Decompressors return at most `_PIECE` bytes a call,
so a small file that unpacks to terabytes costs time and no memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO, Protocol

from detector.corpus.locations import without_query

_PIECE = 1 << 16  # bytes read from the file, and returned, in one call
_LARGEST_WINDOW_LOG = 31  # of zstd: `zstd --long=31` makes such frames, the library's own limit is 27
_LARGEST_DICTIONARY = 2 << 30  # bytes that an xz stream may ask for; `xz -9` needs 65 MiB
_DICTIONARY_MAGIC = b"\x37\xa4\x30\xec"  # of zstd; what begins otherwise is any text that frames refer to

Dictionary = Any  # of zstd; the module and its backport have a class each


class BrokenStreamError(ValueError):
    """Compressed data is damaged, breaks off, or is followed by something else; the message is for the user."""


class Decompressor(Protocol):
    """One member or frame, as the decompressors of bz2, lzma and zstd behave."""

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


@dataclass(frozen=True)
class Compression:
    """One way to compress a file.

    `start` begins to read a member or frame, `compress` makes a stream whose closing completes the compressed data and
    leaves the stream below open. `padding`: zero bytes may follow a member, as tapes and block devices leave them.
    """

    name: str
    suffix: str
    start: Callable[[], Decompressor]
    compress: Callable[[BinaryIO], io.BufferedIOBase]
    padding: bool = False


def compression_of(path: str) -> Compression | None:
    """Return the compression that the suffix of a path names, or None."""
    lower = without_query(path).lower()
    return next((known for known in COMPRESSIONS if lower.endswith(known.suffix)), None)


def compression_by_magic(data: bytes) -> Compression | None:
    """Return the compression that data of at least eight bytes begins with, or None."""
    known = next((known for known in COMPRESSIONS if data.startswith(magic_of(known))), None)
    if known is not None and known.name == "bzip2" and not data[3:4].isdigit():  # `BZh` may begin a word
        return None
    return known


def decompressed(stream: BinaryIO, compression: Compression) -> io.BufferedReader:
    """Return the decompressed stream. Reading from it raises `BrokenStreamError` after the last good byte."""
    return io.BufferedReader(_Decompressed(stream, compression), _PIECE)


class _Decompressed(io.RawIOBase):
    def __init__(self, stream: BinaryIO, compression: Compression) -> None:
        self._stream = stream
        self._compression = compression
        self._member: Decompressor | None = None
        self._members = 0
        self._waiting = b""  # compressed bytes that no member has taken yet

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # every buffer Python hands over
        piece = self._piece(min(len(view), _PIECE))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def _piece(self, size: int) -> bytes:
        while True:
            if self._member is None and not self._next_member():
                return b""
            assert self._member is not None
            if not self._waiting and self._member.needs_input:
                self._waiting = self._stream.read(_PIECE)
                if not self._waiting:
                    raise BrokenStreamError(f"the {self._compression.name} data breaks off")
            data, self._waiting = self._waiting, b""
            try:
                piece = self._member.decompress(data, size)
            except Exception as error:  # each library raises its own kind
                raise BrokenStreamError(f"the {self._compression.name} data is damaged") from error
            if self._member.eof:
                self._waiting = self._member.unused_data
                self._member = None
                self._members += 1
            if piece:
                return piece

    def _next_member(self) -> bool:
        """Start the member that comes next; return False at the end of the file."""
        while True:
            self._waiting = self._waiting or self._stream.read(_PIECE)
            if self._members and self._compression.padding:
                self._waiting = self._waiting.lstrip(b"\0")
                if not self._waiting and (more := self._stream.read(_PIECE)):
                    self._waiting = more
                    continue
            break
        if not self._waiting:
            return False
        if len(self._waiting) < len(magic_of(self._compression)):
            self._waiting += self._stream.read(_PIECE)
        if not _starts_here(self._waiting, self._compression):
            if self._members:
                raise BrokenStreamError(f"the {self._compression.name} data is followed by something else")
            raise BrokenStreamError(f"this is no {self._compression.name} data, whatever its suffix says")
        self._member = self._compression.start()
        return True


class _GzipMember:
    """One gzip member, with the interface of the other decompressors.

    zlib throws away what one call has unpacked where it meets damage in that call. So a copy of its state is kept, and
    the input is then given again byte by byte: what stands before the damage is delivered.
    """

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self._error: zlib.error | None = None
        self._more = False  # the last call returned as much as it was allowed to

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not (self._inflate.unconsumed_tail or self._more or self._error)

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        if self._error is not None:
            raise self._error
        data = self._inflate.unconsumed_tail + data
        before = self._inflate.copy()
        try:
            piece = self._inflate.decompress(data, max_length)
        except zlib.error as error:
            self._error = error
        else:
            self._more = len(piece) == max_length
            return piece
        pieces = []
        try:
            for byte in data:
                pieces.append(before.decompress(bytes((byte,))))  # noqa: PERF401 - it is left by an exception
        except zlib.error:
            return b"".join(pieces)
        raise self._error


def _zstd() -> Any:
    """Return the zstd module of Python 3.14, or its backport."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def start_zstd(dictionary: Dictionary | None = None) -> Decompressor:
    """Begin to read a frame, which may have been made with a dictionary."""
    zstd = _zstd()
    started: Decompressor = zstd.ZstdDecompressor(
        zstd_dict=dictionary, options={zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW_LOG}
    )
    return started


def zstd_dictionary(data: bytes) -> Dictionary:
    """Return a dictionary as frames can be made with. Raise BrokenStreamError if it is none."""
    zstd = _zstd()
    try:
        dictionary = zstd.ZstdDict(data, is_raw=not data.startswith(_DICTIONARY_MAGIC))
        zstd.ZstdDecompressor(zstd_dict=dictionary)  # which looks into it
    except Exception as error:
        raise BrokenStreamError("the dictionary at the beginning of the zstd data is damaged") from error
    return dictionary


def compress_member(compression: Compression, data: bytes, dictionary: Dictionary | None = None) -> bytes:
    """Return data as a member or frame of its own."""
    if dictionary is not None:
        zstd = _zstd()
        packed: bytes = zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}, zstd_dict=dictionary)
        return packed
    stream = io.BytesIO()
    with compression.compress(stream) as member:
        member.write(data)
    return stream.getvalue()


def _start_xz() -> Decompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_LARGEST_DICTIONARY)


def _write_gzip(stream: BinaryIO) -> io.BufferedIOBase:
    # Neither name nor time goes into the file: the same content gives the same bytes.
    return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=stream, mtime=0)


def _write_zstd(stream: BinaryIO) -> io.BufferedIOBase:
    zstd = _zstd()
    # The checksum lets a reader see damage.
    written: io.BufferedIOBase = zstd.ZstdFile(stream, "wb", options={zstd.CompressionParameter.checksum_flag: 1})
    return written


def _write_bzip2(stream: BinaryIO) -> io.BufferedIOBase:
    return bz2.BZ2File(stream, "wb")


def _write_xz(stream: BinaryIO) -> io.BufferedIOBase:
    return lzma.LZMAFile(stream, "wb")


COMPRESSIONS = (
    Compression("gzip", ".gz", _GzipMember, _write_gzip, padding=True),
    Compression("zstd", ".zst", start_zstd, _write_zstd),
    Compression("bzip2", ".bz2", bz2.BZ2Decompressor, _write_bzip2),
    Compression("xz", ".xz", _start_xz, _write_xz, padding=True),
)
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}


def magic_of(compression: Compression) -> bytes:
    """Return what a member or frame begins with."""
    return _MAGIC[compression.name]


def is_skippable(data: bytes) -> bool:
    """Tell whether a skippable frame of zstd begins here (pzstd, seekable files): 50 to 5F 2A 4D 18."""
    return data[1:4] == b"\x2a\x4d\x18" and data[0] & 0xF0 == 0x50


def _starts_here(data: bytes, compression: Compression) -> bool:
    return (compression.name == "zstd" and is_skippable(data)) or data.startswith(magic_of(compression))
