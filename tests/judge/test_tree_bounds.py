"""Trees as arrays: what they sum to, and between what the sum lies where some features are not known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from detector.judge.trees import Trees

FEATURES = 5


@pytest.fixture(scope="module")
def trees() -> Trees:
    random = np.random.default_rng(7)
    rows = random.normal(size=(600, FEATURES))
    rows[random.random(rows.shape) < 0.1] = math.nan
    target = np.nan_to_num(rows) @ [1.0, 0.5, -0.5, 0.25, 0.1] + random.normal(size=600) > 0
    classifier = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=7, random_state=0).fit(rows, target)
    return Trees.from_classifier(classifier)


@pytest.fixture(scope="module")
def rows() -> NDArray[np.float64]:
    random = np.random.default_rng(8)
    made = random.normal(size=(40, FEATURES))
    made[random.random(made.shape) < 0.2] = math.nan
    return made


@pytest.mark.parametrize("free", [(0,), (1, 3), (0, 1, 2, 3, 4)])
def test_the_sum_lies_within_the_bounds_whatever_the_free_features_are(
    trees: Trees, rows: NDArray[np.float64], free: tuple[int, ...]
) -> None:
    lowest, highest = trees.bounds(rows, np.isin(np.arange(FEATURES), free))
    assert (lowest < highest).all()
    random = np.random.default_rng(9)
    for value in (-1e9, 1e9, math.nan, *random.normal(size=60)):
        tried = rows.copy()
        tried[:, free] = value + random.normal(size=(len(rows), len(free)))
        sums = trees.log_odds(tried)
        assert (lowest <= sums + 1e-12).all()
        assert (sums <= highest + 1e-12).all()


def test_one_free_feature_reaches_its_bounds_in_one_tree(trees: Trees, rows: NDArray[np.float64]) -> None:
    """They are no wider than they need be."""
    first = Trees(
        *(array[:1] for array in (
            trees.features, trees.thresholds, trees.left, trees.right, trees.absent_left, trees.values,
        )),
        trees.depth,
        trees.base,
    )  # fmt: skip
    lowest, highest = first.bounds(rows, np.arange(FEATURES) == 0)
    sums = []
    for value in (math.nan, *np.linspace(-4, 4, 400)):
        tried = rows.copy()
        tried[:, 0] = value
        sums.append(first.log_odds(tried))
    assert np.allclose(np.min(sums, axis=0), lowest)
    assert np.allclose(np.max(sums, axis=0), highest)


def test_with_nothing_free_both_bounds_are_the_sum(trees: Trees, rows: NDArray[np.float64]) -> None:
    lowest, highest = trees.bounds(rows, np.zeros(FEATURES, dtype=bool))
    assert np.allclose(lowest, trees.log_odds(rows))
    assert np.allclose(highest, trees.log_odds(rows))
