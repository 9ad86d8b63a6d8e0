"""How every command ends: errors become a message on standard error and an exit code."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from detector.errors import EXIT_ERROR, DetectorError, OutputError

_REWORDED = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Input should be a valid integer.*", "must be a whole number"),
        (r"Input should be a valid number.*", "must be a number"),
        (r"Input should be greater than or equal to (\S+)", r"must be \1 or more"),
        (r"Input should be less than or equal to (\S+)", r"must be \1 or less"),
        (r"Input should be (.*)", r"must be \1"),
        (r"(?:Value|Assertion) error, (.*)", r"\1"),
    )
)
EXIT_INTERRUPTED = 130  # 128 + SIGINT
EXIT_NOBODY_READS = 141  # 128 + SIGPIPE, as a shell reports it: `check | head` must not end like an answer


class Commands(TyperGroup):
    """The group of all commands. It turns their errors into a message and an exit code."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, in full: the first paragraph of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        shown = [(name, one) for name, one in commands if one is not None and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl([(name, (one.help or "").partition("\n\n")[0]) for name, one in shown])

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Print help or the version where that is asked for."""
        try:
            return super().make_context(*args, **options)
        except OSError as error:
            _end_unwritten(error)

    def invoke(self, ctx: Any) -> Any:  # typer brings its own copy of click, whose types have no public name
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except KeyboardInterrupt as error:
            raise typer.Exit(EXIT_INTERRUPTED) from error
        except OSError as error:
            _end_unwritten(error)
        except DetectorError as error:
            _fail(error)
        except typer.BadParameter as error:
            error.message = reword(error.message)
            raise


def reword(message: str) -> str:
    """Return what is wrong with a value in the words of this program, and not in those of the library that checks it.

    >>> reword("Input should be greater than or equal to 1"), reword("Value error, 'x' is not one of 'text', 'json'.")
    ('must be 1 or more', "'x' is not one of 'text', 'json'.")
    """
    for pattern, words in _REWORDED:
        if pattern.match(message):
            return pattern.sub(words, message)
    return message


def _end_unwritten(error: OSError) -> NoReturn:
    """End where a pipe is closed or a disk is full, without a traceback."""
    _discard_output()
    if isinstance(error, BrokenPipeError):
        raise typer.Exit(EXIT_NOBODY_READS) from error
    problem = error.strerror or str(error)
    where = error.filename or "standard output"
    _fail(OutputError(f"{where}: can't be written ({problem[:1].lower() + problem[1:]})"))


def _fail(error: Exception) -> NoReturn:
    from detector.reports.messages import print_error

    with suppress(OSError):  # a standard error that is full leaves the exit code
        print_error(error)
    raise typer.Exit(EXIT_ERROR) from error


def _discard_output() -> None:
    """Discard what is still to be written to standard output, so that Python does not fail again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
