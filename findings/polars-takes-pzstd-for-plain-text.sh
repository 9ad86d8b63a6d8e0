#!/bin/sh
# polars 2.1.0 (PyPI), pyarrow 26.0.1 beside it: a .zst that pzstd has written is read as if it were not compressed.
#
# Guess: a file with the suffix .zst that is valid zstd is decompressed, or refused as something that can't be.
# Seen:  the first four bytes decide, not the suffix, and only those of a plain frame are known. pzstd, the parallel zstd that
#        comes with it, puts a skippable frame with a length before each frame (RFC 8878, 3.1.2); a .warc.zst with a
#        dictionary begins with one, too. polars then parses the compressed bytes: JSON Lines are "not valid UTF-8 at line
#        0", and a CSV is counted and read lossily without an error, with some rows of nothing in place of 20,000.
#        pyarrow reads all of it, as pandas and DuckDB do; where such a frame is not the first, polars does, too.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'polars==2.1.0' 'pyarrow==26.0.1' 'zstandard==0.25.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import struct
import sys

import polars
import zstandard
from pyarrow import csv, json

ROWS = 20_000
FIRST = 5_000  # rows of the first frame


def frame(data, with_length):
    """Return a frame as pzstd writes it, or as zstd does."""
    packed = zstandard.ZstdCompressor().compress(data)
    return (struct.pack("<III", 0x184D2A50, 4, len(packed)) if with_length else b"") + packed


def read(function):
    try:
        return function()
    except polars.exceptions.ComputeError as error:
        return str(error)


lines = [b'{"id": %d, "text": "Ferry %d was late."}\n' % (number, number) for number in range(ROWS)]
cells = [b"%d,Ferry %d was late.\n" % (number, number) for number in range(ROWS)]
seen = {}
for name, lengths in (("zstd", (False, False)), ("pzstd", (True, True)), ("length in the middle", (False, True))):
    for suffix, rows in (("jsonl", lines), ("csv", cells)):
        with open(f"a.{suffix}.zst", "wb") as file:
            file.write(frame(b"".join(rows[:FIRST]), lengths[0]) + frame(b"".join(rows[FIRST:]), lengths[1]))
    table = polars.scan_csv("a.csv.zst", has_header=False, quote_char=None, encoding="utf8-lossy", ignore_errors=True)
    seen[name] = (
        read(lambda: polars.read_ndjson("a.jsonl.zst").height),
        table.select(polars.len()).collect().item(),
        json.read_json("a.jsonl.zst").num_rows,
        csv.read_csv("a.csv.zst", read_options=csv.ReadOptions(autogenerate_column_names=True)).num_rows,
    )
    print(f"{name}: polars, JSON Lines: {seen[name][0]}; CSV: {seen[name][1]}; pyarrow {seen[name][2]}, {seen[name][3]}")
whole = (ROWS, ROWS, ROWS, ROWS)
problem, rows, *others = seen.pop("pzstd")
as_seen = "valid UTF-8 at line 0" in str(problem) and rows < ROWS / 10 and others == [ROWS, ROWS]
sys.exit(not as_seen or set(seen.values()) != {whole})
PYTHON
