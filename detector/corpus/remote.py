"""Files on other machines, through fsspec: object stores, the web, Hugging Face.

A file is read in ranges, where its server gives them, and never whole. What fails is tried again some times, from where
it was. Errors are `OSError`s in words of ours: those of the libraries may hold addresses with credentials.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any, BinaryIO, TypeVar, cast

from detector.corpus.locations import is_chained, is_web, scheme_of
from detector.corpus.remote_errors import RemoteError, translate

Result = TypeVar("Result")

CHAINED = "an address with :: in it, as of a member of an archive, is not supported; name the file itself, unpacked"

_WAITS = (0.5, 1.0, 2.0, 4.0)  # seconds before each further try
_SILENCE = logging.NullHandler()
_BLOCK = 1 << 20  # bytes of a range
_HEAD = 1 << 16  # bytes that are compared where a server tells nothing of a file but its size
_PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "hf": "huggingface_hub",
    "http": "aiohttp",
    "https": "aiohttp",
    "az": "adlfs",
    "abfs": "adlfs",
}
_BUCKETS = ("s3", "s3a", "gs", "gcs")  # where the first part of a path has to be there
_VERSIONS = (
    *("ETag", "etag", "md5Hash", "Content-MD5", "blob_id", "generation"),
    *("LastModified", "Last-Modified", "mtime", "created"),
)


def filesystem(path: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it. Raise OSError where a package is missing."""
    scheme = scheme_of(path) or ""
    if is_chained(path):
        raise RemoteError(CHAINED)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise RemoteError(f"{scheme}:// needs fsspec: pip install 'unspun[remote]'") from None
    for library in ("fsspec", "gcsfs", "s3fs"):  # they write to standard error where nobody else listens
        logging.getLogger(library).addHandler(_SILENCE)
    options: dict[str, Any] = {"use_listings_cache": False}  # files come and go
    if is_web(path):
        # Bytes as they are stored, however the server calls their compression; and a file may be read for hours.
        options["client_kwargs"] = {"auto_decompress": False, "headers": {"Accept-Encoding": "identity"}}
        with suppress(ImportError):
            from aiohttp import ClientTimeout

            options["client_kwargs"]["timeout"] = ClientTimeout(total=None, sock_connect=30, sock_read=60)
    try:
        found: tuple[Any, str] = url_to_fs(path, **options)
    except ImportError:
        package = _PACKAGES.get(scheme, "the package that fsspec names for it")
        raise RemoteError(f"{scheme}:// needs {package}: pip install {package}") from None
    except ValueError:
        raise RemoteError(f"{scheme}:// is no kind of address that fsspec knows") from None
    except Exception as error:
        raise translate(error, 1)[0] from None
    return found


def attempt(act: Callable[[], Result]) -> Result:
    """Do something with another machine; try again when it fails. Raise OSError."""
    for wait in (*_WAITS, None):
        try:
            return act()
        except Exception as error:  # each library raises its own kinds
            problem, is_final = translate(error, len(_WAITS) + 1)
            if is_final or wait is None:
                raise problem from None
            time.sleep(wait)
    raise AssertionError


def describe(path: str) -> dict[str, Any]:
    """Return what a server tells of a file: `size` (None where it does not say), and what tells one version from another.

    Raise OSError.
    """
    fs, inner = filesystem(path)
    info: Mapping[str, Any] = attempt(lambda: fs.info(inner))
    if info.get("type") == "directory":
        raise IsADirectoryError(errno.EISDIR, "is a directory")
    told = {name: str(info[name]) for name in _VERSIONS if info.get(name) is not None}
    if not told:
        with open_remote(path) as stream:
            told["head"] = sha256(stream.read(_HEAD)).hexdigest()
    return {"size": info.get("size"), **told}


def is_folder(path: str) -> bool:
    """Tell whether there are files below an address. Raise OSError."""
    fs, inner = filesystem(path)
    return bool(attempt(lambda: fs.isdir(inner)))


def exists(path: str) -> bool:
    """Tell whether there is a file. Raise OSError where that can't be known."""
    try:
        describe(path)
    except FileNotFoundError:
        return False
    except IsADirectoryError:
        return False
    return True


def canonical(path: str) -> str:
    """Return the one address of a file that may have several spellings, or the address itself where nobody knows."""
    if is_web(path):
        return path
    try:
        fs, inner = filesystem(path)
    except OSError:
        return path
    return str(fs.unstrip_protocol(inner))


def check_place(path: str) -> None:
    """Raise OSError where it is known that nothing can be written to an address: there is no such bucket, say."""
    fs, inner = filesystem(path)
    bucket = inner.partition("/")[0]
    if scheme_of(path) in _BUCKETS and not attempt(lambda: fs.exists(bucket)):
        named = bucket.rpartition("@")[2]  # what stands before it may be a login
        raise RemoteError(f"there is no bucket {named}, or access to it is denied")


@contextmanager
def open_remote(path: str, *, buffered: bool = True) -> Iterator[BinaryIO]:
    """Open a file for reading. Without `buffered`, nothing is fetched but what is read. Raise OSError."""
    with _RemoteStream(path) as raw:
        yield cast(BinaryIO, _ReadAhead(raw, _BLOCK) if buffered else raw)


def upload(local: str | os.PathLike[str], path: str) -> None:
    """Put a file of this machine in a place: all of it, or nothing is there. Raise OSError."""
    fs, inner = filesystem(path)
    attempt(lambda: fs.put_file(os.fspath(local), inner))


def read_whole(path: str) -> bytes:
    """Return the content of a small file. Raise OSError."""
    with open_remote(path) as stream:
        return stream.read()


def remove(path: str) -> None:
    """Remove a file, if it is there. Raise OSError."""
    fs, inner = filesystem(path)
    with suppress(FileNotFoundError):
        attempt(lambda: fs.rm_file(inner))


class _ReadAhead(io.BufferedReader):
    """Asks for a whole block, also where `read1` wants less: without that, each piece would be a request."""

    def read1(self, size: int = -1, /) -> bytes:
        self.peek(1)
        return super().read1(size)


class _RemoteStream(io.RawIOBase):
    def __init__(self, path: str) -> None:
        self._fs, self._inner = filesystem(path)
        self._by_ranges = True
        self._position = 0
        self._file: Any = None
        self._size: int | None = None
        self._reopen = False
        attempt(self._open)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._by_ranges

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if not self._by_ranges:
            raise io.UnsupportedOperation("seek")
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size or 0}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data: bytes = attempt(lambda: self._read(len(view)))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed and self._file is not None:
            with suppress(Exception):
                self._file.close()
        super().close()

    def _open(self) -> None:
        if self._file is not None:
            with suppress(Exception):
                self._file.close()
        options: dict[str, Any] = {"cache_type": "none"}
        if is_web(self._inner):
            options["block_size"] = _BLOCK if self._by_ranges else 0
        self._file = self._fs.open(self._inner, "rb", **options)
        self._size = getattr(self._file, "size", None)
        if is_web(self._inner):
            self._by_ranges = self._by_ranges and self._gives_ranges()
        self._reopen = False

    def _gives_ranges(self) -> bool:
        """Tell whether a web server gives parts of a file; open it to be read from its beginning if not."""
        if self._size is None:  # then fsspec has opened it so
            return False
        try:
            if self._size > 1:
                self._file.seek(1)
                self._file.read(1)
        except ValueError:  # fsspec's answer to a server that sent all of it
            self._file.close()
            self._file = self._fs.open(self._inner, "rb", block_size=0)
            self._size = None
            return False
        return True

    def _read(self, size: int) -> bytes:
        if self._reopen:
            self._open()
            if not self._by_ranges:
                self._skip()
        self._reopen = True  # until it is known that the file is still good
        if self._by_ranges:
            size = size if self._size is None else min(size, max(self._size - self._position, 0))
            self._file.seek(self._position)  # others may have the same file: memory:// has one for all
        data: bytes = self._file.read(size) if size else b""
        if self._by_ranges and self._size is not None and size and not data:
            raise ConnectionError
        self._reopen = False
        return data

    def _skip(self) -> None:
        missing = self._position
        while missing:
            piece = self._file.read(min(missing, _BLOCK))
            if not piece:
                raise ConnectionError
            missing -= len(piece)
