"""An input: a file as a container reads it, with its name for a person, opened and decompressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from detector.corpus.compression import compression_of, decompressed


@dataclass(frozen=True)
class Input:
    """A file to read, or a stream that is open already. `name` is for a person, as the user gave the path.

    `format`: the text format of a file that holds one document; None is by its suffix.
    """

    path: str
    name: str
    format: str | None = None
    stream: BinaryIO | None = None

    @property
    def stem(self) -> str:
        """The path without the suffix of its compression."""
        compression = compression_of(self.path)
        return self.path[: -len(compression.suffix)] if compression and self.stream is None else self.path

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the bytes, decompressed; a stream that was open stays open.

        Raise OSError; reading may raise `BrokenStreamError`, too.
        """
        if self.stream is not None:
            yield self.stream
            return
        compression = compression_of(self.path)
        with open(self.path, "rb") as stream:
            yield decompressed(stream, compression) if compression else stream
