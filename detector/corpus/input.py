"""An input: a file as a container reads it, with its name for a person, opened and decompressed."""

from __future__ import annotations

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

    def open(self) -> BinaryIO:
        """Return the bytes, decompressed. Raise OSError; reading may raise `BrokenStreamError`, too."""
        if self.stream is not None:
            return self.stream
        compression = compression_of(self.path)
        stream = open(self.path, "rb")  # noqa: SIM115 - the caller closes it
        return decompressed(stream, compression) if compression else stream
