#!/bin/sh
# polars 2.1.0, pyarrow 26.0.1 (PyPI): an Arrow file of polars can't be read as a stream.
#
# Guess: in Arrow's specification the file format is the stream format with more around it: a mark, the stream, a footer. So
#        whoever can't seek (a pipe, a .zst) skips the mark of 8 bytes and reads the stream.
# Seen:  that works with files of pyarrow. In those of polars the first message, the schema, stands without its length: pyarrow
#        takes the first bytes of the schema for one and fails ("Invalid flatbuffers message"). polars' own stream is sound.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pyarrow==26.0.1' 'polars==2.1.0'
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import polars
import pyarrow as pa

frame = polars.DataFrame({"place": ["harbour", "mill"], "number": [1, 2]})
table = pa.table({"place": ["harbour", "mill"], "number": [1, 2]})


def by_pyarrow(new):
    stream = io.BytesIO()
    with new(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def by_polars(write):
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def outcome(data):
    try:
        return f"{pa.ipc.open_stream(data).read_all().num_rows} rows"
    except (pa.ArrowException, OSError) as error:
        return f"{type(error).__name__}: {error}"


files = {"pyarrow": by_pyarrow(pa.ipc.new_file), "polars": by_polars(frame.write_ipc)}
seen = []
for name, data in files.items():
    by_footer = pa.ipc.open_file(data).read_all().num_rows
    seen += [data[:8] == b"ARROW1\0\0", by_footer == 2, outcome(data[8:])]
    print(f"file of {name}: {by_footer} rows by its footer; after its mark {data[8:16].hex(' ')}, as a stream: {seen[-1]}")
seen.append(outcome(by_polars(frame.write_ipc_stream)))
print("stream of polars:", seen[-1])
sound, broken = seen[2], seen[5]
sys.exit(not (seen[0] and seen[1] and seen[3] and seen[4]) or [sound, seen[6]] != ["2 rows", "2 rows"] or broken == "2 rows")
PYTHON
