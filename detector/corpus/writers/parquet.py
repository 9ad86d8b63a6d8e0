"""Parquet files from tables."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from detector.corpus.arrow import open_arrow
from detector.corpus.parquet import ParquetTable, open_parquet
from detector.corpus.tables import Table
from detector.corpus.writers.split import Split
from detector.corpus.writers.tables import write_table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter


_WRITTEN = {"UNCOMPRESSED": "NONE", "UNKNOWN": "LZ4"}  # what pyarrow's writer calls a compression, by the reader's name
_LOST_TYPES = ("Interval", "Enum", "BSON", "Geometry", "Geography")
# A group is only told of in the schema as pyarrow prints it: `optional group field_id=-1 v (Variant(1)) {`.
_VARIANT = re.compile(r"^ +\w+ group field_id=-?\d+ (?P<name>.*) \(Variant\b.*\) \{$", re.MULTILINE)


def new_parquet(
    stream: BinaryIO,
    schema: pa.Schema,
    compression: str | Mapping[str, str] = "zstd",
    *,
    times_in_utc: bool = False,
) -> ParquetWriter:
    """Return a writer to a stream. It says nothing where it is given up, and the stream with it."""
    from pyarrow.parquet import ParquetWriter

    class Writer(ParquetWriter):  # type: ignore[misc]
        def __del__(self) -> None:
            with suppress(OSError, ValueError):  # it ends the file, of which the stream may be closed
                super().__del__()

    utc = {"write_time_adjusted_to_utc": True} if times_in_utc else {}
    return Writer(stream, schema, compression=compression, **utc)


class _ParquetFile:
    def __init__(self, split: Split, destination: str, table: Table, schema: pa.Schema) -> None:
        compression = (_compression(table) or "snappy") if isinstance(table, ParquetTable) else "zstd"
        in_utc = isinstance(table, ParquetTable) and _times_are_in_utc(table)
        self._writer = new_parquet(split.outputs.open(destination), schema, compression, times_in_utc=in_utc)

    def write(self, rows: pa.Table, group_rows: int) -> None:
        self._writer.write_table(rows, row_group_size=group_rows)

    def close(self) -> None:
        self._writer.close()


def _compression(table: ParquetTable) -> dict[str, str]:
    """Return the compression of each column, as the first row group has it.

    The first LZ4 of the format, which pyarrow reads and does not name, becomes the LZ4 that followed it.
    """
    metadata = table.metadata
    if not metadata.num_row_groups:
        return {}
    columns = map(metadata.row_group(0).column, range(metadata.num_columns))
    codecs = {column.path_in_schema: column.compression for column in columns}
    return {path: _WRITTEN.get(codec, codec) for path, codec in codecs.items()}


def _times_are_in_utc(table: ParquetTable) -> bool:
    """Tell whether the times of day are times of UTC, which the schema of Arrow does not say."""
    return any(kind["Type"] == "Time" and kind["isAdjustedToUTC"] for _, kind in _logical_types(table))


def lost_types(table: ParquetTable) -> Iterator[tuple[str, str]]:
    """Yield the columns, with their types, that pyarrow reads as plain bytes or structs, and writes as such."""
    for path, kind in _logical_types(table):
        if kind["Type"] in _LOST_TYPES:
            yield path, kind["Type"].upper()
    for group in _VARIANT.finditer(str(table.metadata.schema)):
        yield group["name"], "VARIANT"


def _logical_types(table: ParquetTable) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path of each column of values, and what its values mean."""
    for at in range(table.metadata.num_columns):
        column = table.metadata.schema.column(at)
        yield column.path, json.loads(column.logical_type.to_json())


def unfit_columns(schema: pa.Schema) -> list[str]:
    """Return the names of columns whose type Parquet does not have."""
    import pyarrow as pa
    from pyarrow.parquet import write_table as write_parquet_file

    unfit = []
    for field in schema:
        alone = pa.schema([field])
        try:
            write_parquet_file(alone.empty_table(), io.BytesIO())
        except pa.ArrowException:
            unfit.append(field.name)
    return unfit


write_parquet = partial(write_table, open_parquet, _ParquetFile)
write_arrow_as_parquet = partial(write_table, open_arrow, _ParquetFile)
