"""Parquet, read with pyarrow, row group by row group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from detector.corpus.input import Input
from detector.corpus.tables import TableKind, UnreadableError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

_BUFFER = 1 << 20  # bytes read ahead in each column, instead of the whole column of a row group


class ParquetTable:
    """A Parquet file that is open."""

    def __init__(self, stream: BinaryIO) -> None:
        from pyarrow.parquet import ParquetFile

        self._file = ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)

    @property
    def schema(self) -> pa.Schema:
        return self._file.schema_arrow

    @property
    def metadata(self) -> FileMetaData:
        return self._file.metadata

    @property
    def rows(self) -> int:
        return int(self._file.metadata.num_rows)

    @property
    def group_rows(self) -> int:
        groups = (self.metadata.row_group(number).num_rows for number in range(self._file.num_row_groups))
        return int(max((*groups, 1)))

    def batches(
        self, size: int, after_row: int = 0, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the rows after a row; see `Table`.

        Each group is read by itself: pyarrow 26 can't read a dictionary within a struct across the end of a group.
        """
        row = 0
        for group in range(self._file.num_row_groups):
            rows = self.metadata.row_group(group).num_rows
            if row + rows <= after_row:
                row += rows
                continue
            for batch in self._file.iter_batches(size, row_groups=[group], columns=columns):
                passed_over = min(max(after_row - row, 0), batch.num_rows)
                yield row + passed_over, batch.slice(passed_over)
                row += batch.num_rows


@contextmanager
def open_parquet(source: Input) -> Iterator[ParquetTable]:
    """Open a Parquet file. Raise UnreadableError for a pipe, and what pyarrow raises."""
    with source.open(buffered=False) as stream:
        if not stream.seekable():
            raise UnreadableError("Parquet is read from a file, not from a pipe")
        yield ParquetTable(stream)


PARQUET = TableKind("Parquet", open_parquet)
