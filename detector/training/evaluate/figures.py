"""Pictures for the model card: how far the probability can be believed, and how the encoders learned.

usage: python -m detector.training.evaluate.figures LOG.jsonl... --out models/training.png
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BINS = 10
SIZE = (5.0, 4.0)  # inches


def reliability(labels: NDArray[np.bool_], probability: NDArray[np.float64], path: Path) -> None:
    """Draw, for each tenth of the probability, the share of spun documents, honest and spun weighed as if equally many."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    weights = np.where(labels, 1 / labels.sum(), 1 / (~labels).sum())
    number = np.minimum((probability * BINS).astype(int), BINS - 1)
    there = [number == n for n in range(BINS) if (number == n).any()]
    said = [np.average(probability[one], weights=weights[one]) for one in there]
    true = [np.average(labels[one], weights=weights[one]) for one in there]
    size = [weights[one].sum() / weights.sum() for one in there]
    figure, axis = plt.subplots(figsize=SIZE, layout="constrained")
    axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axis.plot(said, true, color="tab:blue", marker="o")
    axis.bar(said, size, width=0.06, color="tab:blue", alpha=0.25)
    axis.set(xlabel="probability given", ylabel="share spun (bars: share of documents)", xlim=(0, 1), ylim=(0, 1))
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def training(logs: Sequence[Path], path: Path) -> None:
    """Draw average precision over words, on spinners and sources left out of training, by tokens learned from."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=SIZE, layout="constrained")
    for log in logs:
        rows = [row for row in map(json.loads, log.read_text("utf-8").splitlines()) if "word_ap" in row]
        axis.plot(
            [row["tokens"] / 1e6 for row in rows], [row["word_ap"] for row in rows], marker=".", label=log.parent.name
        )
    axis.set(xlabel="million tokens", ylabel="average precision over words")
    axis.legend()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    training(options.logs, options.out)


if __name__ == "__main__":
    main()
