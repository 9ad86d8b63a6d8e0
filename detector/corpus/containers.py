"""Containers: what holds records, by the suffix of its files. To add one: a module that reads it, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from detector.corpus.arrow import ARROW
from detector.corpus.compression import COMPRESSIONS, compression_of
from detector.corpus.delimited import read_delimited
from detector.corpus.files import read_file
from detector.corpus.input import Input
from detector.corpus.jsonl import read_jsonl
from detector.corpus.locations import without_query
from detector.corpus.options import ReadOptions
from detector.corpus.parquet import PARQUET
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.corpus.warc import read_warc
from detector.text.formats import format_of, suffixes

Read = Callable[[Input, ReadOptions, ReadLog], Iterator[Record]]


@dataclass(frozen=True)
class Container:
    """A kind of file that holds records.

    `suffixes` are lower case, with their dot; `packed_suffixes` are more of them, which the suffix of a compression has to
    follow. `read` yields a record for each row, in order, and one with an error for
    what can't be read; it raises nothing but `OSError`. `compressible`: the suffix of a compression may follow.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Read
    compressible: bool = True
    packed_suffixes: tuple[str, ...] = ()


CONTAINERS = (
    # A .json is one value. A .json.gz is lines wherever corpora are made: C4's and Dolma's are called so.
    Container("jsonl", (".jsonl", ".ndjson"), read_jsonl, packed_suffixes=(".json",)),
    Container("csv", (".csv", ".tsv"), read_delimited),
    Container("parquet", (".parquet",), PARQUET.read, compressible=False),
    Container("arrow", (".arrow", ".feather", ".ipc"), ARROW.read),
    Container("warc", (".warc", ".wet"), read_warc),
)


def container_of(path: str) -> Container | None:
    """Return the container that the suffix of a path names, or None."""
    lower = without_query(path).lower()
    compression = compression_of(lower)
    if compression:
        stem = lower[: -len(compression.suffix)]
        return next((one for one in CONTAINERS if stem.endswith((*one.suffixes, *one.packed_suffixes))), None)
    return next((one for one in CONTAINERS if lower.endswith(one.suffixes)), None)


def reader_of(path: str) -> Read | None:
    """Return the function that reads a file with this suffix, or None if there is none."""
    compression = compression_of(path)
    path = without_query(path)
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
    only_packed = [f"{suffix}.gz" for container in CONTAINERS for suffix in container.packed_suffixes]
    return f"{' '.join((*suffixes(), *own, *only_packed))}, each also with {packed}"
