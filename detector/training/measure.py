"""Runs the signals over records once and keeps what they said, so that the verdict can be fitted again in seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.document import Document
from detector.models import Manifest
from detector.signals import Measurement, Signal
from detector.signals.grammar import open_grammar
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.evidence import WORD_INPUTS, Evidence, WordModel
from detector.sources import plain_document
from detector.training.records import Record

_CHUNK = 16

SIGNALS: dict[str, Callable[[], Signal]] = {
    "grammar": lambda: open_grammar("embedded"),  # the rules and their ids are the same in both engines
    "typography": TypographySignal,
    "names": NamesSignal,
    "readability": ReadabilitySignal,
}

Rows = list[dict[str, float]]


def document_of(record: Record) -> Document:
    return plain_document(record.text, record.id, record.source)


def signal_features(records: Sequence[Record], name: str, cache: Path) -> Rows:
    """Features of one signal for each record; empty where it did not run. Goes on where an earlier run stopped."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    rows: Rows = [json.loads(line) for line in cache.open()] if cache.exists() else []
    if len(rows) < len(records):
        signal = SIGNALS[name]()
        with cache.open("a") as out:
            for at in range(len(rows), len(records), _CHUNK):
                measured = signal.measure([document_of(record) for record in records[at : at + _CHUNK]])
                for measurement in measured:
                    rows.append(dict(measurement.features))
                    out.write(json.dumps(rows[-1]) + "\n")
                out.flush()
        signal.close()
    return rows[: len(records)]


@dataclass(frozen=True)
class WordRow:
    """What the encoder says of the words of one record, and which of them were replaced."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    inputs: NDArray[np.float32]
    replaced: NDArray[np.bool_]

    def evidence(self, model: WordModel) -> Evidence:
        return Evidence(self.starts, self.ends, self.inputs, model.log_odds(self.inputs))


def words(records: Sequence[Record], manifest: Manifest, cache: Path, threads: int = 1) -> list[WordRow]:
    """Evidence on every word of each record, in prose offsets."""
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        signal = WordingSignal(manifest, threads=threads, depth="light")
        rows: list[WordRow] = []
        for at in range(0, len(records), _CHUNK):
            some = records[at : at + _CHUNK]
            documents = [document_of(record) for record in some]
            measured = signal.measure(documents)
            rows += [_word_row(*row) for row in zip(some, documents, measured, strict=True)]
        arrays: dict[str, Any] = {
            n: np.concatenate([getattr(r, n) for r in rows]) for n in WordRow.__dataclass_fields__
        }
        np.savez(cache, lengths=np.array([len(row.starts) for row in rows]), **arrays)
    with np.load(cache, allow_pickle=False) as stored:
        ends = np.cumsum(stored["lengths"])
        columns = [np.split(stored[name], ends[:-1]) for name in WordRow.__dataclass_fields__]
    return [WordRow(*row) for row in zip(*columns, strict=True)]


def _word_row(record: Record, document: Document, measurement: Measurement) -> WordRow:
    evidence = measurement.evidence if isinstance(measurement, WordingMeasurement) else None
    if evidence is None:
        nothing = np.zeros(0, dtype=np.int64)
        return WordRow(nothing, nothing, np.zeros((0, len(WORD_INPUTS)), dtype=np.float32), nothing > 0)
    spans = [document.locate(int(s), int(e)) for s, e in zip(evidence.starts, evidence.ends, strict=True)]
    edits = iter(record.edits)
    edit = next(edits, None)
    replaced = np.zeros(len(spans), dtype=bool)
    for at, span in enumerate(spans):
        while edit and edit[1] <= span.start:
            edit = next(edits, None)
        replaced[at] = edit is not None and edit[0] <= span.start
    return WordRow(evidence.starts, evidence.ends, evidence.inputs, replaced)
