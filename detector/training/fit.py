"""Fits what turns words into a verdict: the reading of a word's evidence, the classifier, its calibration and thresholds.

usage: python -m detector.training.fit --data DIR --moby words.txt --work DIR [--out models]

The encoder's files must be in `--out` already. Measurements are kept in `--work`; a second run takes minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import __version__ as sklearn_version
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from skops.io import dump

from detector import __version__
from detector.calibration import choose
from detector.models import MANIFEST, SCHEMA
from detector.signals import Feature
from detector.signals.wording import evidence as wording
from detector.training.features import FEATURES, is_evidence
from detector.training.figures import reliability
from detector.training.fit_words import ENCODERS, SWAPS, Reading, doubt, files, mixed, read_words
from detector.training.lexicon import Resources
from detector.training.measure import SIGNALS, Rows, document_of, signal_features
from detector.training.recipes import load_spinners
from detector.training.records import Record, fit_records
from detector.verdict import Terms, vector

CLASSIFIER = "verdict.skops"
RELIABILITY = "reliability.png"
KNOTS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97)  # quantiles between which the wording's features have ramps
STRENGTHS = (0.03, 0.3)  # of the regularisation that are tried
READ_TWICE = 0.4  # of honest documents, those that the light encoder leaves to the deep one
SHORTEST_WINDOW = 25  # words
SPUN_WINDOW = 0.03  # of its words replaced, and a window is an example of spinning
HONEST_WINDOW_SHARE = 0.35  # of the windows of honest documents; all of them would drown the spun ones
SPUN_RATE, SUSPECT_RATE = 0.01, 0.04  # upper bounds of the false positives over honest documents of left-out sources
HONEST_TAIL = 0.15  # of the honest documents, those whose probability is kept for other operating points


Term = tuple[str, float | None, float | None]  # a feature, or a ramp of it


@dataclass(frozen=True)
class Table:
    """Rows the classifier is fitted on: features (NaN where absent), label, weight, record they come from."""

    values: NDArray[np.float64]
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]
    records: NDArray[np.int64]
    kinds: NDArray[np.str_]  # which signals the row has: "all", "no grammar", ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models"))
    options = parser.parse_args()
    spinners = load_spinners(Resources(options.data, options.moby), options.work / "tables")
    records = list(fit_records(options.data, spinners))
    named = {name: signal_features(records, name, options.work / f"fit/{name}.jsonl") for name in SIGNALS}
    encoders = {name: read_words(name, records, options.out, options.work / "fit") for name in ENCODERS}
    for name, (settings, _) in encoders.items():
        print(f"{name}: {settings['word']}, findings: {settings['finding']}")
    settings = {"encoders": {name: settings for name, (settings, _) in encoders.items()}, "swaps": SWAPS}
    light, deep = encoders["light"][1], encoders["deep"][1]
    settings["doubt"] = doubt(records, light, READ_TWICE)
    both = table(records, mixed(light, deep, settings["doubt"]), named)
    data = joined(table(records, deep, named), Table(**{**vars(both), "kinds": np.char.add("auto: ", both.kinds)}))
    verdict = fit_verdict(records, data, options.out)
    write_manifest(options.out, {"wording": settings, "verdict": verdict})


# --- the classifier ---------------------------------------------------------------------------------------------------


def table(
    records: Sequence[Record],
    readings: Sequence[Reading],
    named: Mapping[str, Rows],
    judged: Sequence[Feature] = FEATURES,
) -> Table:
    """Each document with and without some of the signals, and its windows as the wording signal sees them."""
    names = [feature.name for feature in judged]
    rates = np.array([feature.unit == "per 1,000 words" for feature in judged])
    collected: list[tuple[NDArray[np.float64], bool, float, int, str]] = []
    for number, (record, reading) in enumerate(zip(records, readings, strict=True)):
        if not len(reading.evidence):
            continue
        lexical = wording.features(reading.evidence, reading.prior)
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
            collected += [(vector(part, names, rates), record.spun, 0.5, number, "window")]
    values, labels, weights, origin, kinds = zip(*collected, strict=True)
    return Table(np.array(values), np.array(labels), np.array(weights), np.array(origin), np.array(kinds))


def joined(*tables: Table) -> Table:
    return Table(*(np.concatenate([getattr(one, name) for one in tables]) for name in Table.__dataclass_fields__))


def windows(record: Record, reading: Reading, rng: random.Random) -> Iterator[dict[str, float]]:
    """Of a spun document the windows that hold swapped words, of an honest one some."""
    for window in document_of(record).windows:
        part = reading.evidence.between(*window)
        if len(part) < SHORTEST_WINDOW:
            continue
        first = np.searchsorted(reading.evidence.starts, window.start)
        share = float(reading.replaced[first : first + len(part)].mean())
        if share >= SPUN_WINDOW if record.spun else rng.random() < HONEST_WINDOW_SHARE:
            yield wording.features(part, reading.prior)


def pipeline(strength: float) -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=strength, max_iter=2000),
    )


def fitted(rows: Table, chosen: NDArray[np.bool_] | slice, columns: Sequence[int], strength: float) -> Pipeline:
    model = pipeline(strength)
    weights = balanced(rows, chosen)
    model.fit(rows.values[chosen][:, columns], rows.labels[chosen], logisticregression__sample_weight=weights)
    return model


def balanced(rows: Table, chosen: NDArray[np.bool_] | slice) -> NDArray[np.float64]:
    """Weights under which honest and spun documents are equally many: the probability is meant for even odds."""
    weights, labels = rows.weights[chosen], rows.labels[chosen]
    shares = np.where(labels, weights[labels].sum(), weights[~labels].sum())
    return weights / shares * len(weights) / 2


def left_out(records: Sequence[Record], rows: Table, columns: Sequence[int], strength: float) -> NDArray[np.float64]:
    """Log-odds of every row from a classifier that saw nothing of its source."""
    sources = np.array([records[number].source for number in rows.records])
    odds = np.zeros(len(rows.labels))
    for source in np.unique(sources):
        there = sources == source
        odds[there] = fitted(rows, ~there, columns, strength).decision_function(rows.values[there][:, columns])
    return odds


def in_terms(rows: Table, judged: Sequence[Feature] = FEATURES) -> tuple[Table, list[Term]]:
    """The table with a column for each term: every feature, and ramps of the wording's between quantiles of documents."""
    names = [feature.name for feature in judged]
    terms: list[Term] = [(name, None, None) for name in names]
    for column, name in enumerate(names):
        if name.startswith("wording."):
            values = rows.values[:, column]
            knots = np.unique(np.round(np.quantile(values[~np.isnan(values)], KNOTS), 3))
            terms += [(name, float(low), float(high)) for low, high in pairwise(knots)]
    return replace(rows, values=Terms.from_settings(terms, names).of(rows.values)), terms


def monotone(rows: Table, terms: Sequence[Term], strength: float) -> list[int]:
    """Columns to fit on: evidence whose weight is negative is dropped, the worst first, until there is none."""
    columns = list(range(len(terms)))
    while True:
        weights = fitted(rows, slice(None), columns, strength)[-1].coef_[0][: len(columns)]
        wrong = {
            column: weight
            for column, weight in zip(columns, weights, strict=True)
            if weight < 0 and is_evidence(terms[column][0])
        }
        if not wrong:
            return columns
        worst = sorted(wrong, key=lambda column: wrong[column])[: max(1, len(wrong) // 4)]
        columns = [column for column in columns if column not in worst]


def fit_verdict(records: Sequence[Record], features: Table, out: Path) -> dict[str, Any]:
    data, terms = in_terms(features)
    weights = balanced(data, slice(None))
    tried: dict[float, tuple[list[int], NDArray[np.float64]]] = {}
    losses: dict[float, float] = {}
    for strength in STRENGTHS:
        columns = monotone(data, terms, strength)
        tried[strength] = columns, left_out(records, data, columns, strength)
        losses[strength] = log_loss(data.labels, 1 / (1 + np.exp(-tried[strength][1])), sample_weight=weights)
    print("left-out log loss by strength:", {s: round(loss, 4) for s, loss in losses.items()})
    strength = min(losses, key=lambda s: losses[s])
    columns, odds = tried[strength]
    platt = LogisticRegression(C=1e6).fit(odds[:, None], data.labels, sample_weight=weights)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    probability = 1 / (1 + np.exp(-(odds * slope + intercept)))
    report_left_out(records, data, probability)
    every = data.kinds == "all"
    reliability(data.labels[every], probability[every], out / RELIABILITY)
    classifier = fitted(data, slice(None), columns, strength)
    dump(classifier, out / CLASSIFIER)
    honest = worst_honest(data, probability)
    points = {"spun": choose(honest, SPUN_RATE), "suspect": choose(honest, SUSPECT_RATE)}
    print("thresholds:", points)
    for kind in ("auto: all", "auto: no grammar"):
        share = (probability[(data.kinds == kind) & ~data.labels] >= points["spun"].threshold).mean()
        print(f"  {kind}: {share:.4f} of honest documents at or above the threshold of spun")
    probe = np.nan_to_num(np.nanmean(data.values[:, columns], axis=0))
    return {
        "classifier": CLASSIFIER,
        "features": list(dict.fromkeys(terms[column][0] for column in columns)),
        "terms": [terms[column] for column in columns],
        "calibration": {"slope": slope, "intercept": intercept},
        **{name: point.threshold for name, point in points.items()},
        "chosen": {name: asdict(point) for name, point in points.items()},
        "honest": sorted((round(p, 6) for p in honest), reverse=True)[: round(len(honest) * HONEST_TAIL)],
        "honest_documents": len(honest),
        "probe": {"values": probe.tolist(), "log_odds": float(classifier.decision_function(probe[None, :])[0])},
        "scikit-learn": sklearn_version,
    }


def report_left_out(records: Sequence[Record], data: Table, probability: NDArray[np.float64]) -> None:
    """What left-out sources show: separation by the signals present, calibration, recall by the rate of spinning."""
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


def expected_calibration_error(labels: NDArray[np.bool_], probability: NDArray[np.float64], bins: int = 10) -> float:
    """Weighted as if honest and spun were equally many, which is what the probability is meant for."""
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
    """Of each honest document the highest probability it gets, with grammar or without, as it is read by default."""
    whole = np.isin(data.kinds, ["all", "no grammar"]) & ~data.labels
    origin = data.records[whole]
    return [float(probability[whole][origin == number].max()) for number in np.unique(origin)]


# --- files ------------------------------------------------------------------------------------------------------------


def write_manifest(folder: Path, settings: Mapping[str, Any]) -> None:
    used = [name for encoder in settings["wording"]["encoders"] for name in files(encoder).values()]
    names = [*dict.fromkeys(used), SWAPS, CLASSIFIER]
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    content = {"schema": SCHEMA, "version": __version__, "files": hashes, **settings}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
