"""The commands of those who work on the models: `spin`, `train`, `evaluate`. Shown only where their extra is installed.

This is the one place that imports `detector.training` for the command line.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from detector.cli.help import Command
from detector.errors import ConfigError

_EXTRA = ("torch", "lemminflect", "wordfreq")  # of the extra `train`, what every such command comes to need
_PURPOSES = {
    "spin": "Spin documents with a simulated article spinner, to make test data.",
    "train": "Train the models from the data folder.",
    "evaluate": "Measure the shipped models on the evaluation data.",
}


def add_to(app: typer.Typer) -> None:
    """Add the training commands. Without the extra they are hidden, and say how to install it."""
    if not _is_installed("detector.training"):
        for name in _PURPOSES:
            _add_refusal(app, name)
        return
    from detector.training.spin_command import spin

    complete = all(map(_is_installed, _EXTRA))
    # `spin` runs without the extra where its tables are made, and names what is missing by itself.
    app.command(cls=Command, hidden=not complete)(spin)
    if complete:
        from detector.training.commands import evaluate, train

        app.command(cls=Command)(train)
        app.add_typer(evaluate, name="evaluate")
    else:
        _add_refusal(app, "train")
        _add_refusal(app, "evaluate")


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _add_refusal(app: typer.Typer, name: str) -> None:
    @app.command(
        name,
        hidden=True,
        help=_PURPOSES[name],
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def refuse(words: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
        raise ConfigError(
            f"detector {name} needs the extra `train`; in a checkout of the project: python -m pip install -e '.[train]'"
        )
