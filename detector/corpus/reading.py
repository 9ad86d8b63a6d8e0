"""Reading: paths in, documents out, lazily and in input order. What can't be read is yielded, too, as an error.

A directory is searched for supported files, in the order of their names; hidden ones are left out, symbolic links to
directories are not followed. A pattern the shell did not expand (`**` crosses directories) finds files in the same
way. A file that several paths lead to is read once, where it came first.

`Document.text` is the file's text as decoded, without a byte order mark, with its own line ends (CRLF stays two code
points); of a JSON Lines record it is the text field. Lone surrogates are replaced one by one, so offsets still hold.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from detector.corpus.jsonl import ReadOptions, read_jsonl
from detector.errors import SourceError
from detector.text.decoding import BinaryContentError, decode
from detector.text.document import Document
from detector.text.formats import TextFormat, format_of, suffixes, text_format
from detector.text.masking import covers_mask

__all__ = ["SUFFIXES", "ReadOptions", "covers_mask", "read"]

_RECORDS = (".jsonl", ".jsonl.gz")
SUFFIXES = (*suffixes(), *_RECORDS)
STDIN = "-"
_DEFAULT_OPTIONS = ReadOptions()


def read(
    paths: Sequence[str], options: ReadOptions = _DEFAULT_OPTIONS, stdin: BinaryIO | None = None
) -> Iterator[Document | SourceError]:
    """Every document the paths lead to, in order. `stdin` stands for standard input, which `-` reads as text."""
    seen: set[str] = set()
    for found in _expand(paths):
        if isinstance(found, SourceError):
            yield found
            continue
        key = found if found == STDIN else os.path.realpath(found)
        if key not in seen:
            seen.add(key)
            yield from _read_stdin(stdin) if found == STDIN else _read_file(found, options)


def _expand(paths: Sequence[str]) -> Iterator[str | SourceError]:
    for path in paths:
        if path == STDIN:
            yield path
        elif os.path.isdir(path):
            yield from _or_nothing(path, _walk(path), "no supported file in this directory")
        elif not os.path.lexists(path) and glob.has_magic(path):
            yield from _or_nothing(path, _matches(path), "no supported file matches this pattern")
        else:
            yield path


def _or_nothing(path: str, found: Iterator[str | SourceError], problem: str) -> Iterator[str | SourceError]:
    empty = True
    for item in found:
        empty = False
        yield item
    if empty:
        yield SourceError(_name(path), f"{problem} (supported: {' '.join(SUFFIXES)})")


def _matches(pattern: str) -> Iterator[str | SourceError]:
    for path in sorted(glob.glob(pattern, recursive=True)):
        if os.path.isdir(path):
            yield from _walk(path)
        elif _suffix(path):
            yield path


def _walk(folder: str) -> Iterator[str | SourceError]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        yield SourceError(_name(folder), _problem(error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif _suffix(entry.name) and (entry.is_file() or (entry.is_symlink() and not entry.is_dir())):
            yield entry.path


def _read_file(path: str, options: ReadOptions) -> Iterator[Document | SourceError]:
    name, suffix = _name(path), _suffix(path)
    try:
        if suffix in _RECORDS:
            yield from read_jsonl(path, name, options)
        elif suffix:
            yield _document(Path(path).read_bytes(), name, name, format_of(path) or text_format("auto"))
        elif not os.path.lexists(path):
            yield SourceError(name, "no such file or directory")
        else:
            ending = os.path.splitext(path)[1]
            problem = (
                f"files ending in {ending} are not supported" if ending else "a file without a suffix is not supported"
            )
            yield SourceError(name, f"{problem} (supported: {' '.join(SUFFIXES)}; - for standard input)")
    except OSError as error:
        yield SourceError(name, _problem(error))


def _read_stdin(stdin: BinaryIO | None) -> Iterator[Document | SourceError]:
    try:
        yield _document((stdin or sys.stdin.buffer).read(), STDIN, "<stdin>", text_format("auto"))
    except OSError as error:
        yield SourceError("<stdin>", _problem(error))


def _document(data: bytes, id: str, source: str, form: TextFormat) -> Document | SourceError:
    try:
        decoded = decode(data, form.declared_encoding(data) if form.declared_encoding else None)
    except BinaryContentError as error:
        return SourceError(source, str(error))
    if not decoded.text.strip():
        return SourceError(source, "there is no text in it")
    return Document.from_text(decoded.text, id=id, source=source, format=form.name, notes=decoded.notes)


def _suffix(path: str) -> str | None:
    lower = path.lower()
    return next((suffix for suffix in SUFFIXES if lower.endswith(suffix)), None)


def _name(path: str) -> str:
    """The path as given, printable even where the file system's bytes are not UTF-8."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def _problem(error: OSError) -> str:
    problem = error.strerror or str(error)
    return problem[:1].lower() + problem[1:]
