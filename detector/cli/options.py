"""The options of commands: those made from the table, and the few that only one command has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
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
    from detector.settings import Choice, RunSettings

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
        " Default: the nearest detector.toml, or pyproject.toml that has one.",
    ),
]
NoConfigOption = Annotated[
    bool, typer.Option("--no-config", show_default=False, rich_help_panel=_CONFIG, help="Read no such file.")
]
# Of a run over the shards of a corpus.
WorkOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        show_default=False,
        rich_help_panel="Output",
        help="Folder of this machine for what a run needs to go on, where outputs are addresses.",
    ),
]
_CONFIG_PARAMETERS = (
    Parameter("config", Parameter.KEYWORD_ONLY, default=None, annotation=ConfigOption),
    Parameter("no_config", Parameter.KEYWORD_ONLY, default=False, annotation=NoConfigOption),
)


def with_settings(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of the table that it takes.

    The command has a parameter `settings`: what holds after the settings file and the defaults have had their say. Where
    it has a parameter `chosen`, too, it gets what each file has of its own.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        taken = [row for row in rows(Settings) if name in row.commands]
        all_of_them = inspect.signature(command, eval_str=True).parameters
        own = [one for one in all_of_them.values() if one.name not in ("settings", "chosen")]
        arguments = [one for one in own if one.kind is not Parameter.KEYWORD_ONLY]
        required = [_parameter(row, required=True) for row in taken if name in row.required]
        rest = [_parameter(row) for row in taken if name not in row.required]
        parameters = [*arguments, *required, *own[len(arguments) :], *rest, *_CONFIG_PARAMETERS]

        @wraps(command)
        def run(**given: Any) -> None:
            from detector.settings import choose

            config, no_config = given.pop("config"), given.pop("no_config")
            values = {row.name: given.pop(row.name) for row in taken}
            asked = {row.name: _value(row, values[row.name]) for row in taken if values[row.name] not in (None, [])}
            chosen = choose(name, asked, config, no_config=no_config)
            if "chosen" in all_of_them:
                given["chosen"] = chosen
            elif chosen.run.file and chosen.run.file.overrides:
                _tell_overrides_are_ignored(name, chosen.run.file.path)
            command(**given, settings=chosen.run.settings())

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


def read_options(settings: Settings, chosen: RunSettings | None = None, *, group_by: str | None = None) -> ReadOptions:
    """Return how files are read: with the groups of documents, where the calibration has thresholds for some.

    `chosen`: each file is read as its own settings say. `group_by`: documents are grouped by this field in any case.
    """
    from dataclasses import fields, replace

    from detector.corpus.reading import ReadOptions

    names = [field.name for field in fields(ReadOptions) if hasattr(settings, field.name)]
    values = {name: getattr(settings, name) for name in names}
    options = ReadOptions(**values, group_by=group_by or calibrated_by(settings))
    return options if chosen is None else replace(options, of_file=_options_of_files(options, chosen, group_by))


def _options_of_files(
    run: ReadOptions, chosen: RunSettings, group_by: str | None
) -> Callable[[str], ReadOptions | None]:
    from dataclasses import replace

    by_run = chosen.run.by_file
    names = [row.name for row in rows(Settings) if row.by_file and hasattr(run, row.name)]
    known: dict[object, ReadOptions] = {}

    def of_choice(choice: Choice) -> ReadOptions:
        settings, options = choice.settings(), choice.by_file
        values = {name: getattr(settings, name) for name in names}
        judged_by = None if options == by_run else options
        return replace(run, **values, group_by=group_by or calibrated_by(settings), judged_by=judged_by)

    def of_file(path: str) -> ReadOptions | None:
        choice = chosen.of_file(path)
        if choice.off:
            return None
        key = (choice.file and choice.file.path, *(one.number for one in choice.overrides))
        if key not in known:
            known[key] = of_choice(choice)
        return known[key]

    return of_file


def _tell_overrides_are_ignored(command: str, config: Path) -> None:
    from detector.reports.messages import print_step

    print_step(
        f"{config}: its overrides hold for the commands that score files (score, check, filter, baseline and others);"
        f" {command} goes without them"
    )


def calibrated_by(settings: Settings) -> str | None:
    """Return what groups documents in the calibration that was chosen; None where nothing does."""
    if settings.calibration is None:
        return None
    from detector.judge.calibration_file import read_calibration

    groups = read_calibration(settings.calibration).groups
    return groups.by if groups else None


def _parameter(row: Row, *, required: bool = False) -> Parameter:
    """Return the option as a parameter for typer; its default None means that the user did not choose."""
    # What a settings file has switched on can be switched off again.
    names = f"--{row.key}/--no-{row.key}" if row.kind.is_flag and row.in_file else f"--{row.key}"
    flags = [names] + ([row.short] if row.short else [])
    annotation: Any = str
    more: dict[str, Any] = {}
    if row.kind.is_flag:
        annotation = bool
    elif row.kind.is_list:
        annotation = list[str]
    else:
        more["parser"] = _parser(row)
    if row.kind.choices:
        more["autocompletion"] = _completion(row.kind.choices)
    made = typer.Option(
        *flags, metavar=row.metavar, help=row.full_help, show_default=False, rich_help_panel=row.group, **more
    )
    if required:
        return Parameter(row.name, Parameter.KEYWORD_ONLY, annotation=Annotated[annotation, made])
    return Parameter(row.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[annotation | None, made])


def _completion(choices: Sequence[str]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete


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
