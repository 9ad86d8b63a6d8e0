"""Containers: what holds records, by the suffix of its files. To add one: a module that reads it, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from detector.corpus.compression import COMPRESSIONS, compression_of
from detector.corpus.delimited import read_delimited
from detector.corpus.files import read_file
from detector.corpus.input import Input
from detector.corpus.jsonl import read_jsonl
from detector.corpus.options import ReadOptions
from detector.corpus.parquet import read_parquet
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.corpus.warc import read_warc
from detector.text.formats import format_of, suffixes

Read = Callable[[Input, ReadOptions, ReadLog], Iterator[Record]]


@dataclass(frozen=True)
class Container:
    """A kind of file that holds records.

    `suffixes` are lower case, with their dot. `read` yields a record for each row, in order, and one with an error for
    what can't be read; it raises nothing but `OSError`. `compressible`: the suffix of a compression may follow.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Read
    compressible: bool = True


CONTAINERS = (
    Container("jsonl", (".jsonl", ".ndjson"), read_jsonl),
    Container("csv", (".csv", ".tsv"), read_delimited),
    Container("parquet", (".parquet",), read_parquet, compressible=False),
    Container("warc", (".warc", ".wet"), read_warc),
)


def container_of(path: str) -> Container | None:
    """Return the container that the suffix of a path names, or None."""
    lower = path.lower()
    compression = compression_of(lower)
    stem = lower[: -len(compression.suffix)] if compression else lower
    return next((container for container in CONTAINERS if stem.endswith(container.suffixes)), None)


def reader_of(path: str) -> Read | None:
    """Return the function that reads a file with this suffix, or None if there is none."""
    compression = compression_of(path)
    if container := container_of(path):
        return container.read if container.compressible or not compression else None
    return read_file if format_of(path[: -len(compression.suffix)] if compression else path) else None


def is_supported(path: str) -> bool:
    """Tell whether there is a reader for files with this suffix."""
    return reader_of(path) is not None


def supported() -> str:
    """Return the suffixes that can be read, for a message."""
    own = [suffix for container in CONTAINERS for suffix in container.suffixes]
    packed = " ".join(compression.suffix for compression in COMPRESSIONS)
    return f"{' '.join((*suffixes(), *own))}, each also with {packed}"
