"""The commands of those who work on the models, as the command line has them where the extra is installed."""

from __future__ import annotations

import pytest
import typer

from detector.options import WORDING_DEPTHS
from detector.training.commands import Depth, evaluate, train


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(train)
    app.add_typer(evaluate, name="evaluate")
    return app


@pytest.mark.parametrize(
    "command", [("train",), ("evaluate", "wording"), ("evaluate", "verdict"), ("evaluate", "repairs")]
)
def test_help_is_shown(app: typer.Typer, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app([*command, "--help"])
    assert ended.value.code == 0
    assert "--data" in capsys.readouterr().out


def test_every_depth_can_be_evaluated() -> None:
    assert tuple(Depth) == WORDING_DEPTHS


def test_the_plan_needs_no_file(app: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["train", "--plan"])
    assert ended.value.code == 0
    assert "not the same files" in capsys.readouterr().out


def test_what_training_needs_is_named_at_once() -> None:
    from detector.errors import ConfigError

    with pytest.raises(ConfigError, match="--data, --moby, --bert, --tokenizer, --work, --model-version"):
        train()
