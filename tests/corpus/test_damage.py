"""Files with random damage: nothing raises, nothing hangs, and what stands before the damage is read."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import time
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_files import write

from detector.corpus.compression import COMPRESSIONS
from detector.corpus.options import ReadOptions
from detector.corpus.reading import read

Row = dict[str, str]
FILES = 60  # of each kind


def as_jsonl(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(rows: list[Row]) -> bytes:
    stream = io.StringIO()
    table = csv.DictWriter(stream, ["id", "text"])
    table.writeheader()
    table.writerows(rows)
    return stream.getvalue().encode()


def as_parquet(rows: list[Row]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream, row_group_size=7)
    return stream.getvalue()


def as_arrow(rows: list[Row]) -> bytes:
    table = pa.Table.from_pylist(rows)
    stream = io.BytesIO()
    with (pa.ipc.new_file if len(rows) % 2 else pa.ipc.new_stream)(stream, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    return stream.getvalue()


def as_zstd(data: bytes) -> bytes:
    zstd = next(one for one in COMPRESSIONS if one.name == "zstd")
    stream = io.BytesIO()
    packed = zstd.compress(stream)
    packed.write(data)
    packed.close()
    return stream.getvalue()


KINDS: dict[str, Callable[[list[Row]], bytes]] = {
    ".jsonl": as_jsonl,
    ".csv": as_csv,
    ".parquet": as_parquet,
    ".arrow": as_arrow,
    ".arrow.gz": lambda rows: gzip.compress(as_arrow(rows)),
    ".jsonl.gz": lambda rows: gzip.compress(as_jsonl(rows)),
    ".jsonl.zst": lambda rows: as_zstd(as_jsonl(rows)),
    ".csv.bz2": lambda rows: bz2.compress(as_csv(rows)),
    ".jsonl.xz": lambda rows: lzma.compress(as_jsonl(rows)),
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Change, cut out, put in, repeat or cut off a few bytes."""
    broken = bytearray(data)
    for _ in range(chance.choice([1, 1, 3, 20])):
        place = chance.randrange(len(broken) + 1)
        other = bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
        match chance.randrange(5):
            case 0:
                broken[place : place + 1] = other[:1]
            case 1:
                del broken[place : place + len(other)]
            case 2:
                broken[place:place] = other
            case 3:
                broken[place:place] = broken[: len(other)]
            case _:
                del broken[place:]
    return bytes(broken)


@pytest.mark.parametrize("suffix", KINDS)
def test_damaged_files(suffix: str) -> None:
    chance = random.Random(suffix)
    for number in range(FILES):
        rows = [{"id": f"r{n}", "text": f"Text {n}, “naïve” 😀\n"} for n in range(chance.randint(1, 30))]
        data = KINDS[suffix](rows)
        write(f"whole{suffix}", data)
        assert [record.id for record in read([f"whole{suffix}"])] == [row["id"] for row in rows]
        broken = damaged(data, chance)
        write(f"broken{suffix}", broken)
        began = time.process_time()
        records = list(read([f"broken{suffix}"], ReadOptions(max_document_size=100_000, all_fields=number % 2 == 0)))
        assert time.process_time() - began < 20
        for record in records:
            assert (record.document is None) != (record.error is None)
        if suffix == ".jsonl":  # lines before the first changed byte are what they were
            same = next((n for n, pair in enumerate(zip(data, broken, strict=False)) if pair[0] != pair[1]), 0)
            before = data[:same].count(b"\n")
            assert [record.id for record in records[:before]] == [row["id"] for row in rows[:before]]
