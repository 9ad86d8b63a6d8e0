"""Fits what turns words into a verdict: the reading of a word's evidence, the classifier, its calibration and thresholds.
What makes findings of words is fitted after it (`fit.findings`).

usage: python -m detector.training.fit.verdict --data DIR --moby words.txt --work DIR --version N [--out models]
       [--packages DIR] [--without FAMILY]

The encoder's files must be in `--out` already. Measurements are kept in `--work`; a second run takes minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from detector.judge.calibration import OperatingPoint, choose
from detector.judge.trees import Trees
from detector.training.data.records import Record
from detector.training.evaluate.figures import reliability
from detector.training.evaluate.scores import interval
from detector.training.fit.arguments import fit_arguments
from detector.training.fit.classifier import balanced_weights, fit_trees, left_out_log_odds, without_empty_columns
from detector.training.fit.judged_features import FEATURES
from detector.training.fit.manifest import CLASSIFIER, write_manifest
from detector.training.fit.rows import Table, concatenate_tables, measurements, table
from detector.training.fit.words import (
    ENCODERS,
    PARAPHRASES,
    PHRASES,
    SWAPS,
    files,
    fit_cascade,
    run_cascade,
)

RELIABILITY = "reliability.png"
PROBES = 24  # rows by which a loaded classifier is known to compute what it did
SPUN_RATE, SUSPECT_RATE = 0.015, 0.04  # upper bounds of the false positives over honest documents of left-out sources
WHOLE = ("all", "no grammar", "auto: all", "auto: no grammar")  # the ways in which whole documents are read
LOOKED_AT = 15  # honest documents that are named, for a person to look at
HONEST_TAIL = 0.15  # of the honest documents, those whose probability is kept for other operating points


def main() -> None:
    parser = fit_arguments(__doc__)
    parser.add_argument("--version", required=True, help="of the model: one more than that of the model it replaces")
    options = parser.parse_args()
    of = measurements(options)
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


if __name__ == "__main__":
    main()
