#!/bin/sh
# duckdb 2.0.1, polars 2.1.0, pyarrow 26.0.1 (PyPI): a column of variants, and polars calls the whole Parquet file broken.
#
# Guess: an annotation that a reader does not know yet says less and harms nothing: the column is what it physically is, a
#        struct of bytes, or can't be read; the other columns can. So Parquet's types have grown for ten years.
# Seen:  for the annotation VARIANT, which DuckDB writes for its type of that name, polars says "File out of specification",
#        though the file follows the specification; it says so, too, when only another column is asked for, lazily or not.
#        pyarrow, which has no variants either, reads the others and gives the variant as the struct it is.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'polars==2.1.0' 'pyarrow==26.0.1' 'duckdb==2.0.1' 'numpy==2.4.6'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import duckdb
import polars
from pyarrow import parquet


def read(function):
    try:
        return function()
    except polars.exceptions.ComputeError as error:
        return str(error).splitlines()[0]


row = "select 'The ferry was late.' as text, {} as more"
seen = []
for more in ("{'minutes': 20}", "{'minutes': 20}::variant"):
    duckdb.sql(f"copy ({row.format(more)}) to 'a.parquet'")
    seen += [
        read(lambda: polars.read_parquet("a.parquet", columns=["text"]).item()),
        read(lambda: polars.scan_parquet("a.parquet").select("text").collect().item()),
        parquet.read_table("a.parquet", columns=["text"])["text"][0].as_py(),
        str(parquet.read_schema("a.parquet").field("more").type).split("<")[0],
    ]
    print(f"{more}:\n  polars, the text alone: {seen[-4]}\n  and lazily: {seen[-3]}")
    print(f"  pyarrow, the text alone: {seen[-2]}\n  and the other column: {seen[-1]}")
text, broken = "The ferry was late.", "parquet: File out of specification: LogicalType union has no variant set"
sys.exit(seen != [text, text, text, "struct", broken, broken, text, "struct"])
PYTHON
