"""Writers: a shard and its decisions in, one file a destination out, in the format that came in.

Each container has a module here beside its reader, with one function: it reads the shard once more, row by row, and
writes each row as it stood to where its decision sends it. Nothing is parsed and written anew that need not be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detector.corpus.compression import COMPRESSIONS, Compression, compression_of
from detector.corpus.shards import Shard
from detector.corpus.writers.arrow import write_arrow
from detector.corpus.writers.converted import write_as_jsonl, write_as_parquet
from detector.corpus.writers.delimited import write_delimited
from detector.corpus.writers.jsonl import write_jsonl
from detector.corpus.writers.parquet import write_arrow_as_parquet, write_parquet
from detector.corpus.writers.plain import write_plain
from detector.corpus.writers.split import Split
from detector.corpus.writers.warc import write_warc
from detector.errors import ConfigError

Write = Callable[[Split], None]

_SAME: dict[str | None, Write] = {
    "jsonl": write_jsonl,
    "csv": write_delimited,
    "parquet": write_parquet,
    "arrow": write_arrow,
    "warc": write_warc,
    None: write_plain,
}
_CONVERTED: dict[str, Write] = {"jsonl": write_as_jsonl, "parquet": write_as_parquet}
TARGETS = ("parquet", "jsonl", *(f"jsonl{known.suffix}" for known in COMPRESSIONS))  # of `--to`


@dataclass(frozen=True, slots=True)
class Format:
    """How a shard is written: the function, the path of its outputs below their folders, their compression.

    The function raises ConfigError or SourceError where what it was told and what stands there do not go together.
    """

    write: Write
    relative: str
    compression: Compression | None


def format_for(shard: Shard, to: str | None) -> Format:
    """Return how a shard is written; `to` is one of `TARGETS`, or None for what it was.

    Raise ConfigError where that can't be: a file that holds one document has no fields.
    """
    container, compression = shard.container, compression_of(shard.path)
    if to is None:
        return Format(_SAME[container], shard.relative, compression)
    if container is None:
        raise ConfigError(f"{shard.name}: --to {to} makes records of records; this file is one document")
    name, packed = to.partition(".")[0], compression_of(to)
    write = _CONVERTED[name]
    if name == container:
        write = _SAME[name]
    elif (container, name) == ("arrow", "parquet"):  # types stay what they are
        write = write_arrow_as_parquet
    stem = shard.relative[: -len(compression.suffix)] if compression else shard.relative
    return Format(write, f"{stem.rpartition('.')[0]}.{to}", packed)
