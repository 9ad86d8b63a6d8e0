"""What ordinary deduplication finds of spun families: MinHash of words, and of marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.trace.marks import Marker
from detector.trace.shingles import mark_shingles

#: Words in a row, estimated Jaccard similarity, permutations.
BASELINES = {"words, 3 in a row, Jaccard .5": (3, 0.5, 128), "as text-dedup: 5 in a row, .7": (5, 0.7, 256)}


def baseline(texts: Sequence[str], length: int, threshold: float, permutations: int) -> set[tuple[int, int]]:
    """Return the pairs that ordinary MinHash of words finds, at the estimated similarity `threshold`."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=threshold, num_perm=permutations)
    signed = []
    for number, text in enumerate(texts):
        words = text.lower().split()
        grams = {" ".join(words[at : at + length]).encode() for at in range(max(len(words) - length + 1, 1))}
        sketch = MinHash(num_perm=permutations)
        sketch.update_batch(list(grams))
        signed.append(sketch)
        lsh.insert(number, sketch)
    return {
        (number, other)
        for number, sketch in enumerate(signed)
        for other in lsh.query(sketch)
        if number < other and sketch.jaccard(signed[other]) >= threshold
    }


def marks_baseline(texts: Sequence[str]) -> set[tuple[int, int]]:
    """Return the pairs that MinHash of the same marks finds (rensa, 128 permutations, 42 bands, Jaccard .4)."""
    import rensa

    marker, flat, ends = Marker(), [], [0]
    for text in texts:
        flat.append(np.unique(mark_shingles(marker.marks(text))))
        ends.append(ends[-1] + len(flat[-1]))
    matrix = np.array(
        rensa.RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(flat), ends, 126, 1).to_rows(), np.uint32
    )
    found: set[tuple[int, int]] = set()
    for band in range(0, 126, 3):
        keys = matrix[:, band : band + 3].astype(np.uint64) @ np.array([1, 2**21 - 9, 2**42 - 11], np.uint64)
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for group in np.split(order, cuts):
            if 2 <= len(group) <= 30:
                pairs = [(a, b) for at, a in enumerate(group.tolist()) for b in group.tolist()[at + 1 :]]
                found |= {(a, b) for a, b in pairs if (matrix[a] == matrix[b]).mean() >= 0.4}
    return found
