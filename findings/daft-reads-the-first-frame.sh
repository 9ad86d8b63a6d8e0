#!/bin/sh
# daft 0.7.26 (PyPI): of a .zst, .bz2 or .xz file of several frames, the first is read and the rest is gone without a word.
#
# Guess: several members, frames or streams one after another are one file, as their formats say: shards are joined with `cat`,
#        appended to, and written so by parallel compressors (pbzip2). Of .gz daft reads all members.
# Seen:  of the three others it reads the first only, in JSON Lines and CSV: 100 records of 300, no error, no warning, and
#        count_rows agrees. A .warc.zst has a frame for each record, so read_warc sees one record of any crawl (the
#        warcinfo, which is no page), where the same records in a .warc.gz are all there. What has one frame is read whole.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'daft==0.7.26' 'zstandard==0.25.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON' 2>errors.txt || { cat errors.txt; exit 1; }
import bz2
import gzip
import lzma
import sys

import daft
import zstandard

lines = [f'{{"id": {number}, "text": "Ferry {number} was late."}}\n'.encode() for number in range(300)]
parts = [b"".join(lines[start : start + 100]) for start in (0, 100, 200)]
packers = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress, "bz2": bz2.compress, "xz": lzma.compress}


def record(number):
    text = f"Ferry {number} was late."
    fields = {
        "WARC-Type": "conversion",
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-00000000000{number}>",
        "WARC-Date": "2026-05-06T07:08:09Z",
        "WARC-Target-URI": f"https://example.org/{number}",
        "Content-Type": "text/plain",
        "Content-Length": str(len(text)),
    }
    return "\r\n".join(["WARC/1.0", *map(": ".join, fields.items()), "", text, "", ""]).encode()


seen = {}
for suffix, pack in packers.items():
    for name, content in (("one", [b"".join(parts)]), ("three", parts)):
        with open(f"{name}.jsonl.{suffix}", "wb") as file:
            file.writelines(map(pack, content))
        frame = daft.read_json(f"{name}.jsonl.{suffix}")
        table = daft.read_csv(f"{name}.jsonl.{suffix}", has_headers=False, delimiter="\t")
        seen[name, suffix] = frame.count_rows(), len(frame.to_pydict()["id"]), table.count_rows()
        print(f"300 records in {name} of .{suffix}: JSON Lines {seen[name, suffix][:2]}, CSV {seen[name, suffix][2]}")
for suffix in ("gz", "zst"):
    with open(f"a.warc.{suffix}", "wb") as file:
        file.writelines(packers[suffix](record(number)) for number in range(5))
    seen["warc", suffix] = daft.read_warc(f"a.warc.{suffix}").count_rows()
    print(f"5 records in a .warc.{suffix}, each by itself: {seen['warc', suffix]}")
whole, first = (300, 300, 300), (100, 100, 100)
wanted = {("one", suffix): whole for suffix in packers} | {("three", suffix): first for suffix in packers}
sys.exit(seen != wanted | {("three", "gz"): whole, ("warc", "gz"): 5, ("warc", "zst"): 1})
PYTHON
