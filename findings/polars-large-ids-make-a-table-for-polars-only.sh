#!/bin/sh
# polars 2.1.0, pyarrow 26.0.1, duckdb 2.0.1 (PyPI): one hash of 64 bits among the ids, and only polars reads the Parquet file.
#
# Guess: ids that are hashes, up to 2^64-1, come out of JSON Lines as UInt64 (as in a DataFrame made of the same numbers); and
#        should a column be odd, other readers of the file that polars writes still read the other columns.
# Seen:  from JSON Lines and CSV, an id of 2^63 or more makes the column Int128. Neither Arrow nor Parquet has such a type;
#        polars writes both without a word, with a type of its own in the Arrow schema. pyarrow then refuses the whole file,
#        schema, other columns and all ("Integers with more than 64 bits not implemented"), and with it whatever reads through
#        it. DuckDB reads the ids as a BLOB of 16 bytes, which can't be joined with the numbers that they were. A file whose
#        hashes all happen to be small is one that everybody reads, so a small trial shows nothing.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'polars==2.1.0' 'pyarrow==26.0.1' 'duckdb==2.0.1' 'numpy==2.4.6'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import duckdb
import polars
import pyarrow as pa
from pyarrow import parquet


def read(function):
    try:
        return function()
    except pa.ArrowException as error:
        return f"{type(error).__name__}: {error}"


seen = []
for id in (2**63 - 1, 2**63 + 5):
    lines = f'{{"id": {id}, "text": "The ferry was late."}}\n{{"id": 7, "text": "So were we."}}\n'
    frame = polars.read_ndjson(io.StringIO(lines))
    frame.write_parquet("a.parquet")
    frame.write_ipc("a.arrow")
    ids = duckdb.sql("select id from 'a.parquet'")
    seen += [
        polars.DataFrame({"id": [id, 7]}).schema["id"],
        frame.schema["id"],
        read(lambda: parquet.read_table("a.parquet", columns=["text"]).num_rows),
        read(lambda: parquet.read_schema("a.parquet").names),
        read(lambda: pa.ipc.open_file("a.arrow").schema.names),
        str(ids.types[0]),
        ids.fetchall()[1][0],
    ]
    print(f"ids up to {id}: a DataFrame has {seen[-7]}, read from JSON Lines {seen[-6]}")
    print(f"  pyarrow, the texts alone: {seen[-5]}\n  pyarrow, names of columns: {seen[-4]}; of the Arrow file: {seen[-3]}")
    print(f"  DuckDB: {seen[-2]}, {seen[-1]!r}")
refused = "ArrowNotImplementedError: Integers with more than 64 bits not implemented"
small = [polars.Int64, polars.Int64, 2, ["id", "text"], ["id", "text"], "BIGINT", 7]
large = [polars.UInt64, polars.Int128, refused, refused, refused, "BLOB", (7).to_bytes(16, "little")]
sys.exit(seen != small + large)
PYTHON
