"""Make everything in `models/` from the data folder, in stages that can be resumed.

A stage is a module of this package with its options, run as a process of its own. `WORK/stages.json` remembers which stages
ended well and with what options. A stage that is listed there is run again only if its options changed or a stage before it
was run. `detector train --plan` prints the stages, and what they cannot make again.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.errors import ConfigError, DetectorError

DEEP_LAYERS, DEEP_FROZEN = 12, 4
MINILM = "minilm"
LAST, STABLE, AVERAGE = "last.pt", "stable.pt", "average.pt"  # checkpoints in the folder of a run


@dataclass(frozen=True)
class Run:
    """One training run of an encoder. It starts with the weights that the run before it left.

    `share` is the weight of this run's parameters in their average with those it started with; 1 leaves them as they are.
    With `taught` it learns from the deep encoder's probabilities, too; with `expects` it has a third head. After `groups`
    groups of windows the first ones are drawn again.
    """

    tokens: float
    rate: float
    share: float = 1.0
    taught: bool = False
    expects: bool = False
    batch: int = 2304
    groups: int | None = None


#: The runs that led to the shipped encoders; runs that were tried and not shipped are left out (models/experiments).
DEEP_RUNS = (
    Run(1.56e6, 6e-5),
    Run(1.31e6, 6e-5),
    Run(1.75e6, 6e-5, share=0.5, batch=4608),
    Run(1.09e6, 6e-5, share=0.35, batch=4608),
    Run(1.06e6, 6e-5, share=0.5, expects=True),
    Run(0.86e6, 6e-5, share=0.5, expects=True),
    Run(2.83e6, 7e-5, share=0.7, expects=True),
)
LIGHT_RUNS = (
    Run(2.6e6, 2.5e-4),
    Run(0.71e6, 2.5e-4, taught=True),
    Run(1.69e6, 2.5e-4),
    Run(0.77e6, 2.5e-4, taught=True),
    Run(1.51e6, 2.5e-4, share=0.65, taught=True),
    Run(2.0e6, 2.5e-4, share=0.5, taught=True),
    Run(3.71e6, 2.5e-4, share=0.65, taught=True, groups=77),
    Run(2.4e6, 2.5e-4, share=0.5, taught=True, groups=33),
)
CANNOT = """\
These stages make models of the same kind as the shipped ones, not the same files:
- The shipped encoders went through these runs while dictionaries, sources and the shares of the spinners grew, and each run
  had those of its time (models/experiments). Here every run has today's. Learning rates were noted for some runs only.
- Their windows were cut from raw text. Now they are cut from prose, as texts are when they are scored.
- Each light run had the deep encoder of its time as its teacher. Here all have the last one.
What has no randomness (swaps, phrases, paraphrases) and what is fitted on the encoders (fit, findings, scan-fit, trace) can
be made again from the shipped files: name the stage with --stage.
"""


@dataclass(frozen=True)
class Inputs:
    """What training starts from; the model card says where each comes from.

    `version` is the model's own. `light_start` is `minilm` or a folder with a BERT. `packages` holds
    more honest texts for the verdict; without it, it is fitted on those of `data` alone. `run_tokens` takes the place of the
    tokens of every run, to try whether all of it works.
    """

    data: Path
    moby: Path
    bert: Path
    tokenizer: Path
    work: Path
    out: Path
    version: str
    threads: int = 2
    run_tokens: float | None = None
    packages: Path | None = None
    light_start: str = MINILM
    deep_runs: tuple[Run, ...] = DEEP_RUNS
    light_runs: tuple[Run, ...] = LIGHT_RUNS


@dataclass(frozen=True)
class Stage:
    """A module of `detector.training` with its options, and a few words on what it makes.

    `folder` is where a training run keeps the checkpoints that it goes on from after an interruption.
    """

    name: str
    module: str
    options: tuple[str, ...]
    what: str
    folder: Path | None = None

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", f"detector.training.{self.module}", *self.options]


def stages(inputs: Inputs) -> list[Stage]:
    """Return the stages in the order in which they are run."""
    data = ("--data", str(inputs.data), "--moby", str(inputs.moby))
    packages = ("--packages", str(inputs.packages)) if inputs.packages else ()
    tables = ("--tables", str(inputs.work / "tables"))
    tokenizer = ("--tokenizer", str(inputs.tokenizer))

    def out(name: str) -> tuple[str, ...]:
        return "--out", str(inputs.out / name)

    bert = ("--start", str(inputs.bert), "--layers", str(DEEP_LAYERS))
    return [
        Stage("swaps", "data.swaps", (*data, *tokenizer, *tables, *out("swaps.npz")), "dictionaries read backwards"),
        Stage("paraphrases", "data.paraphrases", (*data, *tables, *out("paraphrases.npz")), "phrases that are put in"),
        Stage("phrases", "data.known_phrases", (*data[:2], *out("phrases.npz")), "known phrases"),
        *encoder_stages(inputs, "deep", inputs.deep_runs, (*bert, "--freeze", str(DEEP_FROZEN))),
        export_stage(inputs, "deep", inputs.deep_runs, bert),
        *encoder_stages(inputs, "light", inputs.light_runs, ("--start", inputs.light_start)),
        export_stage(inputs, "light", inputs.light_runs, ("--start", inputs.light_start)),
        Stage(
            "fit",
            "fit.verdict",
            (*data, *packages, "--work", str(inputs.work), "--version", inputs.version, "--out", str(inputs.out)),
            "word evidence, verdict, thresholds, manifest",
        ),
        Stage(
            "findings",
            "fit.findings",
            (*data, *packages, "--work", str(inputs.work), "--out", str(inputs.out)),
            "how probable a swap is in its document",
        ),
        *scan_stages(inputs, (*data, *tables), tokenizer),
        Stage("trace", "fit.trace", (*data, *tables, "--models", str(inputs.out)), "what a pair of documents is"),
    ]


def scan_stages(inputs: Inputs, data: tuple[str, ...], tokenizer: tuple[str, ...]) -> Iterator[Stage]:
    """Yield what makes the scan: its corpus, a training run, and the cut-offs, which the fitted verdict decides."""
    corpus, folder = inputs.work / "scan-corpus", inputs.work / "scan"
    models, threads = ("--models", str(inputs.out)), ("--threads", str(inputs.threads))
    made = (*data, "--bert", str(inputs.bert), *tokenizer, "--out", str(corpus))
    yield Stage("scan-corpus", "scan.corpus", made, "texts with each word marked as spun or not")
    options = ("--corpus", str(corpus), *models, "--work", str(folder), *threads, *(("--bf16",) if has_bf16() else ()))
    yield Stage("scan-train", "scan.train", options, "the network of the first stage", folder)
    fitted = (*data, "--corpus", str(corpus), "--checkpoint", str(folder / LAST), *models)
    yield Stage("scan-fit", "scan.fit", fitted, "its classifier of documents and cut-offs")


def encoder_stages(inputs: Inputs, name: str, runs: Sequence[Run], start: tuple[str, ...]) -> Iterator[Stage]:
    """Yield the runs of one encoder, each followed by its average with the weights that it started with."""
    always = ("--data", str(inputs.data), "--moby", str(inputs.moby), "--tokenizer", str(inputs.tokenizer))
    always += ("--bert", str(inputs.bert), "--threads", str(inputs.threads), *(("--bf16",) if has_bf16() else ()))
    before: Path | None = None
    for number, run in enumerate(runs, 1):
        folder = inputs.work / f"{name}-{number}"
        options = [*always, *start, "--work", str(folder), "--seed", str(number), "--lr", f"{run.rate:g}"]
        options += ["--tokens", f"{inputs.run_tokens or run.tokens:.0f}", "--batch", str(run.batch)]
        options += ["--weights", str(before)] if before else []
        options += ["--teacher", str(inputs.out)] if run.taught else []
        options += ["--expect"] if run.expects else []
        options += ["--groups", str(run.groups)] if run.groups else []
        kind = "taught by the deep encoder" if run.taught else "on the spinners' labels"
        yield Stage(
            f"{name}-{number}", "encoders.train", tuple(options), f"run {number} of {len(runs)}, {kind}", folder
        )
        after = checkpoint(inputs, name, number, run)
        if before and run.share < 1:
            pair = (str(before), str(folder / LAST), "--share", f"{run.share:g}", "--out", str(after))
            yield Stage(f"{name}-{number}-average", "encoders.average", pair, "averaged with where it started")
        before = after


def checkpoint(inputs: Inputs, name: str, number: int, run: Run) -> Path:
    """Return where the weights are that a run leaves to the next one."""
    return inputs.work / f"{name}-{number}" / (AVERAGE if number > 1 and run.share < 1 else LAST)


def export_stage(inputs: Inputs, name: str, runs: Sequence[Run], start: tuple[str, ...]) -> Stage:
    last = checkpoint(inputs, name, len(runs), runs[-1])
    files = ("--data", str(inputs.data), "--tokenizer", str(inputs.tokenizer), "--out", str(inputs.out))
    return Stage(f"export-{name}", "encoders.export", (str(last), *start, "--name", name, *files), "int8 ONNX")


def plan(inputs: Inputs) -> Iterator[str]:
    """Yield the stages as lines of text, with the command of each, and what they cannot make again."""
    for stage in stages(inputs):
        yield f"{stage.name}: {stage.what}"
        yield f"    {shlex.join(['python', *stage.command[1:]])}"
    yield from ("", *CANNOT.splitlines())


def has_bf16() -> bool:
    """Return whether the processor multiplies bf16 itself; emulated it would take days."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False


def run(inputs: Inputs, only: Sequence[str] = ()) -> Iterator[str]:
    """Run the stages that have not been run, or those in `only`; yield a line before each.

    Raise ConfigError for a stage there is not, DetectorError where a stage fails; what is done is kept.
    """
    wanted = stages(inputs)
    unknown = set(only) - {stage.name for stage in wanted}
    if unknown:
        raise ConfigError(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in wanted)}")
    inputs.work.mkdir(parents=True, exist_ok=True)
    inputs.out.mkdir(parents=True, exist_ok=True)
    record = inputs.work / "stages.json"
    done: dict[str, list[str]] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    for number, stage in enumerate(wanted):
        if only and stage.name not in only:
            continue
        if not only and done.get(stage.name) == list(stage.options):
            yield f"{stage.name}: done before"
            continue
        yield f"{stage.name}: {stage.what}"
        for outdated in [stage] if only else wanted[number:]:  # what follows was made from what this stage makes anew
            if done.pop(outdated.name, None) is not None:
                _set_aside(outdated)
        _write(record, done)
        code = subprocess.run(stage.command, check=False).returncode
        if code:
            raise DetectorError(f"{stage.name}: ended with {code}; what is done is kept, run the same command to go on")
        done[stage.name] = list(stage.options)
        _write(record, done)


def _set_aside(stage: Stage) -> None:
    """Rename the checkpoints of a run that had ended, so that it begins anew."""
    for path in (stage.folder / name for name in (LAST, STABLE)) if stage.folder else ():
        if path.exists():
            path.replace(path.with_name(f"before-{path.name}"))


def _write(path: Path, content: object) -> None:
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
