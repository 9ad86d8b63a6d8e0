"""Which word stood in a place before: candidates from the second head, ranked again in a repaired sentence.

The observed word says much about its original, so it stays in place while candidates are collected. Then all suspicious
words of the text are masked at once, and the candidates of each place are ranked again: around a swapped word others
are often swapped, too, and they mislead the second head. The probability of the swap counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import MAX_TOKENS, Encoder, Floats, Word
from detector.signals.wording.swap_table import PRIOR_UNIT, SwapTable

CANDIDATES = 40
KEPT = 10
# Chosen on simulated spins: the masked text raises the original more often to the top; asking the first head about a text
# with the candidates put in brought nothing and was left out.
IN_TABLE_BONUS = 4.0  # nats, for an original that a spinner is known to turn into the observed word
PRIOR_WEIGHT = 0.4  # of the swap's log-probability
MASKED_WEIGHT = 0.4  # of the logits when the suspicious words are masked
_ROWS_AT_ONCE = 32  # 4 MB of scores
_MASK = "[MASK]"
_WORD_PIECE = re.compile(r"[a-z][a-z]+")


@dataclass(frozen=True)
class Candidate:
    """A word or phrase that may have stood there, its share of the probability of all candidates, and whether a table of
    known swaps or phrases names it."""

    word: str
    share: float
    known: bool


def rank_originals(
    encoder: Encoder,
    swaps: SwapTable,
    ids: NDArray[np.int64],
    words: Sequence[Word],
    *,
    forms: Sequence[str],
    original_vectors: Floats,
) -> list[tuple[Candidate, ...]]:
    """Return the candidates for each of the suspicious words of one text, best first.

    `ids` are the text's tokens, `forms` the words in small letters, `original_vectors` [n, d] a row for each word.
    """
    masked = _masked_vectors(encoder, ids, words) if len(ids) <= MAX_TOKENS else [None] * len(words)
    scores = _scores(encoder, original_vectors)
    return [_rank(encoder, swaps, *row) for row in zip(forms, scores, masked, strict=True)]


def rank_known(encoder: Encoder, swaps: SwapTable, form: str, original_vector: Floats) -> tuple[str, ...]:
    """Return the words that a spinner is known to turn into this one, the likeliest first; the text is not read again."""
    ids, priors = swaps.get(form)
    scores = encoder.vectors[ids] @ original_vector + encoder.bias[ids]
    scores += priors.astype(np.float32) * (PRIOR_UNIT * PRIOR_WEIGHT)
    best = ids[np.argsort(-scores, kind="stable")[:KEPT]]
    return tuple(
        encoder.pieces[i] for i in best if encoder.pieces[i] != form and _WORD_PIECE.fullmatch(encoder.pieces[i])
    )


def _scores(encoder: Encoder, original_vectors: Floats) -> Iterator[Floats]:
    """Yield for each row the score of every word of the vocabulary: many rows at once take little longer than one."""
    for first in range(0, len(original_vectors), _ROWS_AT_ONCE):
        yield from original_vectors[first : first + _ROWS_AT_ONCE] @ encoder.vectors.T + encoder.bias


def _rank(
    encoder: Encoder, swaps: SwapTable, form: str, scores: Floats, masked_vector: Floats | None
) -> tuple[Candidate, ...]:
    in_table, priors = swaps.get(form)
    scores[in_table] += IN_TABLE_BONUS + priors.astype(np.float32) * (PRIOR_UNIT * PRIOR_WEIGHT)
    best = np.argpartition(-scores, CANDIDATES)[:CANDIDATES]
    best = np.array(
        [i for i in best if encoder.pieces[i] != form and _WORD_PIECE.fullmatch(encoder.pieces[i])], dtype=int
    )
    if not len(best):
        return ()
    chosen = scores[best]
    if masked_vector is not None:
        chosen = chosen + MASKED_WEIGHT * (encoder.vectors[best] @ masked_vector + encoder.bias[best])
    order = np.argsort(-chosen)[:KEPT]
    shares = np.exp(chosen[order] - chosen[order[0]])
    shares /= shares.sum()
    known = set(in_table.tolist())
    return tuple(
        Candidate(encoder.pieces[best[at]], float(share), int(best[at]) in known)
        for at, share in zip(order, shares, strict=True)
    )


def _masked_vectors(encoder: Encoder, ids: NDArray[np.int64], words: Sequence[Word]) -> list[Floats | None]:
    """Return what fits in the place of each word when all of them are masked."""
    mask = encoder.pieces.index(_MASK)
    kept: list[int] = []
    at: list[int] = []
    position = 0
    for word in words:
        kept += ids[position : word.first_token].tolist()
        at.append(len(kept))
        kept.append(mask)
        position = word.last_token + 1
    vectors = encoder.run(kept + ids[position:].tolist()).original_vectors
    return [vectors[place] for place in at]
