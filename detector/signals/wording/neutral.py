"""Evidence without that of some words: what a document would be judged by if these words were ordinary ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import Floats
from detector.signals.wording.evidence import ALL_INPUTS, NEIGHBOURS, Evidence, neighbour_means
from detector.signals.wording.mentions import inside
from detector.text.offsets import Span

_LOGIT, _NEIGHBOUR = ALL_INPUTS.index("logit"), ALL_INPUTS.index("neighbour_logit")


def neutralise(
    evidence: Evidence,
    spans: Sequence[Span],
    neighbour_weight: float | Floats,
    kinds: NDArray[np.bool_] | None = None,
) -> Evidence:
    """Return the evidence with that of an ordinary word for each word that begins in the spans (prose offsets).

    There must be others. The ordinary word is the median one of these, with all its inputs. A word that looks more ordinary
    keeps its own. Where two encoders have read, `kinds` tells their words apart, as their inputs differ: an ordinary word is
    then one that the same encoder has read, if there is one. Neighbours lose what the words added to theirs;
    `neighbour_weight` is the weight of the input `neighbour_logit`, or that of each word. What the encoder made of the
    neighbours because it read these words stays.
    """
    chosen = inside(evidence, spans)
    if not chosen.any():
        return evidence
    kinds = np.zeros(len(evidence), dtype=np.bool_) if kinds is None else kinds
    ordinary = np.zeros(len(evidence), dtype=np.int64)
    for kind in (kinds, ~kinds):
        alike = np.flatnonzero(kind & ~chosen)
        others = alike if len(alike) else np.flatnonzero(~chosen)
        ordinary[kind] = others[np.argsort(evidence.log_odds[others], kind="stable")[len(others) // 2]]
    changed = chosen & (evidence.log_odds > evidence.log_odds[ordinary])
    inputs, log_odds = evidence.inputs.copy(), evidence.log_odds.copy()
    by = ordinary[changed]
    inputs[changed], log_odds[changed] = evidence.inputs[by], evidence.log_odds[by]
    logits = np.minimum(inputs[:, _LOGIT], evidence.logits)
    less = np.minimum(neighbour_means(logits, NEIGHBOURS) - neighbour_means(evidence.logits, NEIGHBOURS), 0)
    less[changed] = 0
    inputs[:, _NEIGHBOUR] += less
    log_odds += (neighbour_weight * less).astype(log_odds.dtype)
    return Evidence(evidence.starts, evidence.ends, inputs, log_odds)
