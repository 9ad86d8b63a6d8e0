"""The classifier: trees in which more evidence never lowers the probability, fitted on all sources or with some left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from detector.signals import Feature
from detector.training.data.records import Record
from detector.training.data.splits import share as by_hash
from detector.training.fit.judged_features import FEATURES, is_evidence
from detector.training.fit.rows import Table

TREES = {"max_depth": 3, "max_iter": 150, "learning_rate": 0.05, "min_samples_leaf": 100, "l2_regularization": 5.0}
PARTS = 6  # into which sources are divided to be left out, a few at a time


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
