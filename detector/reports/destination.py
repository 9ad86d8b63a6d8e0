"""Where a report goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import io
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar, cast

from detector.corpus.compression import compression_of
from detector.corpus.locations import is_on_this_machine, is_remote
from detector.errors import OutputError
from detector.reports.remote_destination import sent_to

Result = TypeVar("Result")

_STDOUT = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


@contextmanager
def open_destination(path: Path | str | None, *, for_machines: bool, option: str = "--output ") -> Iterator[TextIO]:
    """Open a stream to write a report to; None, `-` and `/dev/stdout` are standard output.

    What is written to an address, such as s3://bucket/a.jsonl, is sent there when the block ends well.

    A file gets its name when the block ends well; otherwise it is left as it was. It keeps the permissions of the file
    it replaces, and a symbolic link stays a link. A named pipe or a device is written to directly. The suffixes .gz,
    .zst, .bz2 and .xz compress.

    Machine formats are UTF-8 whatever the terminal speaks. What can't be encoded is written as a backslash escape,
    which for a lone surrogate is at the same time its JSON spelling.

    `option` is how the user named the file, in front of its path. Raise OutputError if it can't be written: before the
    block begins where that is known, from a write of the stream, or when the block ends. A standard output that nobody
    reads any more raises BrokenPipeError.
    """
    if path is None or str(path) in _STDOUT:
        with _open_stdout(for_machines) as stream:
            yield stream
        return
    if is_remote(str(path)):
        with sent_to(str(path), option) as here, open_destination(here, for_machines=for_machines) as stream:
            yield stream
        return
    path = Path(path)
    if not is_on_this_machine(path):
        raise OutputError(f"{option.strip(' =')}: this can only be written to this machine; give a path and no address")
    target = Path(os.path.realpath(path))  # a symbolic link stays, what it points to is replaced
    name = f"{option}{path}"
    try:
        old = target.stat()
    except FileNotFoundError:
        old = None
    except OSError as error:
        raise _failed(name, error) from error
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise OutputError(f"{name}: is a directory")
    if old is not None and not os.access(target, os.W_OK):
        raise OutputError(f"{name}: can't be written (permission denied)")
    if old is not None and not stat.S_ISREG(old.st_mode):
        with _compressing(_create(target, os.O_WRONLY, name), path, name) as stream:
            yield stream
        return
    with _replacing(target, old, path, name) as stream:
        yield stream


@contextmanager
def _replacing(target: Path, old: os.stat_result | None, path: Path, name: str) -> Iterator[TextIO]:
    """Open a stream to a file that takes the name `target` when the block ends well."""
    unfinished = target.with_name(f".unspun-{secrets.token_hex(6)}.unfinished")
    unnamed = _create_unnamed(target.parent)
    try:
        if unnamed is None:
            raw = _create(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, name)
        else:
            raw = os.fdopen(os.dup(unnamed), "wb")
        with _compressing(raw, path, name, sync=True) as stream:
            if old is not None:
                _copy_permissions(old, unfinished if unnamed is None else unnamed)
            yield stream
        try:
            if unnamed is not None:
                # The file descriptor for the folder is of no use but to make Python follow the link.
                os.link(f"/proc/self/fd/{unnamed}", unfinished, src_dir_fd=unnamed, follow_symlinks=True)
            os.replace(unfinished, target)
        except OSError as error:
            raise _failed(name, error) from error
    finally:
        with suppress(OSError):  # the folder may be gone
            unfinished.unlink(missing_ok=True)
        if unnamed is not None:
            os.close(unnamed)


@contextmanager
def _open_stdout(for_machines: bool) -> Iterator[TextIO]:
    if hasattr(sys.stdout, "reconfigure"):
        encoding = "utf-8" if for_machines else sys.stdout.encoding
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    stream = _Stream(sys.stdout, "standard output")
    try:
        yield cast(TextIO, stream)
        stream.flush()
    except (OutputError, BrokenPipeError):
        _discard_stdout()
        raise


@contextmanager
def _compressing(raw: BinaryIO, path: Path, name: str, *, sync: bool = False) -> Iterator[TextIO]:
    """Make a text stream of a binary one, compressed as the suffix says; with `sync` it ends up on the disk."""
    compression = compression_of(str(path))
    packed = compression.compress(raw) if compression else None
    text = io.TextIOWrapper(
        cast(BinaryIO, _Unflushed(packed) if packed else raw), "utf-8", errors="backslashreplace", newline="\n"
    )
    stream = _Stream(text, name, pipe_is_failure=True)
    try:
        yield cast(TextIO, stream)
        stream.flush()
        stream.attempt(lambda: _finish(raw, packed, sync))
    finally:
        for open_stream in (text, packed, raw):  # after a failure each tries to write once more what it still holds
            with suppress(OSError, ValueError):
                if open_stream is not None:
                    open_stream.close()


def _finish(raw: BinaryIO, packed: io.BufferedIOBase | None, sync: bool) -> None:
    if packed is not None:
        packed.close()
    raw.flush()
    if sync:
        os.fsync(raw.fileno())


class _Stream:
    """A text stream whose failures name the file as the user did."""

    def __init__(self, stream: TextIO, name: str, *, pipe_is_failure: bool = False) -> None:
        self._stream = stream
        self._name = name
        self._pipe_is_failure = pipe_is_failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self.attempt(lambda: self._stream.write(text))

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self.attempt(self._stream.flush)

    def attempt(self, act: Callable[[], Result]) -> Result:
        try:
            return act()
        except BrokenPipeError as error:
            if not self._pipe_is_failure:
                raise
            raise OutputError(f"{self._name}: nobody reads it any more") from error
        except OSError as error:
            raise _failed(self._name, error) from error


class _Unflushed(io.BufferedIOBase):
    """A compressed stream that writers may flush after each line: to compress well, it waits for a full block."""

    def __init__(self, packed: io.BufferedIOBase) -> None:
        self._packed = packed

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self._packed.write(data)


def _create(file: Path, flags: int, name: str) -> BinaryIO:
    try:
        return open(os.open(file, flags | getattr(os, "O_BINARY", 0), 0o666), "wb")
    except OSError as error:
        raise _failed(name, error) from error


def _create_unnamed(folder: Path) -> int | None:
    """Open a file that has no name and so is gone with this process, however it ends; None where there is no such thing."""
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except OSError:  # a file system without them; what else is wrong is told by the next attempt
        return None


def _copy_permissions(old: os.stat_result, file: Path | int) -> None:
    """Give a file the owner and the mode of another one, as far as the system lets us."""
    with suppress(OSError, AttributeError):
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(file, old.st_uid, old.st_gid)
    with suppress(OSError):
        os.chmod(file, stat.S_IMODE(old.st_mode))


def _failed(name: str, error: OSError) -> OutputError:
    problem = error.strerror or str(error)
    return OutputError(f"{name}: can't be written ({problem[:1].lower() + problem[1:]})")


def _discard_stdout() -> None:
    """Discard what is still to be written to standard output, so that Python does not fail again when it exits."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
