"""The options and arguments that commands share, the names they take, and the settings they make."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.reports import Format

if TYPE_CHECKING:
    # Imported where they are used: `--help` and `--version` answer at once.
    from detector.corpus.reading import ReadOptions
    from detector.options import Settings


class Grammar(StrEnum):
    AUTO = "auto"
    LANGUAGETOOL = "languagetool"
    EMBEDDED = "embedded"
    OFF = "off"


class Wording(StrEnum):
    LIGHT = "light"
    AUTO = "auto"
    DEEP = "deep"


def from_0_to_1(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1:  # NaN, too
        raise typer.BadParameter(f"{value} is not from 0 to 1")
    return value


def between_0_and_1(value: float | None) -> float | None:
    if value is not None and not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not between 0 and 1")
    return value


PATHS = typer.Argument(metavar="PATH", show_default=False, help="Files, directories, patterns; - is standard input.")
PathsArgument = Annotated[list[str], PATHS]
FormatOption = Annotated[
    Format, typer.Option(help="For people (text), one array (json), or one object a line as they come (jsonl).")
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the report to this file, whole or not at all; .gz, .zst, .bz2 and .xz compress.",
    ),
]
# None is what nobody chose: there the settings file has its say, and after it the program.
TextFieldOption = Annotated[
    str | None, typer.Option(metavar="NAME", show_default="text", help="Field of a JSONL record that holds its text.")
]
IdFieldOption = Annotated[
    str | None, typer.Option(metavar="NAME", show_default="id", help="Field of a JSONL record that holds its id.")
]
GrammarOption = Annotated[
    Grammar | None, typer.Option(show_default="auto", help="The LanguageTool engine to check grammar with.")
]
UrlOption = Annotated[str | None, typer.Option(metavar="URL", help="A LanguageTool server that is running already.")]
WordingOption = Annotated[
    Wording | None,
    typer.Option(
        show_default="auto",
        help="The encoder that reads: deep, light, or (auto) light and where it is in doubt deep.",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        callback=from_0_to_1,
        show_default="the model's own",
        help="Call a document spun from this probability on. Lower finds more, and accuses more honest text.",
    ),
]
MaxFprOption = Annotated[
    float | None,
    typer.Option(
        metavar="R",
        callback=between_0_and_1,
        help="Instead of --threshold: the share of honest documents that may be called spun, as the model was tried.",
    ),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Instead of both: the threshold that `detector calibrate` found for your text."),
]
JobsOption = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", show_default="1", help="Worker processes. Each loads the model."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default="the nearest pyproject.toml that has one",
        help="A TOML file with a tool.detector table, for what the options leave open.",
    ),
]
NoConfigOption = Annotated[bool, typer.Option("--no-config", help="Read no such file.")]


def chosen_settings(
    config: Path | None,
    no_config: bool,
    *,
    grammar: Grammar | None = None,
    languagetool_url: str | None = None,
    wording: Wording | None = None,
    threshold: float | None = None,
    max_fpr: float | None = None,
    calibration: Path | None = None,
    jobs: int | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
) -> Settings:
    """What the command line chose, and where it left something open, what the settings file says."""
    from detector.options import Settings, choose_config

    asked = Settings(
        grammar=grammar.value if grammar else None,
        languagetool_url=languagetool_url,
        wording=wording.value if wording else None,
        threshold=threshold,
        max_fpr=max_fpr,
        calibration=calibration,
        jobs=jobs,
        text_field=text_field,
        id_field=id_field,
    )
    file = choose_config(config, no_config=no_config)
    return asked.over(file.settings) if file else asked


def read_options(settings: Settings) -> ReadOptions:
    from detector.corpus.reading import ReadOptions

    default = ReadOptions()
    return ReadOptions(settings.text_field or default.text_field, settings.id_field or default.id_field)
