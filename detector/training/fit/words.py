"""Fits what turns an encoder's answers into evidence on each word, and decides which documents are read twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from detector.signals.wording.cascade import Cascade
from detector.signals.wording.encoder import Encoder
from detector.signals.wording.evidence import ALL_INPUTS, Evidence, append_light_logit, concatenate
from detector.signals.wording.likelihood import suspicion
from detector.signals.wording.posterior import FindingModel, RateModel
from detector.signals.wording.scoring import Dictionaries, WordScorer
from detector.signals.wording.swap_table import SwapTable
from detector.signals.wording.word_model import WordModel
from detector.training.code_version import code_version, file_version
from detector.training.data.records import Record
from detector.training.fit.measure import WordRow, document_of, words

ENCODERS = ("light", "deep")
SWAPS = "swaps.npz"
PHRASES = "phrases.npz"  # not read with when fitting: its spins put these phrases in, and would call them certain
PARAPHRASES = "paraphrases.npz"  # for findings alone
NO_FINDINGS = FindingModel(RateModel(0.05, 0.0), 1.0, 1.0)
MONOTONE = ("logit", "margin", "logit_x_margin", "light_logit")
BROKEN_REGISTERS = ("OCR",)  # half of their words are broken: no measure of honest prose


@dataclass(frozen=True)
class RecordEvidence:
    """What the wording signal will say of the words of one record, whichever encoder answers."""

    evidence: Evidence
    prior: float
    replaced: NDArray[np.bool_]


def files(name: str) -> dict[str, str]:
    return {"body": f"{name}.onnx", "vectors": f"{name}-vectors.npz", "tokenizer": "tokenizer.json"}


def read_words(name: str, records: Sequence[Record], folder: Path, cache: Path) -> list[WordRow]:
    """Return what one encoder says of the words of each record."""
    paths = [folder / file for file in files(name).values()]
    dictionaries = Dictionaries(SwapTable.load(folder / SWAPS))
    scorer = WordScorer(Encoder(*paths, threads=2), WordModel(0, {"logit": 1.0}, 0.5), NO_FINDINGS, dictionaries)
    models = file_version([*paths, folder / SWAPS])
    code = code_version("detector.signals.wording", alone=("detector.training.fit.measure",))
    return words(records, scorer, cache / f"words-{name}-{models}-{code}")


def fit_evidence(rows: Sequence[WordRow]) -> tuple[dict[str, Any], list[RecordEvidence]]:
    """Return the manifest's settings for weighing words, and the evidence on each record that they give."""
    model = fit_words(rows)
    return {"word": asdict(model)}, [RecordEvidence(row.evidence(model), model.prior, row.replaced) for row in rows]


def with_light_inputs(light: Sequence[WordRow], deep: Sequence[WordRow]) -> list[WordRow]:
    """Return what the deep encoder says of words, with what the light one said of them before."""
    return [
        replace(two, inputs=append_light_logit(two.inputs, one.inputs)) for one, two in zip(light, deep, strict=True)
    ]


def fit_words(rows: Sequence[WordRow]) -> WordModel:
    inputs = np.concatenate([row.inputs for row in rows])
    replaced = np.concatenate([row.replaced for row in rows])
    names = [name for name, column in zip(ALL_INPUTS, inputs.T, strict=False) if np.ptp(column)]
    while True:
        columns = [ALL_INPUTS.index(name) for name in names]
        found = make_pipeline(StandardScaler(), LogisticRegression(C=1e4, max_iter=500)).fit(
            inputs[:, columns], replaced
        )
        weights = found[-1].coef_[0] / found[0].scale_
        bias = float(found[-1].intercept_[0] - weights @ found[0].mean_)
        # More evidence never counts less: where its weight comes out negative it is left out.
        wrong = [name for name, weight in zip(names, weights, strict=True) if name in MONOTONE and weight < 0]
        if not wrong:
            break
        names.remove(wrong[0])
    prior = round(float(replaced.mean()), 4)
    fitted = {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}
    every = ALL_INPUTS[: inputs.shape[1]]
    return WordModel(round(bias, 4), {name: fitted.get(name, 0.0) for name in every}, prior)


def is_ordinary_honest(records: Sequence[Record]) -> NDArray[np.bool_]:
    return np.array([record.genuine and record.register not in BROKEN_REGISTERS for record in records])


class Shares(NamedTuple):
    """Of honest documents, what the deep encoder reads of them after the light one."""

    look: float = 0.5  # it looks into them
    read: float = 0.03  # it reads them at once
    again: float = 0.25  # it glances at them once more
    rest: float = 0.09  # it reads them after that


SHARES = Shares()
SAMPLE_SHARE = 0.05  # of a document's passages, what a sample has


def fit_cascade(
    records: Sequence[Record], light: Sequence[RecordEvidence], deep: Sequence[RecordEvidence], shares: Shares = SHARES
) -> Cascade:
    """Return the limits from which the deep encoder reads on, chosen so that it reads these shares of honest documents."""
    there = is_ordinary_honest(records)
    suspicions = np.array([suspicion(r.evidence) if len(r.evidence) else -np.inf for r in light])[there]
    limits = Cascade(_above(suspicions, shares.look), math.inf, SAMPLE_SHARE, -math.inf, -math.inf)
    seen = [trace_cascade(*row, limits).suspicions for row in zip(records, light, deep, strict=True)]
    once = np.array([s[0] if s else -np.inf for s in seen])[there]
    twice = np.array([s[:2][-1] if s else -np.inf for s in seen])[there]
    limits = replace(
        limits, whole_above=_above(suspicions, shares.read), second_sample_above=_above(once, shares.again)
    )
    return replace(limits, rest_above=_above(np.where(once > limits.second_sample_above, twice, -np.inf), shares.rest))


def _above(values: NDArray[np.float64], share: float) -> float:
    if share in (0, 1):
        return -math.inf if share else math.inf
    return round(float(np.quantile(values, 1 - share, method="lower")), 4)  # between infinite ones there is nothing


@dataclass(frozen=True)
class CascadeTrace:
    """How the deep encoder goes through one document.

    `words` are those it has read after each step, `suspicions` those after each sample, of words as they are read within a
    whole window; `settled` tells if it has read all in the end.
    """

    words: list[int]
    suspicions: list[float]
    settled: bool


def trace_cascade(record: Record, light: RecordEvidence, deep: RecordEvidence, limits: Cascade) -> CascadeTrace:
    """Return how the deep encoder goes through one document with these limits."""
    document = document_of(record)
    words: list[int] = []
    suspicions: list[float] = []
    samples: list[Evidence] = []
    if not len(light.evidence):
        return CascadeTrace(words, suspicions, settled=False)
    steps = limits.steps(document, light.evidence, document.windows)
    step = next(steps, None)
    while step:
        sample = concatenate([deep.evidence.between(*span) for span in step.spans])
        words.append(len(sample) + sum(words[-1:]))
        if step.whole:
            return CascadeTrace(words, suspicions, settled=True)
        samples.append(sample)
        suspicions.append(suspicion(concatenate(samples)))
        try:
            step = steps.send(sample)
        except StopIteration:
            break
    return CascadeTrace(words, suspicions, settled=False)


@dataclass(frozen=True)
class CascadeResult:
    """Readings as `auto` makes them, and how many words of each document the deep encoder read for it."""

    readings: list[RecordEvidence]
    words: NDArray[np.int64]


def run_cascade(
    records: Sequence[Record], light: Sequence[RecordEvidence], deep: Sequence[RecordEvidence], limits: Cascade
) -> CascadeResult:
    """Return the evidence that `auto` gives on each record with these limits."""
    courses = [trace_cascade(*row, limits) for row in zip(records, light, deep, strict=True)]
    readings = [two if way.settled else one for one, two, way in zip(light, deep, courses, strict=True)]
    return CascadeResult(readings, np.array([way.words[-1] if way.words else 0 for way in courses]))
