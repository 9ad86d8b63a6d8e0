"""Where a report goes: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO

from detector.errors import ConfigError


@contextmanager
def open_destination(path: Path | None, *, for_machines: bool) -> Iterator[TextIO]:
    """A stream to write a report to. A file gets its name when the block ends well; otherwise it is left as it was.

    Machine formats are UTF-8 whatever the terminal speaks. What can't be encoded is written as a backslash escape,
    which for a lone surrogate is at the same time its JSON spelling.

    Raises `ConfigError` when the file can't be written.
    """
    if path is None:
        if hasattr(sys.stdout, "reconfigure"):
            encoding = "utf-8" if for_machines else sys.stdout.encoding
            sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
        yield sys.stdout
        return
    if path.is_dir():
        raise ConfigError(f"--output {path}: is a directory")
    if path.exists() and not path.is_file():
        with _open(path, "w", path) as stream:  # a device or a named pipe can't be replaced
            yield stream
        return
    target = path.resolve()  # a symbolic link stays, what it points to is replaced
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        with _open(unfinished, "x", path) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _open(file: Path, mode: Literal["w", "x"], asked: Path) -> TextIO:
    try:
        return open(file, mode, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise ConfigError(f"--output {asked}: can't be written ({error.strerror or error})") from error
