"""What was tried for the word evidence and for the verdict, beside what is shipped; on sources left out.

usage: python -m detector.training.compare --data DIR --moby words.txt --work DIR [--models models]

Needs the measurements that `detector.training.fit` keeps in `--work`; changes nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from detector.signals import Feature
from detector.signals.wording.evidence import WORD_INPUTS
from detector.training import data
from detector.training.features import FEATURES, MEASURED, TELLS_SOURCES
from detector.training.fit import Table, balanced, fitted, left_out, measurements, table
from detector.training.fit_words import Reading, doubt, ordinary, read_again
from detector.training.records import Record

PARTS = 5  # into which sources are divided for the word evidence
RATES = (0.02, 0.05, 0.1, 0.2, 0.41)

_JUDGED = frozenset(feature.name for feature in FEATURES)

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
    def boosted(title: str, judged: Sequence[Feature]) -> None:
        rows = table(records, readings, named, judged)
        show(title, records, rows, left_out(records, rows, partial(fitted, judged=judged)))

    print("verdict: AUROC; recall at 1 % by the share of words replaced (2-5-10-20-41 %), at 1 % and at .5 % of all")
    plain = table(records, readings, named)
    show("linear", records, plain, left_out(records, plain, linear))
    boosted("boosted trees (shipped)", FEATURES)
    for title, judged in (
        ("trees, wording alone", ("wording.",)),
        ("trees, grammar alone", ("grammar.",)),
        ("trees, readability alone", ("readability.",)),
        ("trees, wording and grammar", ("wording.", "grammar.")),
        ("trees, wording, typography and names", ("wording.", "typography.", "names.")),
    ):
        boosted(title, [feature for feature in MEASURED if feature.name.startswith(judged)])
    boosted("trees, with readability", [feature for feature in MEASURED if feature.name not in TELLS_SOURCES])


def linear(rows: Table, chosen: NDArray[np.bool_]) -> Any:
    """Logistic regression; what is absent is filled in with the median, and that it is absent is an input."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=0.03, max_iter=2000),
    )
    weights = balanced(rows, chosen)
    return model.fit(rows.values[chosen], rows.labels[chosen], logisticregression__sample_weight=weights)


def tell_sources(records: Sequence[Record], readings: Sequence[Reading], named: Any) -> None:
    """What each feature says of the source of an honest text, beside what it says of spinning: one that tells the source and
    not the spinning has no place in the verdict."""
    rows = table(records, readings, named, MEASURED)
    whole = rows.kinds == "all"
    values, labels = np.nan_to_num(rows.values[whole]), rows.labels[whole]
    sources = np.array([records[number].source for number in rows.records[whole]])
    _, there = np.unique(sources[~labels], return_inverse=True)
    chance = np.bincount(there).max() / len(there)
    found = []
    for column, feature in enumerate(MEASURED):
        tree = DecisionTreeClassifier(max_depth=6, min_samples_leaf=10, random_state=1)
        right = cross_val_score(tree, values[~labels, column : column + 1], there, cv=4).mean()
        separation = roc_auc_score(labels, values[:, column])
        found.append((right, max(separation, 1 - separation), feature.name))
    print(
        f"features: share of honest documents whose source each tells alone (the largest: {chance:.3f}), AUROC of spun"
    )
    for right, separation, name in sorted(found, reverse=True):
        print(f"  {name:36} {right:.3f}  {separation:.3f}{'' if name in _JUDGED else '  not judged by'}")


def read_twice(records: Sequence[Record], light: Sequence[Reading], deep: Sequence[Reading], named: Any) -> None:
    """What it brings to read more with the deep encoder: of whole documents, and after a glance at their strangest windows."""
    there = ordinary(records)
    words = sum(len(reading.evidence) for reading, honest in zip(deep, there, strict=True) if honest)
    print(
        "wording auto: honest documents the deep encoder looks into, then reads; words of honest text it reads in all"
    )
    for look, glance in (
        (0.0, 0.0),
        (0.1, 1.0),
        (0.4, 1.0),
        (0.4, 0.15),
        (0.6, 0.15),
        (0.8, 0.15),
        (1.0, 0.15),
        (1.0, 1.0),
    ):
        limits = doubt(records, light, deep, look, glance)
        again = read_again(records, light, deep, limits)
        rows = table(records, again.readings, named)
        show(
            f"{look:.0%}, {glance:.0%}; {again.words[there].sum() / words:.0%} of the words",
            records,
            rows,
            left_out(records, rows),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    records, named, encoders = measurements(options.data, options.moby, options.work, options.models)
    light, deep = encoders["light"][1], encoders["deep"][1]
    word_evidence(records, deep)
    candidates(records, deep, named)
    read_twice(records, light, deep, named)
    tell_sources(records, deep, named)


if __name__ == "__main__":
    main()
