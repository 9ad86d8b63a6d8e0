"""Arrow files from tables: a file where a file came in, a stream where a stream did."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from struct import unpack_from
from typing import TYPE_CHECKING

from detector.corpus.arrow import ArrowTable, open_arrow
from detector.corpus.tables import Table
from detector.corpus.writers.split import Split
from detector.corpus.writers.tables import write_table

if TYPE_CHECKING:
    import pyarrow as pa

# Fields by their number in the tables of Message.fbs, which Arrow's specification has.
_HEADER = 2  # of Message; a RecordBatch where pyarrow says that the message is one
_COMPRESSION = 3  # of RecordBatch
_CODEC = 0  # of BodyCompression
_CODECS = ("lz4", "zstd")


class _ArrowFile:
    def __init__(self, split: Split, destination: str, table: Table, schema: pa.Schema) -> None:
        import pyarrow as pa

        assert isinstance(table, ArrowTable)
        stream = split.outputs.open(destination)
        options = pa.ipc.IpcWriteOptions(
            compression=_codec(split), emit_dictionary_deltas=table.is_file, use_threads=False
        )
        if not table.is_file:
            self._writer = pa.ipc.new_stream(stream, schema, options=options)
        elif table.metadata:
            self._writer = pa.ipc.new_file(stream, schema, options=options, metadata=table.metadata)
        else:
            self._writer = pa.ipc.new_file(stream, schema, options=options)

    def write(self, rows: pa.Table, group_rows: int) -> None:
        import pyarrow as pa

        with suppress(pa.ArrowException):  # dictionaries that do not go into one: the pieces stay as they are
            rows = rows.combine_chunks()
        self._writer.write_table(rows, max_chunksize=group_rows)

    def close(self) -> None:
        self._writer.close()


def _codec(split: Split) -> str | None:
    """Return the compression of the buffers in the first batch of a file."""
    with open_arrow(split.source) as table:
        for message in table.messages():
            if message.type == "record batch":
                return _codec_of(message.metadata.to_pybytes())
    return None


def _codec_of(message: bytes) -> str | None:
    header = _follow(message, _field(message, _follow(message, 0), _HEADER))
    compression = _field(message, header, _COMPRESSION)
    if not compression:
        return None
    codec = _field(message, _follow(message, compression), _CODEC)
    return _CODECS[message[codec] if codec else 0]


def _field(message: bytes, table: int, number: int) -> int:
    """Return where a field of a FlatBuffers table stands, 0 where it has its default."""
    fields = table - unpack_from("<i", message, table)[0]
    at = 4 + 2 * number
    offset: int = unpack_from("<H", message, fields + at)[0] if at < unpack_from("<H", message, fields)[0] else 0
    return table + offset if offset else 0


def _follow(message: bytes, at: int) -> int:
    offset: int = unpack_from("<I", message, at)[0]
    return at + offset


write_arrow = partial(write_table, open_arrow, _ArrowFile)
