"""Standard input: what it holds is told by its first bytes where nobody says it, since it has no suffix."""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO

from detector.corpus.compression import compression_by_magic, decompressed
from detector.corpus.containers import CONTAINERS, Read
from detector.corpus.files import read_file
from detector.errors import ConfigError
from detector.text.formats import FORMATS

# A line that begins an object with its first name. Neither prose nor a spinner's `{choice|choice}` begins so, and a JSON
# document that is spread over lines breaks after the brace.
_OBJECT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{[ \t]*"(?:[^"\\\r\n]|\\.){0,200}"[ \t]*:')

_WARC = re.compile(rb"WARC/[01]\.\d+\r?\n[\w-]+:")


def find_reader(name: str) -> tuple[Read, str | None]:
    """Return the reader of a container or text format by name, and the text format where it is one.

    Raise ConfigError for an unknown name.
    """
    for container in CONTAINERS:
        if container.name == name:
            return container.read, None
    if name not in FORMATS:
        known = ", ".join([container.name for container in CONTAINERS] + list(FORMATS))
        raise ConfigError(f"standard input can't be read as {name!r}; choose one of {known}")
    return read_file, name


def recognise(stream: BinaryIO, name: str) -> tuple[BinaryIO, Read, str | None]:
    """Return the stream to read, decompressed where its first bytes say so, its reader and its text format.

    `name` is as for `find_reader`; with `auto`, JSON Lines and WARC are told by how they begin. The stream given stays open.
    Raise ConfigError for an unknown name; BrokenStreamError and OSError where the first bytes can't be read.
    """
    if name == "parquet":  # which is read from its end
        return stream, *find_reader(name)
    found: io.BufferedReader[Any] = io.BufferedReader(_Unclosed(stream))
    if name == "warc":  # whose reader has to see the members
        return found, *find_reader(name)
    if compression := compression_by_magic(found.peek(8)):
        found = decompressed(found, compression)
    if name == "auto" and _OBJECT.match(found.peek(256)):
        name = "jsonl"
    elif name == "auto" and _WARC.match(found.peek(256)):
        name = "warc"
    return found, *find_reader(name)


class _Unclosed(io.RawIOBase):
    """A stream that is read by somebody who may close it, and that stays open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # every buffer Python hands over
        read = getattr(self._stream, "read1", self._stream.read)
        piece: bytes = read(len(view))
        view[: len(piece)] = piece
        return len(piece)
