"""Shards: the files that a run reads and whose outputs have the same names, each done by itself."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from detector.corpus.containers import container_of, reader_of
from detector.corpus.digests import DigestSet
from detector.corpus.locations import is_remote, printable_path
from detector.corpus.options import ReadOptions
from detector.corpus.paths import STDIN, expand, os_problem
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import options_of, why_not_read
from detector.corpus.remote import describe
from detector.corpus.remote_paths import base_of
from detector.errors import ConfigError, SourceError
from detector.report import OFF

READING = ("text_field", "id_field", "text_format", "max_document_size")  # the options of how a text is read
_HEAD = 1 << 16  # bytes that are compared with what the file began with before


@dataclass(frozen=True)
class Shard:
    """One input file. `relative` is its path below what all inputs have in common, with `/` between folders.

    `options` say how it is read, and what its settings say otherwise than those of the run.
    """

    path: str
    relative: str
    size: int
    options: ReadOptions = field(default_factory=ReadOptions, compare=False)

    @property
    def name(self) -> str:
        """The path for a person."""
        return printable_path(self.path)

    @property
    def container(self) -> str | None:
        """The name of the container, or None for a file that holds one document."""
        found = container_of(self.path)
        return found.name if found else None

    def read_as(self, own: Mapping[str, Any]) -> Shard:
        """Return the shard with settings of its own, as `options.own` has them, in the place of those it has now."""
        chosen = {name: own[key] for name in READING if (key := f"--{name.replace('_', '-')}") in own}
        return replace(self, options=replace(self.options, **chosen, own=own, off=bool(own.get("off"))))

    def looked_at(self, fields: tuple[str, ...]) -> Shard:
        """Return the shard with records that carry these fields."""
        return replace(self, options=replace(self.options, all_fields=False, more_fields=fields))

    def fingerprint(self) -> dict[str, Any]:
        """Return what tells whether this is still the same file, with the same settings of its own; of one that can't be
        opened, nothing."""
        settings = {"settings": dict(self.options.own)} if self.options.own else {}
        if is_remote(self.path):
            with suppress(OSError):
                return {**describe(self.path), **settings}
            return {}
        with suppress(OSError), open(self.path, "rb") as stream:
            found = os.fstat(stream.fileno())
            head = sha256(stream.read(_HEAD)).hexdigest()
            return {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "head": head, **settings}
        return {}


def find_shards(
    paths: Sequence[str],
    options: ReadOptions,
    log: ReadLog,
    outputs: Sequence[Path],
    is_output: Callable[[str], bool] = lambda address: False,
) -> list[Shard]:
    """Return the files that the paths lead to. What stands in an output folder is not among them; `is_output` tells that of
    an address. Each is read as its own settings say; one that is not to be read is counted.

    Raise SourceError for a path that leads to nothing and for settings that can't be used, ConfigError for what can't be read
    a second time.
    """
    here, away = _common_bases(paths)
    folders = [os.path.join(os.path.realpath(output), "") for output in outputs]
    seen = DigestSet()
    shards = []
    for found in _files(paths, options, log):
        real = found if is_remote(found) else os.path.realpath(found)
        if not seen.add(real):
            continue
        if is_output(found) if is_remote(found) else any(real.startswith(folder) for folder in folders):
            if found in paths:
                raise ConfigError(f"{printable_path(found)}: is in an output folder; choose another folder")
            log.left_out["output"] += 1
            continue
        own = options_of(found, options)
        if isinstance(own, SourceError):
            raise own
        if own is None:
            log.left_out[OFF] += 1
            continue
        shard = _remote_shard(found, away) if is_remote(found) else _shard(found, here)
        shards.append(replace(shard, options=own))
    return shards


def _shard(path: str, base: str) -> Shard:
    relative = Path(os.path.relpath(os.path.abspath(path), base)).as_posix()
    return Shard(path, relative, os.stat(path).st_size)


def _remote_shard(path: str, base: str) -> Shard:
    try:
        size = describe(path)["size"]
    except OSError as error:
        raise SourceError(printable_path(path), os_problem(error)) from None
    relative = printable_path(path).removeprefix(base).lstrip("/")
    if any(part in ("", ".", "..") for part in relative.split("/")):
        raise ConfigError(f"{printable_path(path)}: its name has parts that are no names of files")
    return Shard(path, relative, size or 0)


def _files(paths: Sequence[str], options: ReadOptions, log: ReadLog) -> Iterator[str]:
    for found in expand(paths, options, log):
        if isinstance(found, SourceError):
            raise found
        if is_remote(found):
            if reader_of(found) is None:
                raise SourceError(printable_path(found), why_not_read(found))
            yield found
            continue
        is_stream = found.startswith("/dev/") or (os.path.exists(found) and not os.path.isfile(found))
        if found == STDIN or is_stream:  # `/dev/stdin` may lead to a file
            what = "standard input" if found == STDIN else printable_path(found)
            raise ConfigError(f"{what}: a run that can be interrupted reads files; write it to a file first")
        if not os.path.exists(found) or reader_of(found) is None:
            raise SourceError(printable_path(found), why_not_read(found))
        yield found


def _common_bases(paths: Sequence[str]) -> tuple[str, str]:
    """Return the folders that output paths are relative to: the deepest that holds everything on this machine, and the
    deepest elsewhere."""
    here = [os.path.abspath(_base(path)) for path in paths if path != STDIN and not is_remote(path)]
    away = [base_of(path).split("/") for path in paths if is_remote(path)]
    common = []
    for parts in zip(*away, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return os.path.commonpath(here) if here else os.getcwd(), "/".join(common)


def _base(path: str) -> str:
    if os.path.isdir(path):
        return path
    if not os.path.lexists(path) and glob.has_magic(path):
        folder = path
        while glob.has_magic(folder):
            folder = os.path.dirname(folder)
        return folder or "."
    return os.path.dirname(path) or "."
