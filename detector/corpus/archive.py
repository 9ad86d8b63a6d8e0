"""Archives: files made of many gzip members or zstd frames, one for each record, read so that each can be told apart.

A WARC file is compressed record by record, so that a record can be copied as it stands and one that is damaged costs no
other. `Archive` reads the decompressed bytes of such a file, knows where each member begins and ends, and finds the next
one after damage. Empty members, skippable frames, zero padding, and frames that need a dictionary which stands at the
beginning of the file are part of the format, and are no damage. A file that is not compressed has no members.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from detector.corpus.compression import (
    BrokenStreamError,
    Compression,
    Decompressor,
    Dictionary,
    is_skippable,
    magic_of,
    start_zstd,
    zstd_dictionary,
)

_PIECE = 1 << 16  # bytes read from the file, and decompressed, in one call
_DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"  # a skippable frame that holds one: https://iipc.github.io/warc-specifications
_LARGEST_DICTIONARY = 64 << 20  # bytes
_SCANNED = 1 << 20  # bytes that are looked at in one piece after damage


class Archive:
    """Decompressed bytes of an archive. `position` counts them; offsets count the bytes of the file itself.

    `marker` is what a member begins with that begins a record: after damage such a member is looked for. `at` is where
    to begin: the position and the offset of a member. `dictionary_frame` is the frame with the dictionary as it stands.
    Reading raises OSError, and BrokenStreamError where the data is damaged or breaks off.
    """

    def __init__(
        self, stream: BinaryIO, compression: Compression | None, marker: bytes, at: tuple[int, int] = (0, 0)
    ) -> None:
        self.position = 0
        self.dictionary: Dictionary | None = None
        self.dictionary_frame = b""
        self._stream, self._compression, self._marker = stream, compression, marker
        self._data = bytearray()  # decompressed, from `position` on
        self._packed = b""  # bytes of the file that no member has taken yet
        self._read = 0  # bytes of the file, up to the end of `_packed`
        self._member: Decompressor | None = None
        self._member_offset = 0
        self._members = 0
        self._starts: deque[tuple[int, int]] = deque()  # position and offset where a member begins
        self._ends: deque[tuple[int, int]] = deque()
        self._error: BrokenStreamError | None = None
        if at != (0, 0):
            if compression is not None and compression.name == "zstd":
                self._next_member()  # for the dictionary
            self._go_to(at[1])
            self.position = at[0]

    def peek(self, size: int) -> bytearray:
        """Return what comes next: at least `size` bytes, fewer at the end. Do not change it."""
        while len(self._data) < size and self._fill():
            pass
        return self._data

    def skip(self, size: int) -> None:
        """Go past bytes that `peek` has returned."""
        del self._data[:size]
        self.position += size

    def unread(self, data: bytes) -> None:
        """Go back to before bytes that were skipped."""
        self._data[:0] = data
        self.position -= len(data)

    def forget(self) -> None:
        """Forget members before the one that holds the position."""
        while len(self._starts) > 1 and self._starts[1][0] <= self.position:
            self._starts.popleft()
        while self._ends and self._ends[0][0] < self.position:
            self._ends.popleft()

    @property
    def run(self) -> int:
        """How many of the bytes that `peek` has returned stand before the next beginning of a member."""
        ahead = (start - self.position for start, _ in self._starts if start > self.position)
        return min(next(ahead, len(self._data)), len(self._data))

    @property
    def at_member(self) -> bool:
        """Whether a member begins at the position. `peek` must have returned a byte of it."""
        return any(start == self.position for start, _ in self._starts)

    @property
    def at_member_end(self) -> bool:
        """Whether a member ends at the position."""
        return any(end == self.position for end, _ in self._ends)

    @property
    def origin(self) -> tuple[int, int]:
        """The position and the offset of the last member that begins at the position or before it."""
        return max((start for start in self._starts if start[0] <= self.position), default=(0, 0))

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the offsets of the bytes of the file that are exactly these decompressed ones, or None."""
        if self._compression is None:
            return start, end
        first = max((offset for position, offset in self._starts if position == start), default=None)
        if first is None:
            return None
        last = next((offset for position, offset in self._ends if position == end and offset > first), None)
        return None if last is None else (first, last)

    def recover(self) -> bool:
        """Go to the next member after damage that begins with the marker; return False if there is none."""
        if self._compression is None or not self._stream.seekable():
            return False
        for offset in self._candidates(self._member_offset + 1):
            self._go_to(offset)
            try:
                found = self.peek(len(self._marker)).startswith(self._marker)
            except BrokenStreamError:
                continue
            if found:
                return True
        return False

    # --- members ----------------------------------------------------------------------------------------------------

    def _fill(self) -> bool:
        """Read some more; return False at the end."""
        if self._error is not None:
            raise self._error
        if self._compression is None:
            piece = self._stream.read(_PIECE)
            self._data += piece
            return bool(piece)
        try:
            return self._unpack(self._compression.name)
        except BrokenStreamError as error:
            self._error = error
            raise

    def _unpack(self, name: str) -> bool:
        while True:
            if self._member is None and not self._next_member():
                return False
            assert self._member is not None
            if not self._packed and self._member.needs_input and not self._more():
                raise BrokenStreamError(f"the {name} data breaks off")
            data, self._packed = self._packed, b""
            try:
                piece = self._member.decompress(data, _PIECE)
            except Exception as error:  # each library raises its own kind
                raise BrokenStreamError(f"the {name} data is damaged") from error
            self._data += piece
            if self._member.eof:
                self._packed = self._member.unused_data
                self._member = None
                self._ends.append((self._end, self._offset))
            if piece:
                return True

    def _next_member(self) -> bool:
        compression = self._compression
        assert compression is not None
        magic = magic_of(compression)
        while True:
            if compression.padding and self._members:
                self._packed = self._packed.lstrip(b"\0")
            if not self._packed and not self._more():
                return False
            if compression.padding and self._members and not self._packed.strip(b"\0"):
                continue
            self._need(8)
            if compression.name == "zstd" and is_skippable(self._packed):
                self._skip_frame()
                continue
            break
        if not self._packed.startswith(magic):
            self._member_offset = self._offset
            if self._members:
                raise BrokenStreamError(f"the {compression.name} data is followed by something else")
            raise BrokenStreamError(f"this is no {compression.name} data, whatever its suffix says")
        self._members += 1
        self._member_offset = self._offset
        self._starts.append((self._end, self._offset))
        self._member = start_zstd(self.dictionary) if compression.name == "zstd" else compression.start()
        return True

    def _skip_frame(self) -> None:
        """Pass over a skippable frame, and take the dictionary out of it if it holds one."""
        size = 8 + int.from_bytes(self._packed[4:8], "little")
        if self._packed.startswith(_DICTIONARY_FRAME) and not self._members and not self.dictionary_frame:
            if size > _LARGEST_DICTIONARY:
                raise BrokenStreamError("the dictionary at the beginning of the zstd data is too large to be one")
            self._need(size)
            if len(self._packed) < size:
                raise BrokenStreamError("the zstd data breaks off")
            frame = self._packed[:size]
            self.dictionary = zstd_dictionary(_dictionary(frame[8:]))
            self.dictionary_frame = frame
        while size > len(self._packed):
            size -= len(self._packed)
            self._packed = b""
            if not self._more():
                raise BrokenStreamError("the zstd data breaks off")
        self._packed = self._packed[size:]

    def _need(self, size: int) -> None:
        while len(self._packed) < size and self._more():
            pass

    def _more(self) -> bool:
        piece = self._stream.read(_PIECE)
        self._packed += piece
        self._read += len(piece)
        return bool(piece)

    @property
    def _end(self) -> int:
        return self.position + len(self._data)

    @property
    def _offset(self) -> int:
        return self._read - len(self._packed)

    # --- after damage -----------------------------------------------------------------------------------------------

    def _go_to(self, offset: int) -> None:
        self._stream.seek(offset)
        # No two members may have the same position, whatever was between them.
        self.position = self._end + 1
        self._packed, self._read, self._member, self._error = b"", offset, None, None
        self._data.clear()
        self._starts.clear()
        self._ends.clear()

    def _candidates(self, offset: int) -> Iterator[int]:
        """Yield the offsets where something looks like the beginning of a member."""
        assert self._compression is not None
        magic = magic_of(self._compression)
        while True:
            self._stream.seek(offset)
            data = self._stream.read(_SCANNED)
            at = data.find(magic)
            while at >= 0:
                yield offset + at
                at = data.find(magic, at + 1)
            if len(data) < _SCANNED:
                return
            offset += len(data) - len(magic) + 1


def _dictionary(data: bytes) -> bytes:
    """Return what a dictionary frame holds, which may be compressed itself."""
    if not data.startswith(b"\x28\xb5\x2f\xfd"):
        return data
    try:
        unpacked = start_zstd().decompress(data, _LARGEST_DICTIONARY)
    except Exception as error:  # the library's own kind
        raise BrokenStreamError("the dictionary at the beginning of the zstd data is damaged") from error
    if len(unpacked) == _LARGEST_DICTIONARY:
        raise BrokenStreamError("the dictionary at the beginning of the zstd data is too large to be one")
    return unpacked
