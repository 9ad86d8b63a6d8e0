"""Fits what turns an encoder's answers into evidence on each word, and decides which documents are read twice."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detector.models import Manifest
from detector.signals.wording.channel import NO_CANDIDATE
from detector.signals.wording.evidence import Evidence, WordModel, suspicion
from detector.training.measure import WordRow, words
from detector.training.records import Record

ENCODERS = ("light", "deep")
SWAPS = "swaps.npz"
FALSE_FINDINGS = 1.0  # per 1,000 words of honest prose: where findings of swapped words begin
BROKEN_REGISTERS = ("OCR",)  # half of their words are broken: no measure of honest prose


@dataclass(frozen=True)
class Reading:
    """What the wording signal will say of the words of one record, whichever encoder answers."""

    evidence: Evidence
    prior: float
    replaced: NDArray[np.bool_]


def files(name: str) -> dict[str, str]:
    return {"body": f"{name}.onnx", "vectors": f"{name}-vectors.npz", "tokenizer": "tokenizer.json"}


def read_words(name: str, records: Sequence[Record], folder: Path, cache: Path) -> tuple[dict[str, Any], list[Reading]]:
    """The manifest's settings of one encoder, and what it will say of each record."""
    neutral = {**files(name), "word": asdict(WordModel(0, 1, 0, 0, 0, 0.5)), "finding_log_odds": math.inf}
    draft = Manifest(folder, "", "", {}, {"wording": {"encoders": {"light": neutral}, "swaps": SWAPS}})
    version = hashlib.sha256((folder / files(name)["body"]).read_bytes() + (folder / SWAPS).read_bytes()).hexdigest()
    rows = words(records, draft, cache / f"words-{name}-{version[:12]}.npz", threads=2)
    model = fit_words(rows)
    settings = {**files(name), "word": asdict(model), "finding_log_odds": finding_threshold(records, rows, model)}
    return settings, [Reading(row.evidence(model), model.prior, row.replaced) for row in rows]


def fit_words(rows: Sequence[WordRow]) -> WordModel:
    logits, gains = (np.concatenate([getattr(row, name) for row in rows]) for name in ("logits", "gains"))
    replaced = np.concatenate([row.replaced for row in rows])
    inputs = WordModel.inputs(logits, gains)
    found = LogisticRegression(C=1e4, max_iter=500).fit(inputs, replaced)
    logit, gain, both, unknown = (round(float(weight), 4) for weight in found.coef_[0])
    # More evidence never counts less: a negative weight of the gain or of the product is taken as none.
    prior = round(float(replaced.mean()), 4)
    return WordModel(round(float(found.intercept_[0]), 4), logit, max(gain, 0), max(both, 0), unknown, prior)


def ordinary(records: Sequence[Record]) -> NDArray[np.bool_]:
    return np.array([not record.spun and record.register not in BROKEN_REGISTERS for record in records])


def finding_threshold(records: Sequence[Record], rows: Sequence[WordRow], model: WordModel) -> float:
    """The log-odds that so many words of honest prose exceed."""
    honest = [row for row, there in zip(rows, ordinary(records), strict=True) if there]
    odds = np.concatenate([row.evidence(model).log_odds[row.gains > NO_CANDIDATE] for row in honest])
    count = sum(len(row.starts) for row in honest)
    return round(float(np.sort(odds)[-round(count * FALSE_FINDINGS / 1000)]), 3)


def doubt(records: Sequence[Record], light: Sequence[Reading], share: float) -> float:
    """The suspicion above which the light encoder leaves a document to the deep one: so many honest ones have more."""
    return round(float(np.quantile(suspicions(light)[ordinary(records)], 1 - share)), 4)


def mixed(light: Sequence[Reading], deep: Sequence[Reading], limit: float) -> list[Reading]:
    doubtful = suspicions(light) > limit
    return [two if again else one for one, two, again in zip(light, deep, doubtful, strict=True)]


def suspicions(readings: Sequence[Reading]) -> NDArray[np.float64]:
    return np.array([suspicion(r.evidence) if len(r.evidence) else -1e9 for r in readings])
