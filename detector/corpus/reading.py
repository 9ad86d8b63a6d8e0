"""Reading: paths in, records out, lazily and in input order. What can't be read is a record with an error.

Containers hold records (`containers.py`), compression is undone before (`compression.py`), and text formats find the
prose in each text (`detector.text.formats`). What paths lead to is said in `paths.py`, which fields of a record count
in `fields.py`. A file that several paths lead to (links, other spellings) is read once, where it came first; hard links
are files of their own.

The text of a document is the file's text as decoded, without a byte order mark, with its own line ends (CRLF stays two
code points); of a record it is the text field. Lone surrogates are replaced one by one, so offsets still hold.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

from detector.corpus.compression import BrokenStreamError, compression_of
from detector.corpus.containers import Read, reader_of, supported
from detector.corpus.digests import DigestSet
from detector.corpus.input import Input
from detector.corpus.locations import is_remote, is_web, printable_path, without_query
from detector.corpus.options import ChangeFilter, ReadOptions
from detector.corpus.paths import STDIN, expand, os_problem
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.corpus.remote import exists
from detector.corpus.standard_input import find_reader, recognise
from detector.errors import ConfigError, SourceError
from detector.report import OFF
from detector.text.formats import text_format

__all__ = ["ReadLog", "ReadOptions", "Record", "read"]

_DEFAULT_OPTIONS = ReadOptions()


def read(
    paths: Sequence[str],
    options: ReadOptions = _DEFAULT_OPTIONS,
    stdin: BinaryIO | None = None,
    log: ReadLog | None = None,
) -> Iterator[Record]:
    """Yield every record the paths lead to, in order.

    `stdin` is read for `-`, instead of standard input. `log` counts what is left out or changed without an error.
    Raise ConfigError, when the first record is asked for, if an option makes no sense.
    """
    text_format(options.text_format)
    stdin_reader, stdin_format = find_reader(options.stdin_format)
    log = log or ReadLog()
    seen = DigestSet()
    for path in expand(paths, options, log):
        if isinstance(path, SourceError):
            yield Record(path.source, path.source, error=path)
        elif not seen.add(path if path == STDIN or is_remote(path) else os.path.realpath(path)):
            continue
        elif isinstance(own := options_of(path, options), SourceError):
            yield Record(own.source, own.source, error=own)
        elif own is None:
            log.left_out[OFF] += 1
        elif _is_unchanged(path, options, log):
            continue
        elif path == STDIN:
            if stdin is None and sys.stdin is None:  # `detector score - <&-`
                yield Record(STDIN, "<stdin>", error=SourceError("<stdin>", "standard input is closed"))
                continue
            yield from _read_standard_input(stdin or sys.stdin.buffer, own, log)
        elif (reader := reader_of(path)) is not None:
            yield from _read_file(path, reader, own, log, options.changes)
        elif _is_stream(path):
            source = Input(path, printable_path(path), stdin_format)
            yield from read_input(source, stdin_reader, own, log)
        else:
            name = printable_path(path)
            yield Record(name, name, error=SourceError(name, why_not_read(path)))


def _is_unchanged(path: str, options: ReadOptions, log: ReadLog) -> bool:
    if options.changes is None or path == STDIN or is_remote(path) or not options.changes.leaves_out(path):
        return False
    log.left_out[options.changes.unchanged_files] += 1
    return True


def _read_file(
    path: str, reader: Read, options: ReadOptions, log: ReadLog, changes: ChangeFilter | None
) -> Iterator[Record]:
    records = read_input(Input(path, printable_path(path)), reader, options, log)
    if changes is None or is_remote(path):
        return records

    def read_old(copy: str, name: str) -> Iterator[Record]:
        return read_input(Input(copy, name), reader_of(copy) or reader, options, ReadLog())

    return changes.changed(path, records, read_old, log)


def options_of(path: str, options: ReadOptions) -> ReadOptions | SourceError | None:
    """Return the options of one file; None where it is not to be read, an error where its settings can't be used."""
    if options.of_file is None or path == STDIN or is_remote(path):
        return options
    try:
        return options.of_file(path)
    except ConfigError as error:
        return SourceError(printable_path(path), f"its settings can't be used: {error}")


def read_input(source: Input, reader: Read, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield the records of one input; an error where it can't be opened."""
    try:
        yield from reader(source, options, log)
    except OSError as error:
        problem = os_problem(error)
        if source.stream is None and os.path.islink(source.path) and not os.path.exists(source.path):
            problem += " (the symbolic link leads nowhere)"
        id = source.path if source.stream else source.name
        yield Record(id, source.name, error=SourceError(source.name, problem, rest_unread=True))


def _read_standard_input(stream: BinaryIO, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    try:
        found, reader, format = recognise(stream, options.stdin_format)
    except (BrokenStreamError, OSError) as error:
        problem = os_problem(error) if isinstance(error, OSError) else str(error)
        yield Record(STDIN, "<stdin>", error=SourceError("<stdin>", problem))
        return
    yield from read_input(Input(STDIN, "<stdin>", format, found), reader, options, log)


def _is_stream(path: str) -> bool:
    """Tell whether a path is a pipe or a device, such as `/dev/stdin` or what `<(command)` of a shell leads to."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or path.startswith("/dev/")


def why_not_read(path: str) -> str:
    """Say why there is no reader for a path."""
    if is_remote(path) and not is_web(path):  # what does not exist in a store is no folder, however it is spelt
        with suppress(OSError):
            if not exists(path):
                return "no such file or folder"
    if not is_remote(path) and not os.path.lexists(path):
        return "no such file or directory"
    if not is_remote(path) and not os.path.exists(path):
        return f"is a link to {printable_path(os.readlink(path))}, which is not there"
    compression = compression_of(path)
    named = without_query(path)
    stem = named[: -len(compression.suffix)] if compression else named
    suffix = printable_path(os.path.splitext(stem)[1] + (compression.suffix if compression else ""))
    if stem.lower().endswith(".wat"):
        return f"files ending in {suffix} hold metadata of pages and no text; the pages are in .warc and .wet files"
    problem = f"files ending in {suffix} are not supported" if suffix else "a file without a suffix is not supported"
    return f"{problem} (supported: {supported()}; - for standard input)"
