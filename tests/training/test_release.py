from __future__ import annotations

import sys
from pathlib import Path

import pytest

from detector.errors import ConfigError, DetectorError
from detector.training import release as pipeline
from detector.training.release import Inputs, Stage


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return Inputs(*(tmp_path / name for name in ("data", "moby", "bert", "tokenizer", "work", "out")))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stages that were run, which for once are one-line programs; `broken` fails."""
    ran: list[str] = []

    class Done:
        def __init__(self, command: list[str]) -> None:
            assert command[0] == sys.executable
            ran.append(command[2].rpartition(".")[2])
            self.returncode = int(ran[-1] == "broken")

    monkeypatch.setattr(pipeline.subprocess, "run", lambda command, **_: Done(command))
    return ran


def plan(monkeypatch: pytest.MonkeyPatch, *modules: str, option: str = "") -> None:
    monkeypatch.setattr(pipeline, "stages", lambda _: [Stage(name, name, (option,), "") for name in modules])


def test_what_is_done_is_not_done_again(inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plan(monkeypatch, "one", "two")
    list(pipeline.run(inputs))
    list(pipeline.run(inputs))
    assert ran == ["one", "two"]


def test_a_broken_stage_is_where_the_next_run_begins(
    inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(monkeypatch, "one", "broken", "three")
    with pytest.raises(DetectorError, match="broken: ended with 1"):
        list(pipeline.run(inputs))
    plan(monkeypatch, "one", "two", "three")
    list(pipeline.run(inputs))
    assert ran == ["one", "broken", "two", "three"]


def test_other_options_run_a_stage_and_what_follows_again(
    inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(monkeypatch, "one", "two")
    list(pipeline.run(inputs))
    plan(monkeypatch, "one", "two", option="--tokens 2")
    list(pipeline.run(inputs))
    assert ran == ["one", "two"] * 2


def test_only_the_named_stage_runs(inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plan(monkeypatch, "one", "two", "three")
    list(pipeline.run(inputs, ["two"]))
    assert ran == ["two"]
    with pytest.raises(ConfigError, match="no such stage: four"):
        list(pipeline.run(inputs, ["four"]))


def test_the_light_encoder_learns_from_the_exported_deep_one(inputs: Inputs) -> None:
    names = [stage.name for stage in pipeline.stages(inputs)]
    assert names.index("export-deep") < names.index("light") < names.index("export-light") < names.index("fit")


def test_both_encoders_learn_from_masked_swaps(inputs: Inputs) -> None:
    options = {stage.name: stage.options for stage in pipeline.stages(inputs)}
    for encoder in ("deep", "light"):
        at = options[encoder].index("--bert")
        assert options[encoder][at + 1] == str(inputs.bert)
