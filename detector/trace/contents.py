"""What tells whether a corpus of sources is still the one that a run was begun with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import file_digest, sha256
from pathlib import Path

from detector.corpus.locations import is_remote
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.shards import Shard, find_shards
from detector.trace.sidecar import Sidecar, is_sidecar


def hash_of_sources(paths: Sequence[str], reading: ReadOptions) -> str:
    """Return the SHA-256 of all that is in the files and sidecars that paths lead to, whatever the files are called.

    Of a file on another machine its size and version are what is known. Raises SourceError and ConfigError as reading does.
    """
    found = sha256()
    for one in sorted({*_of_sidecars(paths), *_of_files(paths, reading)}):
        found.update(one.encode() + b"\n")
    return found.hexdigest()


def _of_sidecars(paths: Sequence[str]) -> Iterator[str]:
    for path in filter(is_sidecar, paths):
        for part in Sidecar(Path(path)).parts():
            yield sha256(part.digests.tobytes()).hexdigest()


def _of_files(paths: Sequence[str], reading: ReadOptions) -> Iterator[str]:
    files = [path for path in paths if not is_sidecar(path)]
    for shard in find_shards(files, reading, ReadLog(), []) if files else ():
        yield str(shard.fingerprint()) if is_remote(shard.path) else _of_file(shard)


def _of_file(shard: Shard) -> str:
    try:
        with open(shard.path, "rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError:
        return f"{shard.path}: can't be read"  # the run says so
