"""How the buffers of an Arrow file are compressed, which pyarrow reads and does not tell: from its FlatBuffers metadata.

A table of FlatBuffers begins with the distance to the list of its fields, which holds for each its place in the table.
Numbers of fields are those of File.fbs and Message.fbs in Arrow's specification.
"""

from __future__ import annotations

import os
from struct import Struct
from typing import BinaryIO

_RECORD_BATCHES = (
    3  # of Footer: a list of Block, each with the offset of a message first, then the length of its metadata
)
_HEADER = 2  # of Message: here a RecordBatch
_COMPRESSION = 3  # of RecordBatch
_CODEC = 0  # of BodyCompression
_CODECS = ("lz4", "zstd")
_END = Struct("<i6s")  # the length of the footer, and a mark
_BLOCK = Struct("<qi")
_INT, _UNSIGNED, _SHORT = Struct("<i"), Struct("<I"), Struct("<H")
_CONTINUES = b"\xff\xff\xff\xff"  # stands before the length of a message, but not in files older than Arrow 0.15


def codec_in_file(file: BinaryIO) -> str | None:
    """Return the compression of the first batch in a file that pyarrow has opened, so that it is known to be sound."""
    end = file.seek(-_END.size, os.SEEK_END)
    length, _ = _END.unpack(_read(file, _END.size))
    file.seek(end - length)
    footer = _read(file, length)
    blocks = _field(footer, _follow(footer, 0), _RECORD_BATCHES)
    if not blocks or not _UNSIGNED.unpack_from(footer, first := _follow(footer, blocks))[0]:
        return None
    offset, length = _BLOCK.unpack_from(footer, first + _UNSIGNED.size)
    file.seek(offset)
    message = _read(file, length)
    return codec_in_message(message[8 if message.startswith(_CONTINUES) else 4 :])


def codec_in_message(message: bytes) -> str | None:
    """Return the compression of a message that is a record batch."""
    header = _follow(message, _field(message, _follow(message, 0), _HEADER))
    compression = _field(message, header, _COMPRESSION)
    if not compression:
        return None
    codec = _field(message, _follow(message, compression), _CODEC)
    return _CODECS[message[codec] if codec else 0]


def _read(file: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := file.read(size - len(data))):
        data += piece
    return data


def _field(data: bytes, table: int, number: int) -> int:
    """Return where a field of a table stands, 0 where it has its default."""
    fields = table - int(_INT.unpack_from(data, table)[0])
    at = 4 + 2 * number
    offset = int(_SHORT.unpack_from(data, fields + at)[0]) if at < _SHORT.unpack_from(data, fields)[0] else 0
    return table + offset if offset else 0


def _follow(data: bytes, at: int) -> int:
    return at + int(_UNSIGNED.unpack_from(data, at)[0])
