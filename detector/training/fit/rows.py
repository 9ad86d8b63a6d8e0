"""The rows that the classifier is fitted on: what was measured of each document, with and without some of the signals."""

from __future__ import annotations

import random
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.judge.verdict import vector
from detector.signals import Feature, Scale
from detector.signals.wording.features import features as wording_features
from detector.training.code_version import code_version
from detector.training.data.records import Record, fit_records
from detector.training.fit.arguments import spinners_of
from detector.training.fit.judged_features import FEATURES
from detector.training.fit.measure import SIGNALS, Rows, document_of, signal_features
from detector.training.fit.words import (
    ENCODERS,
    RecordEvidence,
    fit_evidence,
    read_words,
    with_light_inputs,
)

SHORTEST_WINDOW = 25  # words
WINDOW_WEIGHT = 0.15  # beside a document: they are many, and with .5 each the recall of whole documents fell by .02
SPUN_WINDOW = 0.03  # of its words replaced, and a window is an example of spinning
HONEST_WINDOW_SHARE = 0.35  # of the windows of honest documents; all of them would drown the spun ones


@dataclass(frozen=True)
class Table:
    """Rows the classifier is fitted on: features (NaN where absent), label, weight, record they come from."""

    values: NDArray[np.float64]
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]
    records: NDArray[np.int64]
    kinds: NDArray[np.str_]  # which signals the row has: "all", "no grammar", ...

    def select(self, there: NDArray[np.bool_]) -> Table:
        return Table(
            self.values[there], self.labels[there], self.weights[there], self.records[there], self.kinds[there]
        )


@dataclass(frozen=True)
class Measured:
    """The documents to fit on, what the small signals say of them, and how their words are weighed and read: by the light
    encoder alone, and by the deep one after it."""

    records: list[Record]
    named: dict[str, Rows]
    settings: dict[str, dict[str, Any]]  # by encoder
    light: list[RecordEvidence]
    deep: list[RecordEvidence]


def measurements(options: Namespace) -> Measured:
    """Return what is fitted on, by the arguments of a fit (`fit_arguments`)."""
    records = list(fit_records(options.data, spinners_of(options), options.packages))
    cache = options.work / "fit"
    named = {
        name: signal_features(records, name, cache / f"{name}-{code_version(f'detector.signals.{name}')}.jsonl")
        for name in SIGNALS
    }
    light, deep = (read_words(name, records, options.out, cache) for name in ENCODERS)
    of_light, of_deep = fit_evidence(light), fit_evidence(with_light_inputs(light, deep))
    return Measured(records, named, {"light": of_light[0], "deep": of_deep[0]}, of_light[1], of_deep[1])


def table(
    records: Sequence[Record],
    readings: Sequence[RecordEvidence],
    named: Mapping[str, Rows],
    judged: Sequence[Feature] = FEATURES,
) -> Table:
    """Return rows for each document with and without some of the signals, and for its windows as the wording signal
    sees them."""
    names = [feature.name for feature in judged]
    rates = np.array([feature.scale is Scale.LOG1P for feature in judged])
    collected: list[tuple[NDArray[np.float64], bool, float, int, str]] = []
    for number, (record, reading) in enumerate(zip(records, readings, strict=True)):
        if not len(reading.evidence):
            continue
        lexical = wording_features(reading.evidence, reading.prior)
        small = {k: v for n in ("typography", "names", "readability") for k, v in named[n][number].items()}
        grammar = named["grammar"][number]
        views = {
            "all": ({**lexical, **small, **grammar}, 1.0),
            "no grammar": ({**lexical, **small}, 1.0),
            "wording": (lexical, 1.0),
            "no wording": ({**small, **grammar}, 0.1),
        }
        for view, (features, weight) in views.items():
            collected.append((vector(features, names, rates), record.spun, weight, number, view))
        for part in windows(record, reading, random.Random(number)):
            collected += [(vector(part, names, rates), record.spun, WINDOW_WEIGHT, number, "window")]
    values, labels, weights, origin, kinds = zip(*collected, strict=True)
    return Table(np.array(values), np.array(labels), np.array(weights), np.array(origin), np.array(kinds))


def concatenate_tables(*tables: Table) -> Table:
    return Table(*(np.concatenate([getattr(one, name) for one in tables]) for name in Table.__dataclass_fields__))


def windows(record: Record, reading: RecordEvidence, rng: random.Random) -> Iterator[dict[str, float]]:
    """Yield the features of windows: of a spun document those that hold swapped words, of an honest one some."""
    for window in document_of(record).windows:
        part = reading.evidence.between(*window)
        if len(part) < SHORTEST_WINDOW:
            continue
        first = np.searchsorted(reading.evidence.starts, window.start)
        share = float(reading.replaced[first : first + len(part)].mean())
        if share >= SPUN_WINDOW if record.spun else rng.random() < HONEST_WINDOW_SHARE:
            yield wording_features(part, reading.prior)
