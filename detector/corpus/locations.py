"""Where an input or output is: a path of this machine, or an address of another one, such as s3://bucket/a.jsonl."""

from __future__ import annotations

import os
import re
from pathlib import Path

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]+::)*([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_SPOILT_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]+::)*[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_WEB = ("http", "https")


def scheme_of(path: str) -> str | None:
    """Return `s3` for s3://bucket/a.jsonl, None for a path of this machine."""
    match = _ADDRESS.match(path)
    return match[1].lower() if match else None


def is_remote(path: str) -> bool:
    """Tell whether this is an address and no path of this machine."""
    return scheme_of(path) is not None


def is_chained(path: str) -> bool:
    """Tell whether fsspec takes this for an address within another: a member of an archive, or a copy of a file.

    >>> [is_chained(path) for path in ("zip://a.jsonl::s3://b/c.zip", "filecache::s3://b/a.jsonl", "s3://b/a.jsonl", "a::b")]
    [True, True, False, False]
    """
    return is_remote(path) and "::" in without_query(path)


def place(path: str) -> Path | str:
    """Return a path of this machine as such, and an address as it is: a path would lose one of its slashes."""
    return path if is_remote(path) else Path(path)


def is_on_this_machine(path: Path) -> bool:
    """Tell whether a path is no address: `Path` has taken one slash of it."""
    return _SPOILT_ADDRESS.match(str(path)) is None


def is_web(path: str) -> bool:
    """Tell whether this is a web address. Those have queries, and nobody can list what is there."""
    return scheme_of(path) in _WEB


def without_query(path: str) -> str:
    """Return an address without what follows its path: a signature, say. Paths and object names are left as they are.

    >>> without_query("https://example.org/a.jsonl.gz?X-Signature=1"), without_query("s3://bucket/what?.txt")
    ('https://example.org/a.jsonl.gz', 's3://bucket/what?.txt')
    """
    return _QUERY.sub("", path) if is_web(path) else path


def printable_path(path: str) -> str:
    """Return the path as given, for a message or an id.

    Bytes that are not UTF-8 are escaped, so that two names stay different. Of an address, login and query are left out:
    they may be secrets.

    >>> printable_path("https://me:secret@example.org/a.jsonl?token=1")
    'https://example.org/a.jsonl'
    """
    if is_remote(path):
        path = _LOGIN.sub("", without_query(path))
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")
