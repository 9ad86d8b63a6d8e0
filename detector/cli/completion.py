"""`detector completion`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

VARIABLE = "_DETECTOR_COMPLETE"  # set by the script where it asks the program for words


def command(
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"],
        typer.Argument(metavar="SHELL", show_default=False, help="bash, zsh, fish or powershell."),
    ],
) -> None:
    """Print a script that completes commands, options and their values in a shell.

    For bash: detector completion bash > ~/.local/share/bash-completion/completions/detector
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # imported there, not declared

    typer.echo(get_completion_script(prog_name="detector", complete_var=VARIABLE, shell=shell))


def answer_shell() -> None:
    """Prepare the program for a question of the script."""
    from typer.completion import completion_init  # type: ignore[attr-defined]

    completion_init()
