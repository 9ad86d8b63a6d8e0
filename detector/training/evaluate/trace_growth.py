"""How the join of `detector trace` grows: signatures of many made-up documents, the seconds (of the processor) and the memory.

The memory is what the join allocates at most; the columns are mapped and not in it.

python -m detector.training.evaluate.trace_growth --documents 100000 1000000
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from detector.trace.candidates import find_candidates
from detector.trace.sidecar import Part

HASHES = 100  # of a document of some 450 words
COMMON, SHARE_OF_COMMON = 5_000, 0.05  # hashes that many documents have, and their share
COPIED = 0.02  # of the documents, those that have half of their hashes from the one before
_PART = 50_000


def make_part(folder: Path, documents: int, seed: int) -> Part:
    """Write the columns of a part, as a sidecar has them, without texts."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64 - 1, (documents, HASHES), np.uint64, endpoint=True)
    common = rng.random(hashes.shape) < SHARE_OF_COMMON
    hashes[common] = (rng.zipf(1.3, int(common.sum())) % COMMON).astype(np.uint64) * np.uint64(2**64 // COMMON)
    copies = np.flatnonzero(rng.random(documents) < COPIED)
    copies = copies[copies > 0]
    hashes[copies, : HASHES // 2] = hashes[copies - 1, : HASHES // 2]
    numbers = np.repeat(np.arange(documents, dtype=np.uint32), HASHES)
    order = np.argsort(hashes.ravel(), kind="stable")  # as a sidecar has them: parts are sorted when they are written
    folder.mkdir()
    np.save(folder / "hashes.npy", hashes.ravel()[order])
    np.save(folder / "numbers.npy", numbers[order])
    np.save(folder / "digests.npy", rng.permutation(documents).astype(np.uint64) + np.uint64(seed))
    (folder / "part.json").write_text(f'{{"documents": {documents}, "files": [], "errors": []}}', encoding="utf-8")
    return Part(folder)


@dataclass(frozen=True)
class Joined:
    """What a join found, how long it took, and how many bytes it allocated at most."""

    candidates: int
    seconds: float
    peak: int


def join(parts: Sequence[Part]) -> Joined:
    """Join parts. The seconds hold what counting the memory takes: a fifth, about."""
    tracemalloc.start()
    started = process_time()
    candidates = sum(1 for _ in find_candidates(parts))
    seconds = process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Joined(candidates, seconds, peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[100_000, 1_000_000])
    options = parser.parse_args()
    print("documents      columns   candidates   seconds  peak memory of the join")
    for documents in options.documents:
        with TemporaryDirectory(prefix="unspun-growth-") as name:
            folder = Path(name)
            parts = [
                make_part(folder / str(start), min(_PART, documents - start), start)
                for start in range(0, documents, _PART)
            ]
            size = sum(file.stat().st_size for file in folder.rglob("*.npy"))
            found = join(parts)
        print(
            f"{documents:>10,} {size / 1e6:9,.0f} MB {found.candidates:12,} {found.seconds:9.1f} {found.peak / 1e6:10,.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
