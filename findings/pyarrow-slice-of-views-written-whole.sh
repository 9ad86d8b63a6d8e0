#!/bin/sh
# pyarrow 26.0.1, polars 2.1.0 (PyPI): one short row that is picked from a polars frame takes a file of megabytes.
#
# Guess: the IPC writer leaves out what a slice does not show, as it does for strings; so a slice of a table with a few rows
#        makes a small file.
# Seen:  polars hands its strings over as views, and of those every buffer is written, whatever is left of the rows: one row
#        of 3 characters out of a frame of 20 MB makes a file of 20 MB. `combine_chunks` does not change that, and `take` is
#        not implemented for views. So a table that is split into many becomes many times as large. Cast to large_string and
#        back, the same row makes a file of under 1 kB.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pyarrow==26.0.1' 'polars==2.1.0'
"$folder/venv/bin/python" - "$folder/frame.arrow" <<'PYTHON'
import io
import sys

import polars
import pyarrow as pa

texts = [f"page {number} " + "about harbours and mills " * 800 for number in range(1000)] + ["end"]
polars.DataFrame({"text": texts}).write_ipc(sys.argv[1], compression="uncompressed")
table = pa.ipc.open_file(sys.argv[1]).read_all()
print("polars writes", table.schema.field("text").type, "in a frame of", f"{table.get_total_buffer_size() >> 20} MB")


def size_of(rows):
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows)
    return len(stream.getvalue())


last = table.slice(1000)
as_strings = pa.table({"text": last["text"].cast(pa.large_string())})
sizes = {
    "sliced view": size_of(last),
    "combined view": size_of(pa.concat_tables([last]).combine_chunks()),
    "sliced string": size_of(pa.table({"text": table["text"].cast(pa.large_string())}).slice(1000)),
    "view made of the string": size_of(pa.table({"text": as_strings["text"].cast(pa.string_view())})),
}
for name, size in sizes.items():
    print(f"{name}: {size:,} bytes for the text {last['text'].to_pylist()}")
try:
    last["text"].take([0])
    taken = "take works"
except pa.ArrowNotImplementedError:
    taken = "take is not implemented"
print(taken)
large = [size > 10_000_000 for size in sizes.values()]
sys.exit(large != [True, True, False, False] or taken != "take is not implemented")
PYTHON
