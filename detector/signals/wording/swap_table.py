"""The noisy channel's table: which words could a spinner have turned into this one, and how readily.

`swaps.npz` holds the spinners' dictionaries inverted: for a word as it stands in a text, the words it may have replaced,
with the (natural) logarithm of how likely a spinner makes that swap, in tenths.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.model_files import load_arrays, read_lines, require_lengths

PRIOR_UNIT = 0.1  # nats
LOWEST_PRIOR = -12.7  # nats; the lowest log-probability that the table can hold


@dataclass(frozen=True)
class SwapTable:
    """The candidates of word n are `candidates[starts[n]:starts[n + 1]]` (token ids), with their priors beside them.

    Immutable, so thread- and fork-safe.
    """

    rows: dict[str, int]
    starts: NDArray[np.int32]
    candidates: NDArray[np.uint16]
    priors: NDArray[np.int8]

    @classmethod
    def load(cls, path: Path) -> SwapTable:
        """Read `swaps.npz`. Raises ModelError, naming the file and the array, when it is not whole."""
        arrays = load_arrays(path, words=1, starts=1, candidates=1, priors=1)
        words = read_lines(path, arrays["words"])
        starts, candidates, priors = arrays["starts"], arrays["candidates"], arrays["priors"]
        require_lengths(path, words=len(words) + 1, starts=len(starts))
        require_lengths(path, candidates=len(candidates), priors=len(priors), starts=int(starts[-1]))
        return cls({word: n for n, word in enumerate(words)}, starts, candidates, priors)

    def get(self, form: str) -> tuple[NDArray[np.uint16], NDArray[np.int8]]:
        """Return the token ids of the words that may have stood where `form` (in small letters) stands, and the
        log-probabilities of the swaps in tenths of a nat; two empty arrays where no spinner is known to put `form` in."""
        row = self.rows.get(form)
        if row is None:
            return self.candidates[:0], self.priors[:0]
        span = slice(self.starts[row], self.starts[row + 1])
        return self.candidates[span], self.priors[span]
