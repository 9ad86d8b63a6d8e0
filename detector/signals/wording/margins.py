"""The noisy channel: does one of the words that a spinner could have started from fit much better than the observed one?

The score of a candidate is its logit by the encoder's second head plus a part of the log-probability of the swap (Shannon's
noisy channel as Brill and Moore 2000 use it for spelling: channel model times language model).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import FIRST_WORD, EncodedText, Encoder, Floats
from detector.signals.wording.swap_table import LOWEST_PRIOR, PRIOR_UNIT, SwapTable

PRIOR_WEIGHT = 0.25  # of the swap's log-probability beside the fit; by design, not tuned
NO_CANDIDATE = -4.0  # margin of a word that no spinner is known to put in
LIMITS = (-4.0, 12.0)
COMMON = range(FIRST_WORD, FIRST_WORD + 2048)  # ids of common words: most of what is expected anywhere


@dataclass(frozen=True)
class CandidateMargins:
    """For each word of a text:

    `margins`: by how many nats the best candidate, a word that a spinner could have started from, beats the observed word;
    NO_CANDIDATE where the table has none. `priors`: log-probability of that swap. `observed_scores`: the logit of the
    observed word by the second head. `masked_log_probs`: the log-probability of the observed word among the common ones
    if it were masked; 0 where the encoder has no such head.
    """

    margins: Floats
    priors: Floats
    observed_scores: Floats
    masked_log_probs: Floats


def score_candidates(
    encoder: Encoder, swaps: SwapTable, texts: Sequence[EncodedText], forms: Sequence[Sequence[str]]
) -> list[CandidateMargins]:
    """Return the margins of the words of each text; `forms` are the texts' words in small letters.

    A word's numbers do not depend on the other texts.
    """
    first_tokens = [text.first_tokens for text in texts]
    vectors = [text.original_vectors[first] for text, first in zip(texts, first_tokens, strict=True)]
    observed = [
        _logits(encoder, of_text, text.ids[first])
        for text, first, of_text in zip(texts, first_tokens, vectors, strict=True)
    ]
    masked = [_masked_log_probs(encoder, text, first) for text, first in zip(texts, first_tokens, strict=True)]
    best, priors = _best_candidates(encoder, swaps, np.concatenate(vectors), [form for some in forms for form in some])
    scores = np.concatenate(observed)
    margins = np.where(np.isnan(best), np.float32(NO_CANDIDATE), np.clip(best - scores, *LIMITS))
    ends = np.cumsum([len(some) for some in forms])[:-1]
    columns = zip(np.split(margins, ends), np.split(priors, ends), observed, masked, strict=True)
    return [CandidateMargins(*row) for row in columns]


def _best_candidates(
    encoder: Encoder, swaps: SwapTable, vectors: Floats, forms: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return the score of each word's best candidate, NaN where it has none, and the log-probability of that swap.

    Words of one form share their candidates, whose vectors are gathered once: most of the time goes into fetching them.
    The products are made word by word, since a product of matrices rounds by the number of its rows.
    """
    best = np.full(len(forms), np.nan, dtype=np.float32)
    priors = np.full(len(forms), LOWEST_PRIOR, dtype=np.float32)
    by_form: defaultdict[str, list[int]] = defaultdict(list)
    for word, form in enumerate(forms):
        by_form[form].append(word)
    for form, words in by_form.items():
        ids, stored = swaps.get(form)
        if not len(ids):
            continue
        log_probs = stored.astype(np.float32) * PRIOR_UNIT
        offsets = encoder.bias[ids] + log_probs * PRIOR_WEIGHT
        candidates = encoder.vectors[ids]
        for word in words:
            scores = candidates @ vectors[word]
            scores += offsets
            at = scores.argmax()
            best[word], priors[word] = scores[at], log_probs[at]
    return best, np.maximum(priors, np.float32(LOWEST_PRIOR))


def _logits(encoder: Encoder, vectors: Floats, ids: NDArray[np.int64]) -> Floats:
    """Return the logit of one word for each vector."""
    logits: Floats = np.einsum("wd,wd->w", vectors, encoder.vectors[ids]) + encoder.bias[ids]
    return logits


def _masked_log_probs(encoder: Encoder, text: EncodedText, first_tokens: NDArray[np.int64]) -> Floats:
    """Return the observed words' log-probabilities under a softmax over the common words and the word itself."""
    if text.masked_vectors is None:
        return np.zeros(len(first_tokens), dtype=np.float32)
    vectors, ids = text.masked_vectors[first_tokens], text.ids[first_tokens]
    observed = _logits(encoder, vectors, ids)
    common = slice(COMMON.start, COMMON.stop)
    scores = vectors @ encoder.vectors[common].T + encoder.bias[common]
    others = np.where((ids >= COMMON.start) & (ids < COMMON.stop), -np.inf, observed)
    highest = np.maximum(scores.max(axis=1), others)
    scores -= highest[:, None]
    np.exp(scores, out=scores)
    total = scores.sum(axis=1) + np.exp(others - highest)
    log_probs: Floats = (observed - highest - np.log(total)).astype(np.float32)
    return log_probs
