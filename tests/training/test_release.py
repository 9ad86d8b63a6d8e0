from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from detector.errors import ConfigError, DetectorError
from detector.training import release as pipeline
from detector.training.release import Inputs, Stage


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return Inputs(*(tmp_path / name for name in ("data", "moby", "bert", "tokenizer", "work", "out")), version="2")


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


def test_what_follows_a_stage_that_was_run_again_is_never_taken_for_done(
    inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(monkeypatch, "one", "two")
    list(pipeline.run(inputs))
    plan(monkeypatch, "broken", "two")
    with pytest.raises(DetectorError):
        list(pipeline.run(inputs))
    plan(monkeypatch, "one", "two")
    list(pipeline.run(inputs))
    assert ran == ["one", "two", "broken", "two"]


def test_a_run_that_had_ended_begins_anew_and_an_interrupted_one_goes_on(
    inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    last = tmp_path / "run" / "last.pt"
    last.parent.mkdir()
    last.write_text("of a run that was interrupted")
    stage = Stage("one", "one", ("--tokens", "1"), "", last.parent)
    monkeypatch.setattr(pipeline, "stages", lambda _: [stage])
    list(pipeline.run(inputs))
    assert last.exists()
    monkeypatch.setattr(pipeline, "stages", lambda _: [replace(stage, options=("--tokens", "2"))])
    list(pipeline.run(inputs))
    assert ran == ["one", "one"]
    assert not last.exists()


def test_only_the_named_stage_runs(inputs: Inputs, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plan(monkeypatch, "one", "two", "three")
    list(pipeline.run(inputs, ["two"]))
    assert ran == ["two"]
    with pytest.raises(ConfigError, match="no such stage: four"):
        list(pipeline.run(inputs, ["four"]))


def test_the_light_encoder_learns_from_the_exported_deep_one(inputs: Inputs) -> None:
    stages = pipeline.stages(inputs)
    names = [stage.name for stage in stages]
    taught = [stage.name for stage in stages if "--teacher" in stage.options]
    assert taught
    assert all(names.index("export-deep") < names.index(name) < names.index("export-light") for name in taught)
    assert names[-6:] == ["fit", "findings", "scan-corpus", "scan-train", "scan-fit", "trace"]


def option(stage: Stage, name: str) -> str | None:
    return stage.options[stage.options.index(name) + 1] if name in stage.options else None


@pytest.mark.parametrize("encoder", ["deep", "light"])
def test_each_run_starts_with_what_the_run_before_it_left(inputs: Inputs, encoder: str) -> None:
    made: list[str] = []  # checkpoints, in order
    for stage in (stage for stage in pipeline.stages(inputs) if stage.name.startswith(encoder)):
        if stage.module == "encoders.average":
            before, after, *_ = stage.options
            assert (before, after) == (made[-2], made[-1])
            made[-1] = str(option(stage, "--out"))
        else:
            assert option(stage, "--weights") == (made[-1] if made else None)
            assert option(stage, "--bert") == str(inputs.bert)  # for masked swaps
            made.append(str(Path(str(option(stage, "--work"))) / "last.pt"))
    (export,) = (stage for stage in pipeline.stages(inputs) if stage.name == f"export-{encoder}")
    assert export.options[0] == made[-1]
    assert len(made) > 1


def test_the_scan_is_made_of_one_corpus_and_its_last_checkpoint(inputs: Inputs) -> None:
    corpus, train, fit = (stage for stage in pipeline.stages(inputs) if stage.name.startswith("scan"))
    assert option(corpus, "--out") == option(train, "--corpus") == option(fit, "--corpus")
    assert option(fit, "--checkpoint") == str(Path(str(option(train, "--work"))) / "last.pt")
    assert option(train, "--models") == option(fit, "--models") == str(inputs.out)


def test_runs_draw_windows_of_their_own(inputs: Inputs) -> None:
    runs = [stage for stage in pipeline.stages(inputs) if stage.module == "encoders.train"]
    drawn = [(stage.name.partition("-")[0], option(stage, "--seed")) for stage in runs]
    assert len(set(drawn)) == len(drawn)


def test_the_plan_shows_every_command_and_what_cannot_be_made_again(inputs: Inputs) -> None:
    shown = "\n".join(pipeline.plan(inputs))
    for stage in pipeline.stages(inputs):
        assert f"python -m detector.training.{stage.module} " in shown
        assert stage.name in shown
    assert "not the same files" in shown


def test_every_stage_is_a_module_that_takes_its_options(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")

    class ParsedError(Exception): ...

    parse = ArgumentParser.parse_args

    def only_parse(parser: ArgumentParser) -> None:
        parse(parser)  # ends the program where an option is not known, or one is missing
        raise ParsedError

    monkeypatch.setattr(ArgumentParser, "parse_args", only_parse)
    for stage in pipeline.stages(inputs):
        monkeypatch.setattr(sys, "argv", [stage.module, *stage.options])
        with pytest.raises(ParsedError):
            import_module(f"detector.training.{stage.module}").main()
