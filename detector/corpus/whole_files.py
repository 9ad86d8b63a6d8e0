"""One file beside the outputs of a run, written whole or not at all: on this machine, or at an address."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from detector.corpus.locations import is_web, printable_path
from detector.corpus.paths import os_problem
from detector.corpus.remote import check_place, is_folder, upload
from detector.corpus.writers.files import write_whole
from detector.errors import ConfigError, OutputError

Place = Path | str  # a path of this machine, or an address


def check_target(option: str, target: Place | None) -> None:
    """Refuse what is known not to be written to, before anything is scored. Raise ConfigError, OutputError."""
    if not isinstance(target, str):
        return
    name = f"--{option} {printable_path(target)}"
    if is_web(target):
        raise ConfigError(f"{name}: the web can only be read")
    try:
        check_place(target)
        folder = is_folder(target)
    except OSError as error:
        raise OutputError(f"{name}: can't be written ({os_problem(error)})") from None
    if folder:
        raise ConfigError(f"{name}: is a folder; give a file")


def write_file(target: Place, parts: Iterable[bytes]) -> None:
    """Write a file. Raise OSError that names it."""
    if isinstance(target, Path):
        write_whole(target, parts)
        return
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "made")
        write_whole(made, parts, sync=False)
        try:
            upload(made, target)
        except OSError as error:
            raise OSError(error.errno, os_problem(error), printable_path(target)) from None


def beside(target: Place, suffix: str) -> Place:
    """Return the same name with another suffix.

    >>> beside("s3://corpus/run.json", ".html"), beside("s3://corpus.v1/run", ".html")
    ('s3://corpus/run.html', 's3://corpus.v1/run.html')
    """
    if isinstance(target, Path):
        return target.with_suffix(suffix)
    folder, slash, name = target.rpartition("/")
    return f"{folder}{slash}{os.path.splitext(name)[0]}{suffix}"


def shown(target: Place) -> str:
    """Return the place for a message."""
    return printable_path(str(target))
