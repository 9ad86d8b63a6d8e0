"""The command line: options in, reports out. What a command does is elsewhere; heavy imports wait until it runs."""

from __future__ import annotations

import signal
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from detector import __version__
from detector.cli.endings import Commands
from detector.cli.options import (
    CalibrationOption,
    ConfigOption,
    FormatOption,
    Grammar,
    GrammarOption,
    IdFieldOption,
    JobsOption,
    MaxFprOption,
    NoConfigOption,
    OutputOption,
    PathsArgument,
    TextFieldOption,
    ThresholdOption,
    UrlOption,
    WordingOption,
    between_0_and_1,
    chosen_settings,
    from_0_to_1,
    read_options,
)
from detector.errors import EXIT_ERROR, EXIT_OK, EXIT_SPUN
from detector.reports import Format
from detector.restore import SURE
from detector.training.commands import evaluate, train
from detector.training.spin_command import spin

app = typer.Typer(
    cls=Commands,
    help="Find spun and paraphrase-corrupted text: which documents, where, and what stood there before.",
    epilog=f"Exit codes: {EXIT_OK} all went well, {EXIT_SPUN} `check` found a spun document, {EXIT_ERROR} an error.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
setup = typer.Typer(no_args_is_help=True, help="Install what can't come with the package.")
app.add_typer(setup, name="setup")


class RestoredFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"detector {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def score(
    paths: PathsArgument,
    *,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    text_field: TextFieldOption = None,
    id_field: IdFieldOption = None,
    grammar: GrammarOption = None,
    languagetool_url: UrlOption = None,
    wording: WordingOption = None,
    threshold: ThresholdOption = None,
    max_fpr: MaxFprOption = None,
    calibration: CalibrationOption = None,
    jobs: JobsOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Score documents: which are spun, and what gives them away. Exits 2 when something could not be read."""
    from detector.cli.run import run

    settings = chosen_settings(
        config,
        no_config,
        grammar=grammar,
        languagetool_url=languagetool_url,
        wording=wording,
        threshold=threshold,
        max_fpr=max_fpr,
        calibration=calibration,
        jobs=jobs,
        text_field=text_field,
        id_field=id_field,
    )
    summary = run(paths, read_options(settings), settings.options(), format, output=output)
    raise typer.Exit(EXIT_ERROR if summary.errors else EXIT_OK)


@app.command()
def check(
    paths: PathsArgument,
    *,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    text_field: TextFieldOption = None,
    id_field: IdFieldOption = None,
    grammar: GrammarOption = None,
    languagetool_url: UrlOption = None,
    wording: WordingOption = None,
    threshold: ThresholdOption = None,
    max_fpr: MaxFprOption = None,
    calibration: CalibrationOption = None,
    jobs: JobsOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Print only documents that are spun. Exits 1 when there is one, 2 when something could not be read."""
    from detector.cli.run import run
    from detector.report import Verdict

    settings = chosen_settings(
        config,
        no_config,
        grammar=grammar,
        languagetool_url=languagetool_url,
        wording=wording,
        threshold=threshold,
        max_fpr=max_fpr,
        calibration=calibration,
        jobs=jobs,
        text_field=text_field,
        id_field=id_field,
    )
    summary = run(paths, read_options(settings), settings.options(), format, output=output, only=Verdict.SPUN)
    if summary.errors:
        raise typer.Exit(EXIT_ERROR)
    raise typer.Exit(EXIT_SPUN if summary.documents[Verdict.SPUN] else EXIT_OK)


@app.command()
def explain(
    path: Annotated[str, typer.Argument(metavar="PATH", show_default=False, help="A file; - is standard input.")],
    *,
    record: Annotated[
        str | None, typer.Option(metavar="ID", help="The record to explain, where a file holds several.")
    ] = None,
    text_field: TextFieldOption = None,
    id_field: IdFieldOption = None,
    grammar: GrammarOption = None,
    languagetool_url: UrlOption = None,
    wording: WordingOption = None,
    threshold: ThresholdOption = None,
    max_fpr: MaxFprOption = None,
    calibration: CalibrationOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Show one document with its findings marked, why each was raised, and what moved the probability."""
    from detector.cli.run import read_one
    from detector.engine.detector import load
    from detector.reports.destination import open_destination
    from detector.reports.explain import Explainer

    settings = chosen_settings(
        config,
        no_config,
        grammar=grammar,
        languagetool_url=languagetool_url,
        wording=wording,
        threshold=threshold,
        max_fpr=max_fpr,
        calibration=calibration,
        jobs=1,
        text_field=text_field,
        id_field=id_field,
    )
    document = read_one(path, record, read_options(settings))
    with load(settings.options()) as detector:
        report = detector.score(document)
    with open_destination(None, for_machines=False) as stream:
        Explainer(stream).write(document, report)


@app.command()
def restore(
    path: Annotated[str, typer.Argument(metavar="PATH", show_default=False, help="A file; - is standard input.")],
    *,
    record: Annotated[
        str | None, typer.Option(metavar="ID", help="The record to restore, where a file holds several.")
    ] = None,
    format: Annotated[
        RestoredFormat, typer.Option(help="The text alone, or the text with its edits.")
    ] = RestoredFormat.TEXT,
    sure: Annotated[
        float, typer.Option(metavar="P", callback=from_0_to_1, help="Leave a word where the best guess has less.")
    ] = SURE,
    text_field: TextFieldOption = None,
    id_field: IdFieldOption = None,
    wording: WordingOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Print a document with swapped words put back by the best guess; the edits are told, and can be undone."""
    from detector.cli.run import read_one
    from detector.engine.detector import load
    from detector.reports.destination import open_destination
    from detector.reports.restored import write_restored

    settings = chosen_settings(
        config, no_config, grammar=Grammar.OFF, wording=wording, jobs=1, text_field=text_field, id_field=id_field
    )
    document = read_one(path, record, read_options(settings))
    with load(settings.without_operating_point().options()) as detector:
        report = detector.score(document)
    with open_destination(None, for_machines=True) as stream:
        write_restored(document, report, sure, stream, as_json=format is RestoredFormat.JSON)


app.command()(spin)
app.command()(train)
app.add_typer(evaluate, name="evaluate")


@app.command()
def calibrate(
    paths: PathsArgument,
    *,
    max_fpr: Annotated[
        float,
        typer.Option(
            metavar="R",
            callback=between_0_and_1,
            help="The share of good documents that may be called spun, such as 0.001. N documents can hold 3/N.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Write the calibration to this file, for --calibration."),
    ],
    text_field: TextFieldOption = None,
    id_field: IdFieldOption = None,
    grammar: GrammarOption = None,
    languagetool_url: UrlOption = None,
    wording: WordingOption = None,
    jobs: JobsOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Find the threshold for a false-positive rate on documents you know to be good.

    Those without a score don't count. Exits 2 if something could not be read: the file is then made from the rest.
    """
    from detector.cli.run import calibrate as run_calibration
    from detector.reports.calibrated import show_calibrated
    from detector.reports.destination import open_destination

    settings = chosen_settings(
        config,
        no_config,
        grammar=grammar,
        languagetool_url=languagetool_url,
        wording=wording,
        jobs=jobs,
        text_field=text_field,
        id_field=id_field,
    )
    options = settings.without_operating_point().options()
    calibrated = run_calibration(paths, read_options(settings), options, max_fpr, output)
    with open_destination(None, for_machines=False) as stream:
        show_calibrated(calibrated, output, stream)
    raise typer.Exit(EXIT_ERROR if calibrated.calibration.unread else EXIT_OK)


@app.command()
def doctor(languagetool_url: UrlOption = None, config: ConfigOption = None, no_config: NoConfigOption = False) -> None:
    """Show versions, models, settings and grammar engines, and how to get what is missing. Exits 2 if one is broken."""
    from detector.doctor import diagnose
    from detector.reports.destination import open_destination
    from detector.reports.diagnosis import print_diagnosis

    diagnosis = diagnose(languagetool_url, config, no_config=no_config)
    with open_destination(None, for_machines=False) as stream:
        print_diagnosis(diagnosis, stream)
    raise typer.Exit(EXIT_OK if diagnosis.healthy else EXIT_ERROR)


@setup.command("languagetool")
def setup_languagetool(
    directory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to put it, instead of the user's cache.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Install again, even where a working one is found.")] = False,
) -> None:
    """Install LanguageTool, the full grammar checker. It needs Java 17 or newer."""
    from detector.reports.messages import print_step
    from detector.signals.grammar.installation import PATH_VARIABLE, find_installation
    from detector.signals.grammar.installer import install

    folder = install(print_step, directory=directory, force=force)
    found = find_installation()
    if found is None or found.folder.resolve() != folder.resolve():
        print_step(f"to have it used, set the environment variable {PATH_VARIABLE} to {folder.parent.resolve()}")


def main() -> None:
    """Console entry point."""
    # Being told to end takes the same way out as Ctrl-C: no half-written file, no server left running.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that can't show “ still gets its report
    try:
        app()
    except Exception:  # Python would exit with 1, and a mistake of ours must not look like an answer of `check`
        traceback.print_exc()
        sys.exit(EXIT_ERROR)
