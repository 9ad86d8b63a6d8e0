"""Runs the signals over records once and keeps what they said, so that the verdict can be fitted again in seconds.

What is kept is kept by what was read: records that are new or read otherwise are measured, whatever else there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.signals import Signal
from detector.signals.grammar import open_grammar
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import select_windows
from detector.signals.wording.evidence import WORD_INPUTS, Evidence, concatenate
from detector.signals.wording.scoring import ScoredWindow, WordScorer
from detector.signals.wording.word_model import WordModel
from detector.text.document import Document
from detector.training.data.records import Record

_CHUNK = 16
_PART = 256  # records whose words are kept in one file

SIGNALS: dict[str, Callable[[], Signal]] = {
    "grammar": lambda: open_grammar("embedded"),  # the rules and their ids are the same in both engines
    "typography": TypographySignal,
    "names": NamesSignal,
    "readability": ReadabilitySignal,
}

Rows = list[dict[str, float]]


def document_of(record: Record) -> Document:
    return Document.from_text(record.text, id=record.id, source=record.source)


@cache
def key_of(record: Record) -> str:
    """Return a hash of what the signals read, and of where it was spun."""
    read = f"{record.text}\0{document_of(record).prose.text}\0{record.edits}"
    return hashlib.sha256(read.encode()).hexdigest()[:20]


def signal_features(records: Sequence[Record], name: str, cache: Path) -> Rows:
    """Return one signal's features for each record, empty where it did not run. Go on where an earlier run stopped.

    The name of `cache` must tell the code of the signal: what it holds is taken as it is.
    """
    cache.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, dict[str, float]] = dict(map(json.loads, cache.open())) if cache.exists() else {}
    keys = [key_of(record) for record in records]
    missing = [(key, record) for key, record in zip(keys, records, strict=True) if key not in known]
    if missing:
        signal = SIGNALS[name]()
        with cache.open("a") as out:
            for at in range(0, len(missing), _CHUNK):
                some = missing[at : at + _CHUNK]
                measured = signal.measure([document_of(record) for _, record in some])
                for (key, _), measurement in zip(some, measured, strict=True):
                    known[key] = dict(measurement.features)
                    out.write(json.dumps([key, known[key]]) + "\n")
                out.flush()
        signal.close()
    return [known[key] for key in keys]


@dataclass(frozen=True)
class WordRow:
    """What the encoder says of the words of one record, and which of them were replaced."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    inputs: NDArray[np.float32]
    replaced: NDArray[np.bool_]

    def evidence(self, model: WordModel) -> Evidence:
        return Evidence(self.starts, self.ends, self.inputs, model.log_odds(self.inputs))


def words(records: Sequence[Record], scorer: WordScorer, cache: Path) -> list[WordRow]:
    """Return the evidence on every word of each record, in prose offsets.

    `cache` is a folder, whose name must tell code and models.
    """
    cache.mkdir(parents=True, exist_ok=True)
    known = {key: row for part in sorted(cache.glob("*.npz")) for key, row in _part(part).items()}
    keys = [key_of(record) for record in records]
    missing = [(key, record) for key, record in zip(keys, records, strict=True) if key not in known]
    if missing:
        for first in range(0, len(missing), _PART):
            part = missing[first : first + _PART]
            rows: dict[str, WordRow] = {}
            for at in range(0, len(part), _CHUNK):
                some = part[at : at + _CHUNK]
                documents = [document_of(record) for _, record in some]
                scored = scorer.score_windows(documents, [select_windows(document.windows) for document in documents])
                for (key, record), document, windows in zip(some, documents, scored, strict=True):
                    rows[key] = _word_row(record, document, windows)
            write_part(cache, rows)
            known |= rows
    return [known[key] for key in keys]


def write_part(cache: Path, rows: Mapping[str, WordRow]) -> None:
    """Keep rows in a file named by what it holds."""
    path = cache / f"{hashlib.sha256(' '.join(rows).encode()).hexdigest()[:12]}.npz"
    arrays: dict[str, Any] = {
        n: np.concatenate([getattr(row, n) for row in rows.values()]) for n in WordRow.__dataclass_fields__
    }
    partial = path.with_suffix(".tmp")
    with partial.open("wb") as out:
        np.savez(out, keys=list(rows), lengths=[len(row.starts) for row in rows.values()], **arrays)
    partial.replace(path)


def _part(path: Path) -> dict[str, WordRow]:
    with np.load(path, allow_pickle=False) as stored:
        ends = np.cumsum(stored["lengths"])[:-1]
        columns = [np.split(stored[name], ends) for name in WordRow.__dataclass_fields__]
        return {str(key): WordRow(*row) for key, *row in zip(stored["keys"], *columns, strict=True)}


def _word_row(record: Record, document: Document, windows: Sequence[ScoredWindow]) -> WordRow:
    if not windows:
        nothing = np.zeros(0, dtype=np.int64)
        return WordRow(nothing, nothing, np.zeros((0, len(WORD_INPUTS)), dtype=np.float32), nothing > 0)
    evidence = concatenate([window.evidence for window in windows])
    spans = [document.locate(int(s), int(e)) for s, e in zip(evidence.starts, evidence.ends, strict=True)]
    edits = iter(record.edits)
    edit = next(edits, None)
    replaced = np.zeros(len(spans), dtype=bool)
    for at, span in enumerate(spans):
        while edit and edit[1] <= span.start:
            edit = next(edits, None)
        replaced[at] = edit is not None and edit[0] <= span.start
    return WordRow(evidence.starts, evidence.ends, evidence.inputs, replaced)
