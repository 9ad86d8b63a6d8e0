"""Everything from the data folder to `models/`, in stages that can be resumed.

A stage is a module of this package with its options, run as a process of its own. `WORK/stages.json` remembers which ended
well and with what options; what is listed there is not run again unless its options changed or a stage before it was run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.errors import ConfigError, DetectorError

DEEP_TOKENS, LIGHT_TOKENS = 4_000_000, 6_000_000
DEEP_LAYERS, DEEP_FROZEN = 12, 4


@dataclass(frozen=True)
class Inputs:
    """What training starts from; see the model card for where each comes from."""

    data: Path
    moby: Path
    bert: Path
    tokenizer: Path
    work: Path
    out: Path
    deep_tokens: float = DEEP_TOKENS
    light_tokens: float = LIGHT_TOKENS
    threads: int = 2


@dataclass(frozen=True)
class Stage:
    name: str
    module: str
    options: tuple[str, ...]
    what: str


def stages(inputs: Inputs) -> list[Stage]:
    data = ("--data", str(inputs.data), "--moby", str(inputs.moby))
    tokenizer = ("--tokenizer", str(inputs.tokenizer))
    calibrated = ("--data", str(inputs.data), *tokenizer)
    bert = ("--start", str(inputs.bert), "--layers", str(DEEP_LAYERS))
    deep, light = inputs.work / "deep", inputs.work / "light"
    masked = ("--bert", str(inputs.bert))
    bf16 = ("--bf16",) if has_bf16() else ()
    train = (*data, *tokenizer, *masked, "--threads", str(inputs.threads), *bf16)
    out = ("--out", str(inputs.out))
    tables = ("--tables", str(inputs.work / "tables"))
    deep_run = ("--work", str(deep), *bert, "--expect", "--freeze", str(DEEP_FROZEN))
    light_run = ("--work", str(light), "--tokens", str(inputs.light_tokens), "--teacher", str(inputs.out))
    return [
        Stage(
            "swaps", "data.swaps", (*data, *tokenizer, *tables, "--out", str(inputs.out / "swaps.npz")), "dictionaries"
        ),
        Stage(
            "paraphrases",
            "data.paraphrases",
            (*data, *tables, "--out", str(inputs.out / "paraphrases.npz")),
            "phrases that are put in",
        ),
        Stage("phrases", "data.known_phrases", (*data[:2], "--out", str(inputs.out / "phrases.npz")), "known phrases"),
        Stage(
            "deep",
            "encoders.train",
            (*train, *deep_run, "--tokens", str(inputs.deep_tokens), "--lr", "6e-5"),
            "the deep encoder, hours",
        ),
        Stage(
            "export-deep",
            "encoders.export",
            (str(deep / "last.pt"), *bert, *calibrated, "--name", "deep", *out),
            "int8 ONNX",
        ),
        Stage(
            "light",
            "encoders.train",
            (*train, *light_run, "--lr", "2.5e-4"),
            "the light encoder, taught by the deep one",
        ),
        Stage(
            "export-light",
            "encoders.export",
            (str(light / "last.pt"), *calibrated, "--name", "light", *out),
            "int8 ONNX",
        ),
        Stage(
            "fit",
            "fit.verdict",
            (*data, "--work", str(inputs.work), *out),
            "word evidence, verdict, thresholds, manifest",
        ),
    ]


def has_bf16() -> bool:
    """Whether the processor multiplies bf16 itself; emulated it would take days."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False


def run(inputs: Inputs, only: Sequence[str] = ()) -> Iterator[str]:
    """Run what has not been run; yields a line before and after each stage."""
    wanted = stages(inputs)
    unknown = set(only) - {stage.name for stage in wanted}
    if unknown:
        raise ConfigError(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in wanted)}")
    inputs.work.mkdir(parents=True, exist_ok=True)
    inputs.out.mkdir(parents=True, exist_ok=True)
    record = inputs.work / "stages.json"
    done: dict[str, list[str]] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    fresh = False  # a stage before was run: what follows must be, too
    for stage in wanted:
        if only and stage.name not in only:
            continue
        if not (only or fresh) and done.get(stage.name) == list(stage.options):
            yield f"{stage.name}: done before"
            continue
        yield f"{stage.name}: {stage.what}"
        if done.pop(stage.name, None) is not None:
            _write(record, done)
        command = [sys.executable, "-m", f"detector.training.{stage.module}", *stage.options]
        code = subprocess.run(command, check=False).returncode
        if code:
            raise DetectorError(f"{stage.name}: ended with {code}; what is done is kept, run the same command to go on")
        done[stage.name] = list(stage.options)
        _write(record, done)
        fresh = True


def _write(path: Path, content: object) -> None:
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
