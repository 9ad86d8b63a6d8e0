"""Fits what turns words into a verdict: the reading of a word's evidence, the classifier, its calibration and thresholds.
What makes findings of words is fitted after it (`fit.findings`).

usage: python -m detector.training.fit.verdict --data DIR --moby words.txt --work DIR --version N [--out models]
       [--packages DIR] [--without FAMILY]

The encoder's files must be in `--out` already. Measurements are kept in `--work`; a second run takes minutes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from detector.judge.calibration import OperatingPoint, choose
from detector.judge.trees import Trees
from detector.judge.verdict import vector
from detector.model_files import MANIFEST, SCHEMA, hash_files, text_settings
from detector.signals import Feature, Scale
from detector.signals.scan import FILE as SCAN
from detector.signals.wording.features import features as wording_features
from detector.trace.comparing import MODEL as TRACE
from detector.training.code_version import code_version
from detector.training.data.lexicon import Resources
from detector.training.data.packages.sources import PACKAGES_HELP
from detector.training.data.records import Record, fit_records
from detector.training.data.splits import share as by_hash
from detector.training.evaluate.figures import reliability
from detector.training.evaluate.scores import interval
from detector.training.fit.judged_features import FEATURES, is_evidence
from detector.training.fit.measure import SIGNALS, Rows, document_of, signal_features
from detector.training.fit.words import (
    ENCODERS,
    PARAPHRASES,
    PHRASES,
    SWAPS,
    RecordEvidence,
    files,
    fit_cascade,
    fit_evidence,
    read_words,
    run_cascade,
    with_light_inputs,
)
from detector.training.spinners.mixture import load_spinners

CLASSIFIER = "verdict.npz"
ADDED = {"scan": SCAN, "trace": TRACE}  # what scan.fit and fit.trace add to the manifest, and their files
RELIABILITY = "reliability.png"
TREES = {"max_depth": 3, "max_iter": 150, "learning_rate": 0.05, "min_samples_leaf": 100, "l2_regularization": 5.0}
PARTS = 6  # into which sources are divided to be left out, a few at a time
PROBES = 24  # rows by which a loaded classifier is known to compute what it did
SHORTEST_WINDOW = 25  # words
WINDOW_WEIGHT = 0.15  # beside a document: they are many, and with .5 each the recall of whole documents fell by .02
SPUN_WINDOW = 0.03  # of its words replaced, and a window is an example of spinning
HONEST_WINDOW_SHARE = 0.35  # of the windows of honest documents; all of them would drown the spun ones
SPUN_RATE, SUSPECT_RATE = 0.015, 0.04  # upper bounds of the false positives over honest documents of left-out sources
WHOLE = ("all", "no grammar", "auto: all", "auto: no grammar")  # the ways in which whole documents are read
LOOKED_AT = 15  # honest documents that are named, for a person to look at
HONEST_TAIL = 0.15  # of the honest documents, those whose probability is kept for other operating points


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models"))
    parser.add_argument("--packages", type=Path, help=PACKAGES_HELP)
    parser.add_argument("--version", required=True, help="of the model: one more than that of the model it replaces")
    parser.add_argument("--without", action="append", default=[], help="a family of spinners that can't run here")
    options = parser.parse_args()
    of = measurements(options.data, options.moby, options.work, options.out, options.packages, without=options.without)
    for name, settings in of.settings.items():
        print(f"{name}: {settings['word']}")
    limits = fit_cascade(of.records, of.light, of.deep)
    wording_settings = {
        "encoders": {name: {**files(name), **of.settings[name]} for name in ENCODERS},
        "swaps": SWAPS,
        "phrases": PHRASES,
        "paraphrases": PARAPHRASES,
        "cascade": asdict(limits),
    }
    auto = table(of.records, run_cascade(of.records, of.light, of.deep, limits).readings, of.named)
    auto = replace(auto, kinds=np.char.add("auto: ", auto.kinds))
    verdict = fit_verdict(of.records, concatenate_tables(table(of.records, of.deep, of.named), auto), options.out)
    write_manifest(options.out, options.version, {"wording": wording_settings, "verdict": verdict})


@dataclass(frozen=True)
class Measured:
    """The documents to fit on, what the small signals say of them, and how their words are weighed and read: by the light
    encoder alone, and by the deep one after it."""

    records: list[Record]
    named: dict[str, Rows]
    settings: dict[str, dict[str, Any]]  # by encoder
    light: list[RecordEvidence]
    deep: list[RecordEvidence]


def measurements(
    folder: Path, moby: Path, work: Path, models: Path, packages: Path | None, *, without: Sequence[str] = ()
) -> Measured:
    spinners = load_spinners(Resources(folder, moby), work / "tables", without=without)
    records = list(fit_records(folder, spinners, packages))
    cache = work / "fit"
    named = {
        name: signal_features(records, name, cache / f"{name}-{code_version(f'detector.signals.{name}')}.jsonl")
        for name in SIGNALS
    }
    light, deep = (read_words(name, records, models, cache) for name in ENCODERS)
    of_light, of_deep = fit_evidence(light), fit_evidence(with_light_inputs(light, deep))
    return Measured(records, named, {"light": of_light[0], "deep": of_deep[0]}, of_light[1], of_deep[1])


# --- the classifier ---------------------------------------------------------------------------------------------------


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


def fit_trees(
    rows: Table, chosen: NDArray[np.bool_] | slice, judged: Sequence[Feature] = FEATURES
) -> HistGradientBoostingClassifier:
    """Fit trees in which more evidence never lowers the probability.

    A feature that no row has (an encoder without the third head says nothing of what is expected) is never asked for.
    """
    rising = [int(is_evidence(feature.name)) for feature in judged]
    model = HistGradientBoostingClassifier(**TREES, monotonic_cst=rising, early_stopping=False, random_state=1)
    values = without_empty_columns(rows.values[chosen])
    return model.fit(values, rows.labels[chosen], sample_weight=balanced_weights(rows, chosen))


def without_empty_columns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with zeros in columns that have none.

    scikit-learn 1.9 raises ValueError for a column of missing values alone; one of zeros can't be split, either.
    """
    return np.where(np.isnan(values).all(axis=0), 0.0, values)


def balanced_weights(rows: Table, chosen: NDArray[np.bool_] | slice) -> NDArray[np.float64]:
    """Return weights under which honest and spun documents are equally many: the probability is meant for even odds."""
    weights, labels = rows.weights[chosen], rows.labels[chosen]
    shares = np.where(labels, weights[labels].sum(), weights[~labels].sum())
    return weights / shares * len(weights) / 2


def left_out_log_odds(
    records: Sequence[Record], rows: Table, fit: Callable[[Table, NDArray[np.bool_]], Any] = fit_trees
) -> NDArray[np.float64]:
    """Return the log-odds of every row from a classifier that saw nothing of its source."""
    names = sorted({record.source for record in records}, key=by_hash)
    part = {name: number % PARTS for number, name in enumerate(names)}
    parts = np.array([part[records[number].source] for number in rows.records])
    odds = np.zeros(len(rows.labels))
    for number in range(PARTS):
        there = parts == number
        if there.any():
            odds[there] = fit(rows, ~there).decision_function(rows.values[there])
    return odds


def fit_verdict(records: Sequence[Record], data: Table, out: Path) -> dict[str, Any]:
    odds = left_out_log_odds(records, data)
    trees = Trees.from_classifier(fit_trees(data, slice(None)))
    trees.save(out / CLASSIFIER)
    there = counts_in_measuring(records, data)
    data, odds = data.select(there), odds[there]
    weights = balanced_weights(data, slice(None))
    platt = LogisticRegression(C=1e6).fit(odds[:, None], data.labels, sample_weight=weights)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    probability = 1 / (1 + np.exp(-(odds * slope + intercept)))
    print(f"left-out log loss: {log_loss(data.labels, probability, sample_weight=weights):.4f}")
    report_left_out(records, data, probability)
    every = data.kinds == "all"
    reliability(data.labels[every], probability[every], out / RELIABILITY)
    honest = worst_honest(data, probability)
    points = {"spun": choose(honest, SPUN_RATE), "suspect": choose(honest, SUSPECT_RATE)}
    print("thresholds:", points)
    report_honest(records, data, probability, points)
    for kind in ("auto: all", "auto: no grammar"):
        share = (probability[(data.kinds == kind) & ~data.labels] >= points["spun"].threshold).mean()
        print(f"  {kind}: {share:.4f} of honest documents at or above the threshold of spun")
    probe = np.nan_to_num(data.values[:: max(1, len(data.values) // PROBES)])
    usual = np.nanmedian(without_empty_columns(data.values[every & ~data.labels]), axis=0)
    return {
        "classifier": CLASSIFIER,
        "features": [
            {"name": feature.name, "scale": str(feature.scale), "usual": round(float(value), 6)}
            for feature, value in zip(FEATURES, usual, strict=True)
        ],
        "calibration": {"slope": slope, "intercept": intercept},
        **{name: point.threshold for name, point in points.items()},
        "chosen": {name: asdict(point) for name, point in points.items()},
        "honest": sorted((round(p, 6) for p in honest), reverse=True)[: round(len(honest) * HONEST_TAIL)],
        "honest_documents": len(honest),
        "probe": {"values": probe.tolist(), "log_odds": trees.log_odds(probe).tolist()},
    }


def counts_in_measuring(records: Sequence[Record], data: Table) -> NDArray[np.bool_]:
    """Return which rows a verdict is measured by.

    Honest texts with simulated mistakes teach it, but do not tell how often real ones are called spun.
    """
    return np.array([record.spun or record.genuine for record in records])[data.records]


def report_left_out(records: Sequence[Record], data: Table, probability: NDArray[np.float64]) -> None:
    """Print what left-out sources show: separation by the signals present, calibration, recall by the rate of spinning."""
    for kind in np.unique(data.kinds):
        there = data.kinds == kind
        print(f"  {kind}: left-out AUROC {roc_auc_score(data.labels[there], probability[there]):.4f}")
    whole = data.kinds == "all"
    labels, odds = data.labels[whole], probability[whole]
    error = expected_calibration_error(labels, odds)
    print(f"  expected calibration error, left-out sources, all signals: {error:.3f}")
    limit = np.quantile(odds[~labels], 0.99)
    rates = np.array([records[number].rate for number in data.records[whole]])
    for low, high in pairwise((0.02, 0.05, 0.1, 0.2, 0.41)):
        there = labels & (rates >= low) & (rates < high)
        recall = (odds[there] > limit).mean()
        print(f"  {low:.0%} to {high:.0%} of words replaced: {int(there.sum())} documents, recall {recall:.3f} at 1 %")


def report_honest(
    records: Sequence[Record],
    data: Table,
    probability: NDArray[np.float64],
    points: Mapping[str, OperatingPoint],
) -> None:
    """Print false positives of each source while it was left out, at the thresholds chosen over all of them."""
    there = np.isin(data.kinds, WHOLE) & ~data.labels
    worst: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for number, value in zip(data.records[there], probability[there], strict=True):
        of_source = worst[records[number].source]
        of_source[int(number)] = max(of_source[int(number)], float(value))
    print("  left-out sources: honest documents, called spun, suspect, 95 % interval of spun")
    for source, values in sorted(worst.items()):
        spun = sum(value >= points["spun"].threshold for value in values.values())
        suspect = sum(value >= points["suspect"].threshold for value in values.values()) - spun
        low, high = interval(spun, len(values))
        print(f"    {source:32} {len(values):4} {spun:3} {suspect:3}  [{low:.1%}, {high:.1%}]")
    every = sorted(((value, number) for of in worst.values() for number, value in of.items()), reverse=True)
    named = ", ".join(f"{records[number].id} {value:.3f}" for value, number in every[:LOOKED_AT])
    print(f"  the most suspicious honest documents; are they? {named}")


def expected_calibration_error(labels: NDArray[np.bool_], probability: NDArray[np.float64], bins: int = 10) -> float:
    """Return the calibration error, weighted as if honest and spun were equally many."""
    weights = np.where(labels, 1 / labels.sum(), 1 / (~labels).sum())
    number = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        abs(np.average(labels[there], weights=weights[there]) - np.average(probability[there], weights=weights[there]))
        * weights[there].sum()
        for there in (number == n for n in range(bins))
        if there.any()
    ]
    return float(sum(gaps) / weights.sum())


def worst_honest(data: Table, probability: NDArray[np.float64]) -> list[float]:
    """Return the highest probability that each honest document gets, in whichever way it is read."""
    whole = np.isin(data.kinds, WHOLE) & ~data.labels
    origin = data.records[whole]
    return [float(probability[whole][origin == number].max()) for number in np.unique(origin)]


# --- files ------------------------------------------------------------------------------------------------------------


def write_manifest(folder: Path, version: str, settings: Mapping[str, Any]) -> None:
    """Write `manifest.json` beside the files it names; `version` is the model's own.

    What other stages have added to the manifest that is there (`scan`, `trace`) stays, with their files.
    """
    used = [name for encoder in settings["wording"]["encoders"] for name in files(encoder).values()]
    names = [*dict.fromkeys(used), SWAPS, PHRASES, PARAPHRASES, CLASSIFIER]
    before = json.loads((folder / MANIFEST).read_text("utf-8")) if (folder / MANIFEST).exists() else {}
    kept = {key: before[key] for key, name in ADDED.items() if key in before and (folder / name).exists()}
    hashes = hash_files(folder, [*names, *(ADDED[key] for key in kept)])
    content = {"schema": SCHEMA, "version": version, "files": hashes, "text": text_settings(), **settings, **kept}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
