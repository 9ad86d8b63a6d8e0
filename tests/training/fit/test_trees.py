"""Verdicts by readings that do not say everything."""

from __future__ import annotations

import numpy as np

from detector.training.fit.classifier import fit_trees
from detector.training.fit.judged_features import FEATURES
from detector.training.fit.rows import Table


def test_trees_grow_on_what_some_row_has() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(300) % 2 == 0
    values = rng.normal(size=(300, len(FEATURES))) + labels[:, None]
    values[:, 3] = np.nan  # no row has it
    values[:200, 5] = np.nan
    rows = Table(values, labels, np.ones(300), np.arange(300), np.full(300, "all"))
    trees = fit_trees(rows, slice(None))
    odds = trees.decision_function(values)
    assert odds[labels].mean() > odds[~labels].mean()
    served = values.copy()
    served[:, 3] = 9.0  # it is never asked for
    np.testing.assert_array_equal(trees.decision_function(served), odds)
