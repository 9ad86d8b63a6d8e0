"""Which word stood in a place before: candidates from the second head, ranked again in a repaired sentence.

The word that stands there says much about its original, so it is left in place when candidates are looked for. Then all
suspicious words of the text are hidden at once, and each place is asked again what fits there: around a swapped word others
are often swapped, too, and the second head believes what it reads. How readily a spinner makes the swap counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.channel import PRIOR_UNIT, Swaps
from detector.signals.wording.encoder import MAX_TOKENS, Encoder, Floats, Word

CANDIDATES = 40
KEPT = 10
# Chosen on simulated spins: the hidden reading raises the original more often to the top; asking the
# first head about a text with the candidates put in brought nothing and was left out.
KNOWN_BONUS = 4.0  # nats, for an original that a spinner is known to turn into the word that stands there
HABIT_WEIGHT = 0.4  # of the spinner's habits, in nats
HIDDEN_WEIGHT = 0.4  # of what fits when the suspicious words are hidden
_MASK = "[MASK]"
_WORD_PIECE = re.compile(r"[a-z][a-z]+")


@dataclass(frozen=True)
class Option:
    """A word that may have stood there, its share of what is likely, and whether spinners are known to make the swap."""

    word: str
    share: float
    known: bool


def originals(
    encoder: Encoder, swaps: Swaps, ids: NDArray[np.int64], words: Sequence[Word], *, forms: Sequence[str], fits: Floats
) -> list[tuple[Option, ...]]:
    """Options for each of the suspicious words of one text, best first.

    `ids` are the text's tokens, `forms` the words in small letters, `fits` a row for each word from the first reading.
    """
    hidden = _hidden(encoder, ids, words) if len(ids) <= MAX_TOKENS else [None] * len(words)
    return [_options(encoder, swaps, *row) for row in zip(forms, fits, hidden, strict=True)]


def _options(encoder: Encoder, swaps: Swaps, form: str, fit: Floats, hidden: Floats | None) -> tuple[Option, ...]:
    scores = encoder.vectors @ fit + encoder.bias
    candidates, priors = swaps.of(form)
    scores[candidates] += KNOWN_BONUS + priors.astype(np.float32) * (PRIOR_UNIT * HABIT_WEIGHT)
    best = np.argpartition(-scores, CANDIDATES)[:CANDIDATES]
    best = np.array(
        [i for i in best if encoder.pieces[i] != form and _WORD_PIECE.fullmatch(encoder.pieces[i])], dtype=int
    )
    if not len(best):
        return ()
    chosen = scores[best]
    if hidden is not None:
        chosen = chosen + HIDDEN_WEIGHT * (encoder.vectors[best] @ hidden + encoder.bias[best])
    order = np.argsort(-chosen)[:KEPT]
    shares = np.exp(chosen[order] - chosen[order[0]])
    shares /= shares.sum()
    known = set(candidates.tolist())
    return tuple(
        Option(encoder.pieces[best[at]], float(share), int(best[at]) in known)
        for at, share in zip(order, shares, strict=True)
    )


def _hidden(encoder: Encoder, ids: NDArray[np.int64], words: Sequence[Word]) -> list[Floats | None]:
    """What fits in each place when all of the words are hidden."""
    mask = encoder.pieces.index(_MASK)
    kept: list[int] = []
    at: list[int] = []
    position = 0
    for word in words:
        kept += ids[position : word.first].tolist()
        at.append(len(kept))
        kept.append(mask)
        position = word.last + 1
    fits = encoder.run(kept + ids[position:].tolist()).fits
    return [fits[place] for place in at]
