"""Compressed streams: several members and frames, damage, what follows them, and memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import tracemalloc
from collections.abc import Callable

import pytest
from corpus_files import line, outcomes, write

from detector.corpus.compression import COMPRESSIONS, Compression, decompressed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compress = Callable[[bytes], bytes]
COMPRESS: dict[str, Compress] = {
    ".gz": gzip.compress,
    ".zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
EVERY = pytest.mark.parametrize("suffix", COMPRESS)


def records(*ids: str) -> bytes:
    return "".join(line(id=id, text="Some text.") for id in ids).encode()


def written(suffix: str, *parts: bytes) -> str:
    """Write each part as a member of its own."""
    return write(f"a.jsonl{suffix}", b"".join(COMPRESS[suffix](part) for part in parts))


@EVERY
def test_several_members_make_one_file(suffix: str) -> None:
    content = records(*"abcdef")
    assert outcomes(written(suffix, content[:50], b"", content[50:90], content[90:])) == list("abcdef")


@EVERY
def test_a_stream_that_breaks_off(suffix: str) -> None:
    content = b"".join(line(id=str(n), text=os.urandom(500).hex()).encode() for n in range(3_000))
    write(f"a.jsonl{suffix}", COMPRESS[suffix](content)[:-20_000])
    *ids, problem, after = outcomes(f"a.jsonl{suffix}", write("b.txt"))
    assert after == "b.txt"
    assert ids == [str(n) for n in range(len(ids))]
    assert 1_000 < len(ids) < 3_000
    assert problem.startswith(f"a.jsonl{suffix}, line {len(ids) + 1}: the ")
    assert problem.endswith(" data breaks off")


@EVERY
def test_a_last_record_that_is_whole_counts_though_something_else_follows(suffix: str) -> None:
    write(f"a.jsonl{suffix}", COMPRESS[suffix](records("a", "b").rstrip()) + b"something else")
    first, second, problem = outcomes(f"a.jsonl{suffix}")
    assert (first, second) == ("a", "b")
    assert problem.startswith(f"a.jsonl{suffix}, line 3: ")
    assert problem.endswith("data is followed by something else")


@EVERY
def test_a_last_record_that_is_not_whole_is_the_place_of_the_break(suffix: str) -> None:
    write(f"a.jsonl{suffix}", COMPRESS[suffix](records("a", "b")[:-9]) + b"something else")
    first, problem = outcomes(f"a.jsonl{suffix}")
    assert first == "a"
    assert problem.startswith(f"a.jsonl{suffix}, line 2: ")


@EVERY
def test_damage_within_the_data_is_told(suffix: str) -> None:
    data = bytearray(
        COMPRESS[suffix](b"".join(line(id=str(n), text=os.urandom(500).hex()).encode() for n in range(3_000)))
    )
    data[-30_000:-29_000] = bytes(1_000)
    write(f"a.jsonl{suffix}", bytes(data))
    ids = outcomes(f"a.jsonl{suffix}")
    assert any("data is damaged" in id or "not JSON" in id for id in ids)


def test_a_gzip_member_with_a_wrong_checksum_gives_all_its_records() -> None:
    data = bytearray(gzip.compress(records("a", "b")))
    data[-8] ^= 1
    assert outcomes(write("a.jsonl.gz", bytes(data))) == ["a", "b", "a.jsonl.gz, line 3: the gzip data is damaged"]


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_zero_bytes_may_follow(suffix: str) -> None:
    data = COMPRESS[suffix](records("a"))
    assert outcomes(write(f"a.jsonl{suffix}", data + bytes(100_000) + data + bytes(512))) == ["a", "a"]


@EVERY
def test_a_file_of_no_bytes_is_an_empty_shard(suffix: str) -> None:
    assert outcomes(write(f"a.jsonl{suffix}", b"")) == []


@EVERY
def test_what_is_called_compressed_and_is_not(suffix: str) -> None:
    (problem,) = outcomes(write(f"a.jsonl{suffix}", records("a")))
    assert problem.startswith(f"a.jsonl{suffix}, line 1: this is no ")


def test_zstd_frames_with_a_large_window_and_skippable_frames() -> None:
    parameter = zstd.CompressionParameter
    content = records(*"abc")
    long = zstd.ZstdCompressor(options={parameter.window_log: 30, parameter.enable_long_distance_matching: 1})
    frame = long.compress(content) + long.flush()
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0none"
    assert outcomes(write("a.jsonl.zst", skippable + frame + skippable + zstd.compress(records("d")))) == list("abcd")


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=lambda compression: compression.name)
def test_what_unpacks_to_a_thousand_times_its_size_takes_bounded_memory(compression: Compression) -> None:
    size = 200_000_000
    with open("zeros", "wb") as file, compression.compress(file) as packed:
        for _ in range(200):
            packed.write(bytes(size // 200))
    tracemalloc.start()
    count = 0
    with decompressed(open("zeros", "rb"), compression) as stream:
        while piece := stream.read1(1 << 16):
            count += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == size
    assert peak < 20_000_000


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=lambda compression: compression.name)
def test_what_is_written_can_be_read(compression: Compression) -> None:
    content = os.urandom(300_000) + bytes(300_000)
    with open("packed", "wb") as file:
        packed = compression.compress(file)
        packed.write(content)
        packed.close()
        assert not file.closed
    with decompressed(open("packed", "rb"), compression) as stream:
        assert stream.read() == content
