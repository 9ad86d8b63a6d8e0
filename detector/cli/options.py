"""The options of commands: those made from the table, and the few that only one command has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detector.option_types import Row, rows
from detector.options import GROUPS, Settings

if TYPE_CHECKING:
    # Imported where it is used: `--help` and `--version` answer at once.
    from detector.corpus.reading import ReadOptions

_CONFIG = "Configuration"
HEADINGS = (*GROUPS, _CONFIG)

PATHS = typer.Argument(
    metavar="PATH",
    show_default=False,
    help="Files, directories, patterns, addresses (s3://…); - is standard input.",
)
PathsArgument = Annotated[list[str], PATHS]
PathArgument = Annotated[str, typer.Argument(metavar="PATH", show_default=False, help="A file; - is standard input.")]
RecordOption = Annotated[
    str | None,
    typer.Option(metavar="ID", show_default=False, help="The record that is meant, where a file holds several."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        rich_help_panel=_CONFIG,
        help="A TOML file whose [tool.detector] table chooses what the options leave open."
        " Default: the nearest pyproject.toml that has one.",
    ),
]
NoConfigOption = Annotated[
    bool, typer.Option("--no-config", show_default=False, rich_help_panel=_CONFIG, help="Read no such file.")
]
# Of a run over the shards of a corpus.
ErrorsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        rich_help_panel="Output",
        help="Write records that could not be read or scored to this file, one object a line, with their errors."
        " It may be an address. Default: a file for each input in .unspun/errors of the output folder.",
    ),
]
ReportOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        rich_help_panel="Output",
        help="Write the counts of the run to this file, and a page that shows them beside it. It may be an address."
        " Default: run.json beside the output folder.",
    ),
]
WorkOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        show_default=False,
        rich_help_panel="Output",
        help="Folder of this machine for what a run needs to go on, where outputs are addresses.",
    ),
]
RestartOption = Annotated[
    bool,
    typer.Option(
        "--restart",
        show_default=False,
        rich_help_panel="Running",
        help="Throw away what an earlier run wrote, and begin anew.",
    ),
]
_CONFIG_PARAMETERS = (
    Parameter("config", Parameter.KEYWORD_ONLY, default=None, annotation=ConfigOption),
    Parameter("no_config", Parameter.KEYWORD_ONLY, default=False, annotation=NoConfigOption),
)


def with_settings(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of the table that it takes.

    The command has a parameter `settings`: what holds after the settings file and the defaults have had their say.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        taken = [row for row in rows(Settings) if name in row.commands]
        own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "settings"]
        parameters = [*own, *map(_parameter, taken), *_CONFIG_PARAMETERS]

        @wraps(command)
        def run(**given: Any) -> None:
            from detector.settings import choose

            config, no_config = given.pop("config"), given.pop("no_config")
            values = {row.name: given.pop(row.name) for row in taken}
            asked = {row.name: _value(row, values[row.name]) for row in taken if values[row.name] not in (None, [])}
            choice = choose(name, asked, config, no_config=no_config)
            command(**given, settings=choice.settings())

        # typer reads what a function takes from these two; what `wraps` copied says `settings`.
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        del run.__wrapped__
        return run

    return decorate


def option_like(name: str, *, help: str | None = None, metavar: str | None = None, panel: str | None = None) -> Any:
    """Make an option by hand that takes the values of a row of the table."""
    (row,) = (row for row in rows(Settings) if row.name == name)
    return typer.Option(
        metavar=metavar or row.metavar,
        show_default=False,
        rich_help_panel=panel,
        help=help or row.full_help,
        parser=_parser(row),
    )


def read_options(settings: Settings) -> ReadOptions:
    """Return how files are read: with the groups of documents, where the calibration has thresholds for some."""
    from dataclasses import fields

    from detector.corpus.reading import ReadOptions

    names = [field.name for field in fields(ReadOptions) if hasattr(settings, field.name)]
    return ReadOptions(**{name: getattr(settings, name) for name in names}, group_by=calibrated_by(settings))


def calibrated_by(settings: Settings) -> str | None:
    """Return what groups documents in the calibration that was chosen; None where nothing does."""
    if settings.calibration is None:
        return None
    from detector.judge.calibration_file import read_calibration

    groups = read_calibration(settings.calibration).groups
    return groups.by if groups else None


def _parameter(row: Row) -> Parameter:
    """Return the option as a parameter for typer; its default None means that the user did not choose."""
    flags = [f"--{row.key}/--no-{row.key}" if row.kind.is_flag else f"--{row.key}"] + ([row.short] if row.short else [])
    annotation: Any = str
    more: dict[str, Any] = {}
    if row.kind.is_flag:
        annotation = bool
    elif row.kind.is_list:
        annotation = list[str]
    else:
        more["parser"] = _parser(row)
    made = typer.Option(
        *flags, metavar=row.metavar, help=row.full_help, show_default=False, rich_help_panel=row.group, **more
    )
    return Parameter(row.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[annotation | None, made])


def _parser(row: Row) -> Callable[[str], Any]:
    def parse(word: str) -> Any:
        try:
            value = row.kind.parse(word)
        except ValueError:
            value = None
        if value is None or not row.kind.fits(value):
            raise typer.BadParameter(f"must be {row.kind.wanted}, not {word!r}")
        return value

    parse.__name__ = row.metavar or "VALUE"
    return parse


def _value(row: Row, value: Any) -> Any:
    return tuple(value) if row.kind.is_list else value
