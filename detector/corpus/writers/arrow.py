"""Arrow files from tables: a file where a file came in, a stream where a stream did."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from detector.corpus.arrow import ArrowTable, open_arrow
from detector.corpus.tables import Table
from detector.corpus.writers.split import Split
from detector.corpus.writers.tables import write_table
from detector.corpus.writers.views import without_other_rows

if TYPE_CHECKING:
    import pyarrow as pa


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
        self._writer.write_table(without_other_rows(rows), max_chunksize=group_rows)

    def close(self) -> None:
        self._writer.close()


def _codec(split: Split) -> str | None:
    """Return the compression of the buffers in the first batch of a file."""
    with open_arrow(split.source) as table:
        return table.codec()


write_arrow = partial(write_table, open_arrow, _ArrowFile)
