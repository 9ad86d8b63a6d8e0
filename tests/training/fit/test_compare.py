"""Verdicts by readings that do not say everything."""

from __future__ import annotations

import numpy as np

from detector.training.fit.compare import without_absent_features
from detector.training.fit.judged_features import FEATURES
from detector.training.fit.verdict import Table, fit_trees


def test_trees_grow_on_what_some_row_knows() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(300) % 2 == 0
    values = rng.normal(size=(300, len(FEATURES))) + labels[:, None]
    values[:, 3] = np.nan  # nobody knows it
    values[:200, 5] = np.nan
    one = np.ones(300)
    rows, judged = without_absent_features(Table(values, labels, one, np.arange(300), np.full(300, "all")))
    assert [f.name for f in FEATURES if f not in judged] == [FEATURES[3].name]
    assert rows.values.shape == (300, len(judged))
    odds = fit_trees(rows, slice(None), judged).decision_function(rows.values)
    assert odds[labels].mean() > odds[~labels].mean()
