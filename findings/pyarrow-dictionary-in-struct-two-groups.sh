#!/bin/sh
# pyarrow 26.0.1 (PyPI): a Parquet file of four rows that it wrote itself cannot be read as a whole.
#
# Guess: what `write_table` has written `read` and `iter_batches` give back; the error "Nested data conversions not
#        implemented for chunked array outputs" is one of columns with more than 2 GB of strings.
# Seen:  a dictionary within a struct is enough, in a file of two row groups: both calls raise that error, for four rows.
#        Each row group by itself is read; a table that fits into one group is read as well, so a small trial shows nothing.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pyarrow==26.0.1'
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import pyarrow as pa
import pyarrow.parquet as pq

kinds = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 1], pa.int32()), pa.array(["harbour", "mill"]))
table = pa.table({"place": pa.StructArray.from_arrays([kinds], ["kind"]), "number": [1, 2, 3, 4]})


def outcome(read):
    try:
        return f"{sum(len(part) for part in read())} rows"
    except pa.ArrowNotImplementedError as error:
        return f"ArrowNotImplementedError: {error}"


seen = []
for size in (2, 4):
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=size)
    file = pq.ParquetFile(stream)
    groups = file.num_row_groups
    for name, read in (
        ("read", lambda: [file.read()]),
        ("iter_batches", lambda: file.iter_batches(batch_size=3)),
        ("read_row_group", lambda: map(file.read_row_group, range(groups))),
    ):
        seen.append(outcome(read))
        print(f"{groups} row group(s), {name}: {seen[-1]}")
refused = "ArrowNotImplementedError: Nested data conversions not implemented for chunked array outputs"
sys.exit(seen != [refused, refused, "4 rows", "4 rows", "4 rows", "4 rows"])
PYTHON
