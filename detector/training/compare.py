"""What was tried for the word evidence and for the verdict, beside what is shipped; on sources left out.

usage: python -m detector.training.compare --data DIR --moby words.txt --work DIR [--models models]

Needs the measurements that `detector.training.fit` keeps in `--work`; changes nothing.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from detector.signals import Feature
from detector.signals.wording.evidence import WORD_INPUTS
from detector.training import data
from detector.training.features import FEATURES, MEASURED, TELLS_SOURCES, is_evidence
from detector.training.fit import STRENGTHS, Table, balanced, in_terms, left_out, monotone, table
from detector.training.fit_words import ENCODERS, Reading, doubt, mixed, read_words
from detector.training.lexicon import Resources
from detector.training.measure import SIGNALS, signal_features
from detector.training.recipes import load_spinners
from detector.training.records import Record, fit_records

PARTS = 5  # into which sources are divided for the word evidence
RATES = (0.02, 0.05, 0.1, 0.2, 0.41)

Odds = NDArray[np.float64]


def word_evidence(records: Sequence[Record], readings: Sequence[Reading]) -> None:
    inputs = np.concatenate([reading.evidence.inputs for reading in readings])
    swapped = np.concatenate([reading.replaced for reading in readings])
    part = np.concatenate(
        [
            np.full(len(g.evidence), int(data.share(f"part-{r.source}") * PARTS))
            for r, g in zip(records, readings, strict=True)
        ]
    )

    def crossed(names: Sequence[str], make: Callable[[], Any]) -> float:
        columns = [WORD_INPUTS.index(name) for name in names]
        odds = np.zeros(len(swapped))
        for number in np.unique(part):
            there = part == number
            odds[there] = (
                make().fit(inputs[~there][:, columns], swapped[~there]).decision_function(inputs[there][:, columns])
            )
        return float(average_precision_score(swapped, odds))

    def linear() -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression(C=1e4, max_iter=500))

    def boosted() -> Any:
        return HistGradientBoostingClassifier(max_depth=5, max_iter=150, min_samples_leaf=100, random_state=1)

    print(f"words: {len(swapped):,}, {swapped.mean():.1%} of them swapped; average precision on sources left out")
    print(f"  the first head alone                {crossed(('logit',), linear):.3f}")
    print(f"  and the channel's gain              {crossed(('logit', 'gain', 'logit_x_gain', 'unknown'), linear):.3f}")
    print(f"  all inputs, linear (shipped)        {crossed(WORD_INPUTS, linear):.3f}")
    print(f"  all inputs, gradient boosting       {crossed(WORD_INPUTS, boosted):.3f}")


def show(title: str, records: Sequence[Record], rows: Table, odds: Odds) -> None:
    """AUROC and recalls of the documents with all signals, beside a title."""
    whole = rows.kinds == "all"
    labels, of_documents = rows.labels[whole], odds[whole]
    rates = np.array([records[number].rate for number in rows.records[whole]])
    limit = np.quantile(of_documents[~labels], 0.99)
    low = np.quantile(of_documents[~labels], 0.995)
    cells = [(of_documents[labels & (rates >= a) & (rates < b)] > limit).mean() for a, b in pairwise(RATES)]
    recall = " ".join(f"{cell:.3f}" for cell in cells)
    print(
        f"  {title:44} {roc_auc_score(labels, of_documents):.4f}  {recall}"
        f"  {(of_documents[labels] > limit).mean():.3f}  {(of_documents[labels] > low).mean():.3f}"
    )


def candidates(records: Sequence[Record], readings: Sequence[Reading], named: Any) -> None:
    def ramps(title: str, judged: Sequence[Feature]) -> None:
        rows, terms = in_terms(table(records, readings, named, judged), judged)
        columns = monotone(rows, terms, STRENGTHS[0])
        show(title, records, rows, left_out(records, rows, columns, STRENGTHS[0]))

    print("verdict: AUROC; recall at 1 % by the share of words replaced (2-5-10-20-41 %), at 1 % and at .5 % of all")
    plain = table(records, readings, named)
    names = [(feature.name, None, None) for feature in FEATURES]
    show("linear", records, plain, left_out(records, plain, monotone(plain, names, STRENGTHS[0]), STRENGTHS[0]))
    ramps("linear with ramps (shipped)", FEATURES)
    show("gradient boosting, monotone", records, plain, _boosted(records, plain))
    for title, judged in (
        ("ramps, wording alone", ("wording.",)),
        ("ramps, wording and grammar", ("wording.", "grammar.")),
        ("ramps, wording, typography and names", ("wording.", "typography.", "names.")),
    ):
        ramps(title, [feature for feature in FEATURES if feature.name.startswith(judged)])
    ramps("ramps, with readability", [feature for feature in MEASURED if feature.name not in TELLS_SOURCES])


def read_twice(records: Sequence[Record], light: Sequence[Reading], deep: Sequence[Reading], named: Any) -> None:
    """What it brings to read more documents with the deep encoder; all, the last, is `--wording deep`."""
    for share in (0.0, 0.1, 0.2, 0.4, 1.0):
        limit = math.inf if share == 0 else -math.inf if share == 1 else doubt(records, light, share)
        rows, terms = in_terms(table(records, mixed(light, deep, limit), named))
        odds = left_out(records, rows, monotone(rows, terms, STRENGTHS[0]), STRENGTHS[0])
        show(f"the deep encoder reads {share:.0%}", records, rows, odds)


def _boosted(records: Sequence[Record], rows: Table) -> Odds:
    sources = np.array([records[number].source for number in rows.records])
    rising = [int(is_evidence(f.name)) for f in FEATURES]
    odds = np.zeros(len(rows.labels))
    for source in np.unique(sources):
        there = sources == source
        model = HistGradientBoostingClassifier(
            max_depth=3,
            learning_rate=0.05,
            max_iter=200,
            min_samples_leaf=40,
            l2_regularization=5,
            monotonic_cst=rising,
            random_state=1,
        )
        model.fit(rows.values[~there], rows.labels[~there], sample_weight=balanced(rows, ~there))
        odds[there] = model.decision_function(rows.values[there])
    return odds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    spinners = load_spinners(Resources(options.data, options.moby), options.work / "tables")
    records = list(fit_records(options.data, spinners))
    named = {name: signal_features(records, name, options.work / f"fit/{name}.jsonl") for name in SIGNALS}
    light, deep = (read_words(name, records, options.models, options.work / "fit")[1] for name in ENCODERS)
    word_evidence(records, deep)
    candidates(records, deep, named)
    read_twice(records, light, deep, named)


if __name__ == "__main__":
    main()
