"""What a threshold for each group wins over one for all, on documents that were left out.

python -m detector.training.evaluate.by_group GOOD.jsonl SPUN.jsonl --max-fpr 0.05

Both are score files. A spun document has the id of the good one it was made of, and `~spun`. The kind of a document is
its `group`, its host, or what stands before the last `-` of its id. Half of the good documents of each kind are calibrated
on, by chance; the other half and what was spun of it are judged. Means over kinds, and over several such halves.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from detector.corpus.groups import HOST
from detector.corpus.stored_scores import StoredScores
from detector.judge.by_group import Honest, lowest_threshold, own_thresholds

Scored = dict[str, dict[str, float]]  # probabilities by kind, and by id
_SPUN = "~spun"
_HALVES = 20


def read_kinds(path: Path) -> Scored:
    """Return the probabilities of a score file."""
    kinds: Scored = defaultdict(dict)
    for stored in StoredScores(str(path)).read(HOST):
        entry = stored.entry
        if entry.probability is not None:
            id = entry.id.removesuffix(_SPUN)
            kind = (stored.line or {}).get("group") or entry.group or id.rpartition("-")[0]
            kinds[kind][id] = entry.probability
    return kinds


def compare(good: Scored, spun: Scored, max_fpr: float, halves: int = _HALVES) -> Iterator[str]:
    """Yield the lines of the table: of each kind, the share of spins found and of good documents accused, both ways."""
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for seed in range(halves):
        chance = random.Random(seed)
        ids = {kind: chance.sample(sorted(documents), len(documents)) for kind, documents in sorted(good.items())}
        calibrated = {kind: some[: len(some) // 2] for kind, some in ids.items()}
        groups = {kind: _honest([good[kind][id] for id in some]) for kind, some in calibrated.items()}
        everything = _honest([good[kind][id] for kind, some in calibrated.items() for id in some])
        threshold = lowest_threshold(everything, max_fpr)
        if threshold is None:
            yield f"{len(everything):,} good documents can't show a rate of {max_fpr:g}"
            return
        points, _ = own_thresholds(groups, everything, max_fpr, threshold)
        for kind, some in ids.items():
            own = points[kind].threshold if kind in points else threshold
            left_out = some[len(some) // 2 :]
            honest = [good[kind][id] for id in left_out]
            swapped = [spun[kind][id] for id in left_out if id in spun.get(kind, {})]
            found[kind].append(tuple(_share(rows, t) for rows in (swapped, honest) for t in (threshold, own)))
    yield f"{'':32} spins found         good ones accused"
    yield f"{'kind':32} one for all   own  one for all   own"
    means = {kind: np.nanmean(np.array(rows), axis=0) for kind, rows in found.items()}
    for kind, row in means.items():
        yield _line(kind, row)
    table = np.array(list(means.values()))
    yield _line("mean over kinds", np.nanmean(table, axis=0))
    yield f"{'worst kind':32} {'':11} {'':5} {table[:, 2].max():11.3f} {table[:, 3].max():5.3f}"


def _line(name: str, row: Sequence[float] | np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return f"{name[:32]:32} {row[0]:11.3f} {row[1]:5.3f} {row[2]:11.3f} {row[3]:5.3f}"


def _share(probabilities: Sequence[float], threshold: float) -> float:
    return sum(one >= threshold for one in probabilities) / len(probabilities) if probabilities else float("nan")


def _honest(probabilities: Sequence[float]) -> Honest:
    return Honest((probability, 1.0) for probability in probabilities)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("good", type=Path)
    parser.add_argument("spun", type=Path)
    parser.add_argument("--max-fpr", type=float, default=0.01)
    given = parser.parse_args()
    for line in compare(read_kinds(given.good), read_kinds(given.spun), given.max_fpr):
        print(line)


if __name__ == "__main__":
    main()
