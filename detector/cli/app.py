"""The command line: options in, reports out. One command a file; what a command does is elsewhere, and heavy imports
wait until it runs."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import Annotated

import typer

from detector import __version__
from detector.cli import (
    annotate,
    audit,
    baseline,
    calibrate,
    check,
    completion,
    config,
    diff,
    doctor,
    explain,
    filter,
    lsp,
    manual,
    profile,
    repair,
    restore,
    rethreshold,
    schema,
    score,
    serve,
    setup,
    trace,
    training,
)
from detector.cli.exits import Commands
from detector.cli.help import Command
from detector.errors import EXIT_ERROR, EXIT_OK, EXIT_SPUN
from detector.interruption import stop_on_signals

app = typer.Typer(
    cls=Commands,
    help="Find spun and paraphrase-corrupted text: which documents, where, and what stood there before.",
    epilog=f"Exit codes: {EXIT_OK} all went well, {EXIT_SPUN} `check` found a spun document, {EXIT_ERROR} something"
    " could not be read or scored.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain pages are read and searched more easily, and need no 0.1 s of imports
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"detector {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, show_default=False, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


for _module in (
    score,
    check,
    filter,
    annotate,
    repair,
    trace,
    profile,
    rethreshold,
    audit,
    diff,
    explain,
    restore,
    calibrate,
    serve,
    config,
    lsp,
    doctor,
    schema,
    completion,
    manual,
):
    app.command(_module.__name__.rpartition(".")[2], cls=Command)(_module.command)
app.add_typer(baseline.commands, name="baseline")
app.add_typer(setup.commands, name="setup")
training.add_to(app)


def _open_standard_streams() -> None:
    """Take the place of what the caller closed (`>&-`, a service), so that no other file gets its number.

    Messages that nobody can see are thrown away. Without standard output there is no work to do.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it is open as long as the program runs
    if sys.stdout is None:
        print("error: standard output is closed; > /dev/null throws it away", file=sys.stderr)
        sys.exit(EXIT_ERROR)


def main() -> None:
    """Run the program: the console entry point."""
    _open_standard_streams()
    stop_on_signals()  # each takes the same way out: no half-written file, no server left running
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that can't show “ still gets its report
    if completion.VARIABLE in os.environ:
        completion.answer_shell()
    try:
        app(prog_name="detector")
    except Exception:  # Python would exit with 1, and a mistake of ours must not look like an answer of `check`
        with suppress(OSError):  # nor must a standard error that is full
            traceback.print_exc()
        sys.exit(EXIT_ERROR)
