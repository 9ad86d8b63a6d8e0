"""What an address leads to: a file, all files below a folder, or those that a pattern matches.

Of the web, only files can be named: nobody can list what is there. Hidden files and folders are left out, as on this
machine; `.gitignore` files are not looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from glob import has_magic
from typing import Any

from detector.corpus.containers import is_supported
from detector.corpus.ignore import IgnorePatterns
from detector.corpus.lakes import lakes_among
from detector.corpus.locations import is_web, printable_path
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.remote import attempt, filesystem
from detector.errors import SourceError


def is_listed(path: str) -> bool:
    """Tell whether an address has to be asked what it leads to. Raise OSError."""
    if is_web(path):
        return False
    fs, inner = filesystem(path)
    return bool(attempt(lambda: fs.isdir(inner)) or (has_magic(inner) and not attempt(lambda: fs.exists(inner))))


def list_files(
    path: str, options: ReadOptions, log: ReadLog, count: Callable[[str], None]
) -> Iterator[str | SourceError]:
    """Yield the addresses of files that can be read, in the order of their names. `count` takes those that can't.

    Raise OSError.
    """
    fs, inner = filesystem(path)
    exclude = IgnorePatterns(options.exclude)
    top = inner if attempt(lambda: fs.isdir(inner)) else folder_above(inner)
    names = sorted(set(_find(fs, inner)))
    lakes = lakes_among(names)
    for folder, problem in lakes.items():
        yield SourceError(printable_path(fs.unstrip_protocol(folder)), problem, kind=problem)
    for name in names:
        if any(name.startswith(f"{folder}/") for folder in lakes):
            continue
        below = name.removeprefix(top.rstrip("/")).lstrip("/")
        parts = below.split("/")
        if any(part in ("", ".", "..") for part in parts):
            where = printable_path(fs.unstrip_protocol(name))
            yield SourceError(where, "its name has parts that are no names of files", kind="odd names of objects")
        elif any(part.startswith(".") for part in parts) and not (options.hidden and ".git" not in parts):
            log.left_out["hidden"] += 1
        elif options.exclude and exclude.match_with_parents(below, folder=False):
            log.left_out["excluded"] += 1
        elif (address := str(fs.unstrip_protocol(name))) in options.outputs:
            log.left_out["output"] += 1
        elif is_supported(name):
            yield address
        else:
            count(address)


def folder_above(path: str) -> str:
    """Return the folder that holds what a pattern matches, or a file."""
    folder = path.rstrip("/").rpartition("/")[0]
    while has_magic(folder):
        folder = folder.rpartition("/")[0]
    return folder


def base_of(path: str) -> str:
    """Return the address of the folder that outputs are relative to. Raise SourceError where it can't be known."""
    if is_web(path):
        return folder_above(printable_path(path))
    try:
        fs, inner = filesystem(path)
        folder = inner if attempt(lambda: fs.isdir(inner)) else folder_above(inner)
    except OSError as error:
        raise SourceError(printable_path(path), error.strerror or "can't be reached") from None
    return str(fs.unstrip_protocol(folder)).rstrip("/")


def _find(fs: Any, inner: str) -> Iterator[str]:
    folders = [inner] if attempt(lambda: fs.isdir(inner)) else []
    if not folders:
        matched: dict[str, Any] = attempt(lambda: fs.glob(inner, detail=True))
        folders = [name for name, info in matched.items() if info["type"] == "directory"]
        yield from (name for name, info in matched.items() if info["type"] == "file")
    for folder in folders:
        yield from (name for name in attempt(partial(fs.find, folder)) if not name.endswith("/"))
