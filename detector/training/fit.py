"""Fits what turns words into a verdict: the reading of a word's evidence, the classifier, its calibration and thresholds.

usage: python -m detector.training.fit --data DIR --moby words.txt --work DIR [--out models]

The encoder's files must be in `--out` already. Measurements are kept in `--work`; a second run takes minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn import __version__ as sklearn_version
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from detector import __version__
from detector.models import MANIFEST, SCHEMA, Manifest
from detector.signals import Feature
from detector.signals.grammar.features import FEATURES as GRAMMAR_FEATURES
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import evidence as wording
from detector.signals.wording.evidence import WordModel
from detector.training.lexicon import Resources, load_tables
from detector.training.measure import SIGNALS, Rows, WordRow, document_of, signal_features, words
from detector.training.recipes import make_spinners
from detector.training.records import Record, fit_records
from detector.verdict import vector

FILES = {"body": "light.onnx", "vectors": "light-vectors.npz", "tokenizer": "tokenizer.json"}
SWAPS, CLASSIFIER = "swaps.npz", "verdict.skops"
#: Measured but not judged by: they tell where a text comes from (web copy, novels, scans), not what was done to it.
TELLS_SOURCES = ("typography.space_before_punctuation", "grammar.casing", "grammar.name", "grammar.punctuation")
FEATURES: tuple[Feature, ...] = tuple(
    feature
    for feature in (
        *wording.FEATURES,
        *GRAMMAR_FEATURES,
        *TypographySignal.features,
        *NamesSignal.features,
        *ReadabilitySignal.features,
    )
    if feature.name not in TELLS_SOURCES
)
#: More of these never lowers the probability: a feature whose weight comes out negative is left out.
EVIDENCE = ("wording.", "grammar.agreement", "grammar.phrase", "grammar.article", "typography.", "names.")
NO_EVIDENCE = ("wording.length", "wording.odd_unswapped")
STRENGTHS = (0.003, 0.01, 0.03, 0.1)  # of the regularisation that are tried
HONEST_WINDOW_SHARE = 0.35  # of the windows of honest documents; all of them would drown the spun ones
FALSE_FINDINGS = 1.0  # per 1,000 words of honest prose: where findings of swapped words begin
SPUN_RATE, SUSPECT_RATE = 0.005, 0.03  # false positives over human-written documents at the two thresholds


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
    tables = load_tables(Resources(options.data, options.moby), options.work / "tables")
    records = list(fit_records(options.data, make_spinners(tables)))
    folder = options.work / "fit"
    named = {name: signal_features(records, name, folder / f"{name}.jsonl") for name in SIGNALS}
    body = hashlib.sha256((options.out / FILES["body"]).read_bytes()).hexdigest()
    rows = words(records, draft(options.out), folder / f"words-{body[:12]}.npz", threads=2)
    model = fit_words(rows)
    threshold = finding_threshold(records, rows, model)
    print(
        f"{len(records)} records, {sum(r.spun for r in records)} spun; {model}; findings from log-odds {threshold:.2f}"
    )
    settings = fit_verdict(records, rows, named, model, options.out)
    settings |= {"wording": wording_settings(model, threshold)}
    write_manifest(options.out, settings)


def draft(folder: Path) -> Manifest:
    """A manifest to measure words with before their evidence can be weighed."""
    model = WordModel(0, 1, 0, 0, 0, 0.5)
    return Manifest(folder, "", "", {}, {"wording": wording_settings(model, math.inf)})


def wording_settings(model: WordModel, threshold: float) -> dict[str, Any]:
    light = {**FILES, "word": asdict(model), "finding_log_odds": threshold}
    return {"encoders": {"light": light}, "swaps": SWAPS}


def fit_words(rows: Sequence[WordRow]) -> WordModel:
    logits, gains = (np.concatenate([getattr(row, name) for row in rows]) for name in ("logits", "gains"))
    replaced = np.concatenate([row.replaced for row in rows])
    inputs = WordModel.inputs(logits, gains)
    found = LogisticRegression(C=1e4, max_iter=500).fit(inputs, replaced)
    logit, gain, both, unknown = (round(float(weight), 4) for weight in found.coef_[0])
    # More evidence never counts less: a negative weight of the gain or of the product is taken as none.
    return WordModel(
        round(float(found.intercept_[0]), 4),
        logit,
        max(gain, 0),
        max(both, 0),
        unknown,
        round(float(replaced.mean()), 4),
    )


def finding_threshold(records: Sequence[Record], rows: Sequence[WordRow], model: WordModel) -> float:
    odds = np.concatenate([row.evidence(model).log_odds for r, row in zip(records, rows, strict=True) if not r.spun])
    return round(float(np.quantile(odds, 1 - FALSE_FINDINGS / 1000)), 3)


# --- the classifier ---------------------------------------------------------------------------------------------------


def table(
    records: Sequence[Record],
    rows: Sequence[WordRow],
    named: Mapping[str, Rows],
    model: WordModel,
    names: Sequence[str],
) -> Table:
    """Each document as every combination of engines would see it, and its windows as the wording signal sees them."""
    units = {feature.name: feature.unit for feature in FEATURES}
    rates = np.array([units[name] == "per 1,000 words" for name in names])
    collected: list[tuple[NDArray[np.float64], bool, float, int, str]] = []
    for number, (record, row) in enumerate(zip(records, rows, strict=True)):
        if not len(row.starts):
            continue
        evidence = row.evidence(model)
        lexical = wording.features(evidence, model.prior)
        small = {k: v for n in ("typography", "names", "readability") for k, v in named[n][number].items()}
        grammar = named["grammar"][number]
        views = {
            "all": {**lexical, **small, **grammar},
            "no grammar": {**lexical, **small},
            "wording": lexical,
            "no wording": {**small, **grammar},
        }
        weights = {"no wording": 0.1}
        collected += [
            (vector(features, names, rates), record.spun, weights.get(view, 1.0), number, view)
            for view, features in views.items()
        ]
        rng = random.Random(number)
        for window in document_of(record).windows:
            part = evidence.between(*window)
            if len(part) < 25:
                continue
            share = float(row.replaced[np.searchsorted(row.starts, window.start) :][: len(part)].mean())
            if (record.spun and share >= 0.03) or (not record.spun and rng.random() < HONEST_WINDOW_SHARE):
                features = wording.features(part, model.prior)
                collected.append((vector(features, names, rates), record.spun, 0.5, number, "window"))
    values, labels, weight, origin, kinds = zip(*collected, strict=True)
    return Table(np.array(values), np.array(labels), np.array(weight), np.array(origin), np.array(kinds))


def pipeline(strength: float) -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=strength, max_iter=2000),
    )


def fitted(rows: Table, chosen: NDArray[np.bool_] | slice, strength: float) -> Pipeline:
    model = pipeline(strength)
    model.fit(rows.values[chosen], rows.labels[chosen], logisticregression__sample_weight=balanced(rows, chosen))
    return model


def balanced(rows: Table, chosen: NDArray[np.bool_] | slice) -> NDArray[np.float64]:
    """Weights under which honest and spun documents are equally many: the probability is meant for even odds."""
    weights, labels = rows.weights[chosen], rows.labels[chosen]
    shares = np.where(labels, weights[labels].sum(), weights[~labels].sum())
    return weights / shares * len(weights) / 2


def left_out(records: Sequence[Record], rows: Table, strength: float) -> NDArray[np.float64]:
    """Log-odds of every row from a classifier that saw nothing of its source."""
    sources = np.array([records[number].source for number in rows.records])
    odds = np.zeros(len(rows.labels))
    for source in np.unique(sources):
        outside = sources != source
        odds[~outside] = fitted(rows, outside, strength).decision_function(rows.values[~outside])
    return odds


def monotone_names(build: Any, strength: float) -> list[str]:
    """Evidence whose weight is negative is dropped, worst first, until there is none."""
    names = [feature.name for feature in FEATURES]
    while True:
        weights = fitted(build(names), slice(None), strength)[-1].coef_[0][: len(names)]
        wrong = {
            n: w
            for n, w in zip(names, weights, strict=True)
            if w < 0 and n.startswith(EVIDENCE) and n not in NO_EVIDENCE
        }
        if not wrong:
            return names
        names.remove(min(wrong, key=lambda name: wrong[name]))


def fit_verdict(
    records: Sequence[Record], rows: Sequence[WordRow], named: Mapping[str, Rows], model: WordModel, out: Path
) -> dict[str, Any]:
    def build(names: Sequence[str]) -> Table:
        return table(records, rows, named, model, names)

    names = monotone_names(build, STRENGTHS[1])
    data = build(names)
    tried = {strength: left_out(records, data, strength) for strength in STRENGTHS}
    weights = balanced(data, slice(None))
    losses = {s: log_loss(data.labels, 1 / (1 + np.exp(-odds)), sample_weight=weights) for s, odds in tried.items()}
    strength = min(losses, key=lambda s: losses[s])
    print("left-out log loss by strength:", {s: round(loss, 4) for s, loss in losses.items()})
    platt = LogisticRegression(C=1e6).fit(tried[strength][:, None], data.labels, sample_weight=weights)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    probability = 1 / (1 + np.exp(-(tried[strength] * slope + intercept)))
    for kind in np.unique(data.kinds):
        of_kind = data.kinds == kind
        print(f"  {kind}: left-out AUROC {roc_auc_score(data.labels[of_kind], probability[of_kind]):.4f}")
    classifier = fitted(data, slice(None), strength)
    save(classifier, out / CLASSIFIER)
    whole = np.isin(data.kinds, ["all", "no grammar"]) & ~data.labels
    thresholds = {
        name: threshold_at(probability[whole], data.records[whole], rate)
        for name, rate in (("spun", SPUN_RATE), ("suspect", SUSPECT_RATE))
    }
    print("thresholds:", thresholds)
    probe = np.nan_to_num(np.nanmean(data.values, axis=0))
    return {
        "verdict": {
            "classifier": CLASSIFIER,
            "features": names,
            "calibration": {"slope": slope, "intercept": intercept},
            **{name: chosen["probability"] for name, chosen in thresholds.items()},
            "chosen": {name: {k: v for k, v in c.items() if k != "probability"} for name, c in thresholds.items()},
            "probe": {"values": probe.tolist(), "log_odds": float(classifier.decision_function(probe[None, :])[0])},
            "scikit-learn": sklearn_version,
        }
    }


def threshold_at(probability: NDArray[np.float64], origin: NDArray[np.int64], rate: float) -> dict[str, float]:
    """The probability that at most this share of honest documents reaches, each at its worst engine."""
    worst = np.array([probability[origin == number].max() for number in np.unique(origin)])
    chosen = float(np.quantile(worst, 1 - rate, method="higher"))
    above = int((worst >= chosen).sum())
    upper = float(beta.ppf(0.975, above + 1, len(worst) - above))
    return {
        "probability": round(min(chosen + 1e-4, 0.9999), 4),
        "documents": len(worst),
        "false_positives": above / len(worst),
        "upper_95": upper,
    }


# --- files ------------------------------------------------------------------------------------------------------------


def save(classifier: Pipeline, path: Path) -> None:
    from skops.io import dump

    dump(classifier, path)


def write_manifest(folder: Path, settings: Mapping[str, Any]) -> None:
    names = [*FILES.values(), SWAPS, CLASSIFIER]
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    content = {"schema": SCHEMA, "version": __version__, "files": files, **settings}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
