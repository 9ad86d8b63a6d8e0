"""An input: a file as a container reads it, with its name for a person, opened and decompressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from detector.corpus.compression import compression_of, decompressed
from detector.corpus.locations import is_remote, without_query
from detector.corpus.remote import open_remote


@dataclass
class Position:
    """How far a file has been read, in bytes as they stand in it (compressed, if it is)."""

    stream: BinaryIO | None = None

    @property
    def offset(self) -> int:
        if self.stream is None or self.stream.closed:
            return 0
        return self.stream.tell()


@dataclass(frozen=True)
class Input:
    """A file to read, or a stream that is open already. `name` is for a person, as the user gave the path.

    `format`: the text format of a file that holds one document; None is by its suffix. `position` is told about the
    file that is opened, so that somebody else sees how far it has been read.
    """

    path: str
    name: str
    format: str | None = None
    stream: BinaryIO | None = None
    position: Position | None = None

    @property
    def stem(self) -> str:
        """The path without the suffix of its compression, and without the query of an address."""
        compression = compression_of(self.path)
        path = without_query(self.path)
        return path[: -len(compression.suffix)] if compression and self.stream is None else path

    @contextmanager
    def open(self, *, buffered: bool = True) -> Iterator[BinaryIO]:
        """Open the bytes, decompressed; a stream that was open stays open.

        Without `buffered`, no more is fetched from another machine than is read; a read may give less than it is asked
        for. Raise OSError; reading may raise `BrokenStreamError`, too.
        """
        compression = compression_of(self.path) if self.stream is None else None
        with self.open_as_stored(buffered=buffered or compression is not None) as stream:
            yield decompressed(stream, compression) if compression else stream

    @contextmanager
    def open_as_stored(self, *, buffered: bool = True) -> Iterator[BinaryIO]:
        """Open the bytes as they are in the file; a stream that was open stays open. Raise OSError."""
        if self.stream is not None:
            yield self.stream
            return
        with open_remote(self.path, buffered=buffered) if is_remote(self.path) else open(self.path, "rb") as stream:
            if self.position is not None:
                self.position.stream = stream
            yield stream
