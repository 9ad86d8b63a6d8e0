"""Arrow, also called Feather (version 2) and IPC: the file format, and the stream format that `datasets` writes.

A file is read by its table of contents, which stands at its end. So one that is compressed as a whole, or comes through
a pipe, is written to a temporary file first: that it holds a stream after its mark is not true of those of polars.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from detector.corpus.arrow_metadata import codec_in_file, codec_in_message
from detector.corpus.input import Input
from detector.corpus.tables import TableKind, UnreadableError

if TYPE_CHECKING:
    import pyarrow as pa

_FILE_MAGIC = b"ARROW1\0\0"
_PIECE = 1 << 20  # bytes copied at a time
_FEATHER_1 = b"FEA1"


class ArrowTable:
    """An Arrow file or stream that is open.

    `is_file` tells the file format from the stream format. `metadata` is what stands in the footer of a file. Raise
    UnreadableError and what pyarrow raises.
    """

    rows = None  # known when all batches are read, and not before
    group_rows = 1

    def __init__(self, stream: BinaryIO) -> None:
        import pyarrow as pa

        self._stream = _Watched(stream)
        if self._stream.begins_with(_FEATHER_1):
            problem = "this is Feather of version 1, which is read no more"
            raise UnreadableError(f"{problem}; write it anew as version 2 with an older pyarrow")
        self.is_file = self._stream.begins_with(_FILE_MAGIC)
        self.metadata: pa.KeyValueMetadata | None = None
        self._file: BinaryIO | None = None
        self._copied = False
        if self.is_file:
            self._copied = not stream.seekable()
            self._file = self._stream.copy() if self._copied else stream
            file = pa.ipc.open_file(self._file)
            self.schema: pa.Schema = file.schema
            self.metadata = getattr(file, "metadata", None)  # which pyarrow 19 does not know
        else:
            self._stream.remember()
            self.schema = pa.ipc.open_stream(self._source()).schema

    def codec(self) -> str | None:
        """Return the compression of the buffers in the first batch. May be called once, and instead of `batches`."""
        import pyarrow as pa

        if self._file is not None:
            return codec_in_file(self._file)
        self._stream.repeat()
        for message in pa.ipc.MessageReader.open_stream(self._source()):
            if message.type == "record batch":
                return codec_in_message(message.metadata.to_pybytes())
        return None

    def batches(
        self, size: int, after_row: int = 0, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the rows after a row; see `Table`. May be called once."""
        for row, batch in self.whole_batches(columns):
            for at in range(max(after_row - row, 0), batch.num_rows, size):
                yield row + at, batch.slice(at, size)

    def whole_batches(self, columns: list[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the batches as the file has them, each with how many rows come before. May be called once."""
        import pyarrow as pa

        names = self.schema.names
        fields = [] if columns is None else [n for n, name in enumerate(names) if name in columns]  # [] is all
        options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
        row = 0
        for batch in self._read(options):
            _check(batch)
            self.group_rows = max(self.group_rows, batch.num_rows)
            yield row, batch
            row += batch.num_rows

    def _read(self, options: pa.ipc.IpcReadOptions) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        if self._file is not None:
            file = pa.ipc.open_file(self._file, options=options)
            for number in range(file.num_record_batches):
                yield file.get_batch(number)
            return
        self._stream.repeat()
        yield from pa.ipc.open_stream(self._source(), options=options)
        if not self._stream.last:
            raise UnreadableError("the data breaks off: the mark of its end is missing")
        if self._stream.read(1):
            raise UnreadableError("something follows the end of the Arrow stream")

    def close(self) -> None:
        """Give back what was opened here."""
        if self._copied and self._file is not None:
            self._file.close()

    def _source(self) -> pa.PythonFile:
        import pyarrow as pa

        return pa.PythonFile(cast(BinaryIO, self._stream), mode="r")


class _Watched:
    """A stream that can be read twice at its beginning, and that knows what was read last.

    pyarrow takes a stream that ends between two batches for whole, though the mark of its end is missing.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting = b""
        self._remembered: list[bytes] | None = None
        self.last = b""
        self.closed = False

    def begins_with(self, magic: bytes) -> bool:
        self._waiting += self._take(len(magic) - len(self._waiting))
        return self._waiting.startswith(magic)

    def read(self, size: int) -> bytes:
        self.last, self._waiting = self._waiting[:size], self._waiting[size:]
        self.last += self._take(size - len(self.last))
        if self._remembered is not None:
            self._remembered.append(self.last)
        return self.last

    def remember(self) -> None:
        """Keep what is read from here on, until `repeat`."""
        self._remembered = []

    def repeat(self) -> None:
        """Read again what was read since `remember`."""
        self._waiting = b"".join(self._remembered or ()) + self._waiting
        self._remembered = None

    def copy(self) -> BinaryIO:
        """Return all that was not read yet in a file that can be sought in, and that is gone when it is closed."""
        file = TemporaryFile()  # noqa: SIM115 - `ArrowTable.close` closes it
        while piece := self.read(_PIECE):
            file.write(piece)
        file.seek(0)
        return file

    def close(self) -> None:
        """Leave the stream open: its owner closes it."""

    def _take(self, size: int) -> bytes:
        pieces = []
        while size > 0 and (piece := self._stream.read(size)):  # a raw stream may give less than is asked for
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def _check(batch: pa.RecordBatch) -> None:
    """Check that what is in a batch lies within it: pyarrow does so only when asked, and may crash where it does not.

    A string that is not UTF-8 is no damage.
    """
    import pyarrow as pa

    strings = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}
    for column in batch.columns:
        (column.view(strings[column.type]) if column.type in strings else column).validate(full=True)


@contextmanager
def open_arrow(source: Input) -> Iterator[ArrowTable]:
    """Open an Arrow file or stream. Raise UnreadableError, and what pyarrow raises."""
    with source.open(buffered=False) as stream:
        table = ArrowTable(stream)
        try:
            yield table
        finally:
            table.close()


ARROW = TableKind("Arrow", open_arrow)
