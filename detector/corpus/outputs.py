"""Outputs that are inputs as well: a file that is read is never replaced, and an output is never read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detector.corpus.compression import BrokenStreamError
from detector.corpus.input import Input
from detector.corpus.options import ReadOptions
from detector.corpus.paths import STDIN, expand, file_id, printable_path
from detector.corpus.read_log import ReadLog
from detector.errors import OutputError, SourceError

_HEAD = 4096  # bytes
# How our own reports begin: jsonl, json, and a line of text.
_REPORT = re.compile(rb'\s*(\[\s*)?\{"contract":|\[\]\s*$|(spun|suspect|clean|unscored) +[-\d.]+ +[\d,]+ words? ')
_STDIN, _STDOUT = 0, 1  # file descriptors


def protect_inputs(output: Path | None, paths: Sequence[str], options: ReadOptions) -> ReadOptions:
    """Return options under which the output is not read; None is standard output, which may be a file as well.

    Raise OutputError if the output is one of the files to be read, under whatever name. A report of an earlier run is
    none of them where a directory or a pattern leads to it.
    """
    target = file_id(_STDOUT if output is None else output)
    if target is None:
        return options
    what = "standard output" if output is None else f"--output {printable_path(str(output))}"
    for path_or_error in expand(paths, options, ReadLog()):
        if (
            isinstance(path_or_error, SourceError)
            or file_id(_STDIN if path_or_error == STDIN else path_or_error) != target
        ):
            continue
        name = "standard input" if path_or_error == STDIN else printable_path(path_or_error)
        if path_or_error in paths:
            raise OutputError(f"{what}: this file is read as input ({name}); choose another one")
        if not _holds_report(path_or_error):
            raise OutputError(
                f"{what}: this file is read as input ({name}) and holds no report of an earlier run; "
                f"choose another one, or leave it out with --exclude"
            )
    return replace(options, outputs=options.outputs | {target})


def _holds_report(path: str) -> bool:
    """Tell whether a file is empty or begins like one of our reports."""
    try:
        with Input(path, path).open() as stream:
            head = stream.read(_HEAD)
    except (OSError, BrokenStreamError):
        return False
    return not head or _REPORT.match(head) is not None
