"""Gradient-boosted decision trees as arrays, so that many documents are judged at once.

They come from scikit-learn's `HistGradientBoostingClassifier` and are kept as arrays, so that who scores does not import
scikit-learn, which takes a second. That they compute here what they did when they were fitted is checked on rows kept with
them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelError
from detector.model_files import load_arrays

_PROBE_TOLERANCE = 1e-6  # of log-odds
_NUMBERS = {"depth": int, "base": float}  # fields that are no arrays


@dataclass(frozen=True)
class Trees:
    """Trees as arrays [trees, nodes]; a leaf leads to itself. Immutable, so thread- and fork-safe.

    `features` and `thresholds`: a row goes to `left` where its feature is at most the threshold, else to `right`; where
    the feature is NaN, by `absent_left`. `values` are the leaves' log-odds, which are added to `base`.
    """

    features: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    absent_left: NDArray[np.bool_]
    values: NDArray[np.float64]
    depth: int
    base: float

    @classmethod
    def from_classifier(cls, classifier: Any) -> Trees:
        """Take them from a `HistGradientBoostingClassifier` of two classes without categories."""
        nodes = [tree.nodes for (tree,) in classifier._predictors]
        width = max(map(len, nodes))
        table = np.zeros((len(nodes), width), dtype=nodes[0].dtype)
        for row, of_tree in zip(table, nodes, strict=True):
            row[: len(of_tree)] = of_tree
        leaf, here = table["is_leaf"].astype(bool), np.arange(width)
        return cls(
            table["feature_idx"].astype(np.int64),
            table["num_threshold"].astype(np.float64),
            np.where(leaf, here, table["left"]).astype(np.int64),
            np.where(leaf, here, table["right"]).astype(np.int64),
            table["missing_go_to_left"].astype(bool),
            table["value"].astype(np.float64),
            int(table["depth"].max()),
            float(classifier._baseline_prediction[0, 0]),
        )

    def save(self, path: Path) -> None:
        """Write the arrays to an `.npz` file, by the names of the fields."""
        np.savez_compressed(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    def log_odds(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the trees for each row of features [rows, features]; NaN is an absent one."""
        tree = np.arange(len(self.features))
        at = np.zeros((len(rows), len(tree)), dtype=np.int64)
        for _ in range(self.depth):
            chosen = np.take_along_axis(rows, self.features[tree, at], axis=1)
            with np.errstate(invalid="ignore"):
                left = np.where(np.isnan(chosen), self.absent_left[tree, at], chosen <= self.thresholds[tree, at])
            at = np.where(left, self.left[tree, at], self.right[tree, at])
        result: NDArray[np.float64] = self.base + self.values[tree, at].sum(axis=1)
        return result

    def bounds(
        self, rows: NDArray[np.float64], free: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lowest and the highest sum that each row can have, whatever its `free` features [features] are.

        A tree that asks for a free feature may go both ways, so the sum of any values, absent ones among them, lies
        between. The two may not be reached, since the trees are taken one by one.
        """
        either = free[self.features]
        chosen = rows[:, self.features]
        with np.errstate(invalid="ignore"):
            goes_left = np.where(np.isnan(chosen), self.absent_left, chosen <= self.thresholds)
        tree = np.arange(len(self.features))[:, None]
        lowest = highest = np.broadcast_to(self.values, chosen.shape)
        # From the leaves up: after as many rounds as a tree is deep its root knows all below it. A leaf leads to itself.
        for _ in range(self.depth):
            (low_left, low_right), (high_left, high_right) = (
                (of[:, tree, self.left], of[:, tree, self.right]) for of in (lowest, highest)
            )
            lowest = np.where(either, np.minimum(low_left, low_right), np.where(goes_left, low_left, low_right))
            highest = np.where(either, np.maximum(high_left, high_right), np.where(goes_left, high_left, high_right))
        return self.base + lowest[:, :, 0].sum(axis=1), self.base + highest[:, :, 0].sum(axis=1)


def load_trees(path: Path, probe: NDArray[np.float64], expected: NDArray[np.float64]) -> Trees:
    """Read trees from an `.npz` file.

    Raises ModelError, naming the file, when it can't be read, or does not give the `expected` log-odds for the rows of
    `probe`.
    """
    stored = load_arrays(path, **{field.name: 0 if field.name in _NUMBERS else 2 for field in fields(Trees)})
    shapes = {array.shape for name, array in stored.items() if name not in _NUMBERS}
    if len(shapes) > 1:
        raise ModelError(f"{path}: its arrays do not fit together; reinstall the package")
    ((_, nodes),) = shapes
    trees = Trees(**{**stored, **{name: kind(stored[name]) for name, kind in _NUMBERS.items()}})
    count = probe.shape[1]
    if trees.features.size == 0 or trees.features.max() >= count:
        raise ModelError(f"{path}: reads other features than the {count} that the manifest names")
    if max(trees.left.max(), trees.right.max()) >= nodes:
        raise ModelError(f"{path}: its arrays do not fit together; reinstall the package")
    if expected.shape != probe.shape[:1] or not np.abs(trees.log_odds(probe) - expected).max() <= _PROBE_TOLERANCE:
        raise ModelError(f"{path}: does not compute what it did when it was fitted; reinstall the package")
    return trees
