"""The files that a shard is split into: each gets its name when all of them are complete and on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

from detector.corpus.compression import Compression
from detector.corpus.paths import os_problem
from detector.errors import OutputError

# Hidden, of no known suffix, and no longer than names may be: whoever reads the folder passes it over.
_UNFINISHED = ".unspun-{}.unfinished"


class Outputs:
    """One unfinished file for each destination. `targets` are the paths they get; `compression` is of what is written.

    `sync_names`: see to it that the names are on the disk, too. Most file systems do not need that to keep the order
    of what happened, and where a shard is one document it would take longer than everything else.
    """

    def __init__(
        self, targets: Mapping[str, Path], compression: Compression | None, *, sync_names: bool = True
    ) -> None:
        self._sync_names = sync_names
        self._targets = dict(targets)
        self._compression = compression
        self._opened: dict[str, list[BinaryIO]] = {}  # a stream and what it is written to, inner one last

    @property
    def destinations(self) -> tuple[str, ...]:
        return tuple(self._targets)

    def open(self, destination: str, *, compressed: bool = True) -> BinaryIO:
        """Return the stream of a destination; what is written to it is compressed, if the output is."""
        if destination in self._opened:
            return self._opened[destination][0]
        target = self._targets[destination]
        target.parent.mkdir(parents=True, exist_ok=True)
        raw: BinaryIO = open(unfinished(target), "wb")  # noqa: SIM115 - `commit` or `discard` closes it
        streams = [raw]
        if self._compression and compressed:
            streams.insert(0, cast(BinaryIO, self._compression.compress(raw)))
        self._opened[destination] = streams
        return streams[0]

    def beside(self, destination: str, suffix: str) -> BinaryIO:
        """Return a stream to a file beside the one of a destination."""
        target = self._targets[destination]
        added = f"{destination}{suffix}"
        self._targets[added] = target.with_name(target.name + suffix)
        return self.open(added, compressed=False)

    @property
    def written(self) -> tuple[Path, ...]:
        """The paths of the files that were opened."""
        return tuple(self._targets[destination] for destination in self._opened)

    def commit(self) -> None:
        """Complete the files and give them their names."""
        for streams in self._opened.values():
            *packed, raw = streams
            for stream in packed:
                stream.close()
            raw.flush()
            os.fsync(raw.fileno())
            raw.close()
        for destination in self._opened:
            target = self._targets[destination]
            os.replace(unfinished(target), target)
            if self._sync_names:
                sync_folder(target.parent)

    def discard(self) -> None:
        """Remove what is unfinished. May be called after `commit`, which leaves nothing to remove."""
        for destination, streams in self._opened.items():
            for stream in streams:
                with suppress(OSError, ValueError):
                    stream.close()
            with suppress(OSError):
                unfinished(self._targets[destination]).unlink(missing_ok=True)


def unfinished(target: Path) -> Path:
    """Return the name of a file that is being written. It is always the same: a run that goes on writes over it."""
    return target.with_name(_UNFINISHED.format(sha256(os.fsencode(target.name)).hexdigest()[:16]))


def write_whole(target: Path, parts: Iterable[bytes], *, sync: bool = True) -> None:
    """Write a file that is there whole or not at all. Raise OSError.

    Without `sync`, it may be empty after a power cut.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(unfinished(target), "wb") as stream:
        stream.writelines(parts)
        stream.flush()
        if sync:
            os.fsync(stream.fileno())
    os.replace(unfinished(target), target)


def sync_folder(folder: Path) -> None:
    """See to it that a name given in a folder is on the disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def output_failed(error: OSError) -> OutputError:
    """Return the error of a run that can't write."""
    name = f"{error.filename}: " if error.filename else ""
    return OutputError(f"{name}can't be written ({os_problem(error)}); the same command goes on from here")
