"""`detector evaluate` and `detector train`: for those who work on the models. Needs the `train` extra."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.errors import ConfigError
from detector.options import GrammarEngine, WordingDepth
from detector.training.data.rehearsal import FEWEST, TOKENS, excerpt
from detector.training.release import Inputs, plan, run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from detector.training.spinners import Spinner


class Depth(StrEnum):
    """Values of `WordingDepth`, for an option that may be repeated: typer takes no list of literals."""

    LIGHT = "light"
    AUTO = "auto"
    DEEP = "deep"


evaluate = typer.Typer(no_args_is_help=True, help="Measure the shipped models on the evaluation data.")

DataOption = Annotated[Path, typer.Option(metavar="DIR", help="The folder of training and evaluation data.")]
MobyOption = Annotated[Path | None, typer.Option(metavar="FILE", help="words.txt of npm's moby, to spin with.")]
TablesOption = Annotated[Path, typer.Option(metavar="DIR", help="Where the spinners' tables are kept.")]
WithoutOption = Annotated[
    list[str] | None, typer.Option(metavar="FAMILY", help="A family of spinners that can't run here; may be repeated.")
]
CountOption = Annotated[int, typer.Option(min=1, metavar="N", help="Honest documents of each source.")]
JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the numbers here, too.")]


@evaluate.command()
def wording(
    *,
    data: DataOption,
    moby: MobyOption = None,
    tables: TablesOption = Path("work/tables"),
    without: WithoutOption = None,
    depth: Annotated[list[Depth] | None, typer.Option("--wording", help="Which encoders; may be repeated.")] = None,
    bert: Annotated[Path | None, typer.Option(metavar="DIR", help="BERT-base, to spin with as well.")] = None,
    count: CountOption = 30,
    output: JsonOption = None,
) -> None:
    """Measure the wording signal alone: documents, words and originals found, by data set and simulated spinner."""
    _need(data)
    from detector.training.evaluate import wording as of_wording

    records = list(of_wording.with_swaps(data, count, _spinners(data, moby, tables, without), _masked(bert)))
    results = []
    for one in depth or [Depth.AUTO]:
        results.append(of_wording.evaluate(records, one.value))
        of_wording.print_result(results[-1])
    if output:
        _write(output, results)


@evaluate.command()
def verdict(
    *,
    data: DataOption,
    moby: MobyOption = None,
    tables: TablesOption = Path("work/tables"),
    without: WithoutOption = None,
    depth: Annotated[WordingDepth, typer.Option("--wording", help="Which encoder.")] = "auto",
    grammar: Annotated[GrammarEngine, typer.Option(help="The grammar engine.")] = "embedded",
    count: CountOption = 60,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Worker processes.")] = 1,
    output: JsonOption = None,
) -> None:
    """Measure the verdict: false positives by register, recall by spinner, rate and length."""
    _need(data)
    from detector.options import Options
    from detector.training.evaluate import verdict as of_verdict

    options = Options(grammar=grammar, wording=depth, jobs=jobs)
    result = of_verdict.evaluate(data, options, count, _spinners(data, moby, tables, without))
    of_verdict.print_result(result)
    if output:
        _write(output, result)


@evaluate.command()
def repairs(
    *,
    data: DataOption,
    moby: MobyOption = None,
    tables: TablesOption = Path("work/tables"),
    without: WithoutOption = None,
    depth: Annotated[WordingDepth, typer.Option("--wording", help="Which encoder.")] = "auto",
    fitted: Annotated[
        bool, typer.Option("--fitted", help="Measure on what the verdict was fitted on, to choose a threshold there.")
    ] = False,
    count: CountOption = 30,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Worker processes.")] = 1,
    output: JsonOption = None,
) -> None:
    """Measure what `detector repair` puts back, by --min-probability: how much of it stood there before."""
    _need(data)
    from detector.options import Options
    from detector.training.evaluate import repairs as of_repairs

    spinners = _spinners(data, moby, tables, without)
    if fitted and not spinners:
        raise ConfigError("--fitted needs --moby as well: what the verdict was fitted on is spun first")
    documents = of_repairs.fitted_documents if fitted else of_repairs.evaluation_documents
    options = Options(grammar="embedded", wording=depth, jobs=jobs)
    result = of_repairs.evaluate(documents(data, spinners, count), options)
    of_repairs.print_result(result)
    if output:
        _write(output, result)


def train(
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of training and evaluation data.")
    ] = None,
    moby: Annotated[Path | None, typer.Option(metavar="FILE", help="words.txt of npm's moby.")] = None,
    bert: Annotated[Path | None, typer.Option(metavar="DIR", help="BERT-base uncased with its masked-LM head.")] = None,
    tokenizer: Annotated[Path | None, typer.Option(metavar="FILE", help="Its tokenizer.json.")] = None,
    work: Annotated[Path | None, typer.Option(metavar="DIR", help="Checkpoints, tables and measurements.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default="models", help="Where the model files go.")
    ] = None,
    model_version: Annotated[
        str | None, typer.Option(metavar="N", help="Of the model: one more than that of the model it replaces.")
    ] = None,
    packages: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Unpacked packages, whose texts the verdict is fitted on, too."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    stage: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this stage; may be repeated.")] = None,
    show_plan: Annotated[
        bool, typer.Option("--plan", help="Print the stages, and what they can't make again; run nothing.")
    ] = False,
    rehearse: Annotated[
        int | None,
        typer.Option(
            min=FEWEST,
            metavar="N",
            help="Does all of it run? With N documents of each source, few tokens, and models under the work folder.",
        ),
    ] = None,
) -> None:
    """Make everything in `models/` from the data folder, in stages; the same command goes on where it stopped."""
    given = {"data": data, "moby": moby, "bert": bert, "tokenizer": tokenizer, "work": work}
    if show_plan:
        places = [path or Path(name.upper()) for name, path in given.items()]
        models, version = out or Path("models"), model_version or "VERSION"
        needed = places[0], places[1], places[2], places[3], places[4]
        for line in plan(Inputs(*needed, models, version, threads, packages=packages)):
            typer.echo(line)
        return
    if not (data and moby and bert and tokenizer and work and model_version):
        given["model-version"] = Path(model_version) if model_version else None
        missing = ", ".join(f"--{name}" for name, path in given.items() if path is None)
        raise ConfigError(f"training needs {missing} as well; --plan shows what each stage reads")
    _need(data)
    if rehearse:
        work /= f"rehearsal-{rehearse}"
        data = excerpt(data, work / "data", rehearse)
    models = out or (work / "models" if rehearse else Path("models"))
    tokens = TOKENS if rehearse else None
    inputs = Inputs(data, moby, bert, tokenizer, work, models, model_version, threads, tokens, packages)
    for line in run(inputs, stage or ()):
        typer.echo(line)


def _need(data: Path) -> None:
    if not (data / "clean").is_dir():
        raise ConfigError(f"{data}: no folder of training and evaluation data; name it with --data")


def _spinners(data: Path, moby: Path | None, tables: Path, without: Collection[str] | None) -> Mapping[str, Spinner]:
    """Return all simulated spinners but those named, or none where Moby's place was not given."""
    if moby is None:
        return {}
    from detector.training.data.lexicon import Resources
    from detector.training.spinners.mixture import load_spinners

    return load_spinners(Resources(data, moby), tables, without=without or ())


def _masked(bert: Path | None) -> Mapping[str, Spinner]:
    if bert is None:
        return {}
    from detector.training.spinners.families import Places, make_chain

    (masked,) = make_chain(["masked"], Places(bert=bert)).swapping
    return {"masked": masked}


def _write(path: Path, content: object) -> None:
    partial = path.with_suffix(path.suffix + ".tmp")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
