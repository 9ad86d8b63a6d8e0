#!/usr/bin/env bash
# scikit-learn 1.9.1, HistGradientBoostingClassifier and a feature that is missing in every row.
#
# Guess: missing values are supported natively (so its documentation says: samples with missing values go to the child with the
#   larger gain), so a column that is NaN in all rows is like a constant one: never split on, as one valid value among NaN is.
# Seen: fit raises "ValueError: window shape cannot be larger than input array shape", which names neither the column nor the
#   cause. One valid value in the column, and the same call fits. It strikes late: in a cross-validation that leaves groups out
#   only the fold in which a rarely known feature is known to nobody fails.
# Exits 0 while that is so.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'scikit-learn==1.9.1' 'numpy==2.4.6'
"$scratch/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

print("scikit-learn", sklearn.__version__)
known = np.random.default_rng(0).normal(size=(200, 2))
labels = known[:, 0] > 0
columns = {
    "the same value in every row": np.ones(200),
    "missing in all rows but one": np.where(np.arange(200) == 0, 1.0, np.nan),
    "missing in every row": np.full(200, np.nan),
}
seen = {}
for name, column in columns.items():
    try:
        HistGradientBoostingClassifier().fit(np.column_stack([known, column]), labels)
        seen[name] = "fits"
    except ValueError as error:
        seen[name] = f"ValueError: {error}"
    print(f"{name}: {seen[name]}")
sys.exit([result == "fits" for result in seen.values()] != [True, True, False])
PYTHON
