"""The options and arguments that commands share, and the names they take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from detector.reports import Format


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
    Path | None, typer.Option(metavar="FILE", help="Write the report to this file, whole or not at all.")
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
