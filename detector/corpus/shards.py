"""Shards: the files that a run reads and whose outputs have the same names, each done by itself."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from detector.corpus.containers import container_of, reader_of
from detector.corpus.digests import DigestSet
from detector.corpus.options import ReadOptions
from detector.corpus.paths import STDIN, expand, printable_path
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import why_not_read
from detector.errors import ConfigError, SourceError

_HEAD = 1 << 16  # bytes that are compared with what the file began with before


@dataclass(frozen=True)
class Shard:
    """One input file. `relative` is its path below what all inputs have in common, with `/` between folders."""

    path: str
    relative: str
    size: int

    @property
    def name(self) -> str:
        """The path for a person."""
        return printable_path(self.path)

    @property
    def container(self) -> str | None:
        """The name of the container, or None for a file that holds one document."""
        found = container_of(self.path)
        return found.name if found else None

    def fingerprint(self) -> dict[str, Any]:
        """Return what tells whether this is still the same file; of one that can't be opened, nothing."""
        with suppress(OSError), open(self.path, "rb") as stream:
            found = os.fstat(stream.fileno())
            head = sha256(stream.read(_HEAD)).hexdigest()
            return {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "head": head}
        return {}


def find_shards(paths: Sequence[str], options: ReadOptions, log: ReadLog, outputs: Sequence[Path]) -> list[Shard]:
    """Return the files that the paths lead to. What stands in an output folder is not among them.

    Raise SourceError for a path that leads to nothing, ConfigError for what can't be read a second time.
    """
    base = _common_base(paths)
    folders = [os.path.join(os.path.realpath(output), "") for output in outputs]
    seen = DigestSet()
    shards = []
    for found in _files(paths, options, log):
        real = os.path.realpath(found)
        if not seen.add(real):
            continue
        if any(real.startswith(folder) for folder in folders):
            if found in paths:
                raise ConfigError(f"{printable_path(found)}: is in an output folder; choose another folder")
            log.left_out["output"] += 1
            continue
        relative = Path(os.path.relpath(os.path.abspath(found), base)).as_posix()
        shards.append(Shard(found, relative, os.stat(found).st_size))
    return shards


def _files(paths: Sequence[str], options: ReadOptions, log: ReadLog) -> Iterator[str]:
    for found in expand(paths, options, log):
        if isinstance(found, SourceError):
            raise found
        if found == STDIN or (os.path.exists(found) and not os.path.isfile(found)):
            what = "standard input" if found == STDIN else printable_path(found)
            raise ConfigError(f"{what}: a run that can be interrupted reads files; write it to a file first")
        if not os.path.exists(found) or reader_of(found) is None:
            raise SourceError(printable_path(found), why_not_read(found))
        yield found


def _common_base(paths: Sequence[str]) -> str:
    """Return the folder that output paths are relative to: the deepest that holds everything."""
    bases = [os.path.abspath(_base(path)) for path in paths if path != STDIN]
    return os.path.commonpath(bases) if bases else os.getcwd()


def _base(path: str) -> str:
    if os.path.isdir(path):
        return path
    if not os.path.lexists(path) and glob.has_magic(path):
        folder = path
        while glob.has_magic(folder):
            folder = os.path.dirname(folder)
        return folder or "."
    return os.path.dirname(path) or "."
