"""Outputs that are inputs as well: a file that is read is never replaced, and an output is never read.

A file that is there already is replaced only where it holds an earlier output of ours: whether it is read can't always
be seen (`cat a.jsonl | detector score - -o a.jsonl`), and `-o *.jsonl` makes the first shard the output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detector.corpus.compression import BrokenStreamError
from detector.corpus.input import Input
from detector.corpus.locations import printable_path
from detector.corpus.options import ReadOptions
from detector.corpus.paths import STDIN, expand, file_id, os_problem
from detector.corpus.read_log import ReadLog
from detector.corpus.remote import exists
from detector.errors import OutputError, SourceError

_HEAD = 4096  # bytes
# How our own outputs begin: jsonl, json, a line of text, a calibration, the reports for machines, and what was traced.
_OURS = re.compile(
    rb'\s*(\[\s*)?\{"contract":|\[\]\s*$|(spun|suspect|clean|unscored) +([\d.]+|\xe2\x80\x93) +[\d,]+ words? '
    rb'|\{\s*"schema": \d+,\s*"program":|\{"\$schema": "https://docs\.oasis-open\.org/sarif/|\[\s*\{"description": '
    rb'|id,source,verdict,probability,|<\?xml [^>]*>\s*<testsuites>\s*<testsuite name="unspun"'
    rb"|<!doctype html>\s*<!-- unspun (report|audit|families) -->"
    rb"|::(error|warning) file=[^\n]*title=unspun|::notice title=unspun"
    rb'|\{"trace": \d+, "type": "(pair|family)", |passages in common, of [\d,]+ pair'
    rb"|family 1: [\d,]+ documents, (the original is |nothing was spun)"
)
_STREAMS = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")  # the shell decides what becomes of a file behind them
_STDIN, _STDOUT = 0, 1  # file descriptors


def protect_inputs(
    output: Path | str | None, paths: Sequence[str], options: ReadOptions, option: str = "--output "
) -> ReadOptions:
    """Return options under which the output is not read; None is standard output, which may be a file as well.

    Raise OutputError if the output is one of the files to be read, under whatever name, or a file that holds something
    else than an earlier report or calibration. A report of an earlier run is no input where a directory or a pattern
    leads to it. `option` is how the user named the output, in front of its path.
    """
    target = file_id(_STDOUT if output is None else output)
    if target is None or (isinstance(target, str) and not _is_there(target)):
        return options
    what = "standard output" if output is None else f"{option}{printable_path(str(output))}"
    for path_or_error in expand(paths, options, ReadLog()):
        if (
            isinstance(path_or_error, SourceError)
            or file_id(_STDIN if path_or_error == STDIN else path_or_error) != target
        ):
            continue
        name = "standard input" if path_or_error == STDIN else printable_path(path_or_error)
        if path_or_error in paths or not _is_ours(path_or_error):
            raise OutputError(f"{what}: this file is read as input ({name}); choose another one")
    if output is not None and str(output) not in _STREAMS and not _is_ours(str(output)):
        raise OutputError(f"{what}: this file is there already and holds no report; choose another one, or remove it")
    return replace(options, outputs=options.outputs | {target})


def _is_there(address: str) -> bool:
    try:
        return exists(address)
    except OSError as error:
        raise OutputError(f"--output {printable_path(address)}: can't be written ({os_problem(error)})") from None


def _is_ours(path: str) -> bool:
    """Tell whether a file is empty or begins like one of our reports or calibrations."""
    try:
        with Input(path, path).open() as stream:
            head = stream.read(_HEAD)
    except (OSError, BrokenStreamError):
        return False
    return not head or _OURS.match(head) is not None
