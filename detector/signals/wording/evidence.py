"""What is known of each word of a document once an encoder has read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.encoder import FIRST_WORD, EncodedText, Floats
from detector.signals.wording.margins import NO_CANDIDATE, CandidateMargins

LOGIT_LIMIT = 9.0
SCORE_LIMITS = (-15.0, 25.0)
NEIGHBOURS = 2  # words on either side whose mean logit is an input
BROKEN_RADIUS = 15  # words on either side in which broken ones are counted

#: What is known of a word when its evidence is weighed, a column each.
WORD_INPUTS = (
    "logit",  # of the first head: was the word put here by a substitution?
    "margin",  # nats by which the best candidate beats it; 0 where no spinner is known to put the word in
    "logit_x_margin",  # lets a margin count only where the word itself looks out of place, and back
    "no_candidate",  # 1 where no spinner is known to put it in
    "candidate_prior",  # log-probability that a spinner makes the swap behind the margin
    "observed_score",  # logit of the word itself by the second head: how well it fits
    "log_rank",  # how rare it is: the log of its first piece's place in the vocabulary, which is ordered by frequency
    "extra_pieces",  # of the tokenizer, beyond the first
    "capitalised",  # inside a sentence: a name
    "neighbour_logit",  # mean logit of its neighbours
    "broken_share",  # share of broken words around it
    "logit_x_broken",  # among broken words an odd one says less
    "masked_log_prob",  # the word's log-probability if it were masked; 0 if the encoder has no such head
)
#: What the light encoder said of the word, where the deep one reads after it: two opinions are better than one.
LIGHT_INPUTS = ("light_logit",)
ALL_INPUTS = WORD_INPUTS + LIGHT_INPUTS
LOWEST_LIGHT_LOGIT = -2.0  # it may speak against a swap no more than this: subtle swaps escape the light encoder

_PUNCTUATION_INSIDE = frozenset(",;-–—(’'")  # after which a sentence continues


@dataclass(frozen=True)
class Evidence:
    """The n words of one document in order.

    `starts`, `ends` [n]: their spans in code points of the prose. `inputs` [n, 13 or 14]: a row of `WORD_INPUTS` each, or
    of `ALL_INPUTS`. `log_odds` [n]: natural log-odds that the word was swapped, by its own inputs.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    inputs: Floats
    log_odds: Floats

    def __len__(self) -> int:
        return len(self.starts)

    def column(self, name: str) -> Floats:
        """Return one of `ALL_INPUTS` for each word."""
        return self.inputs[:, ALL_INPUTS.index(name)]

    @property
    def logits(self) -> Floats:
        return self.column("logit")

    @property
    def margins(self) -> Floats:
        """The candidate margins; NO_CANDIDATE for words that no spinner is known to put in."""
        margins: Floats = np.where(self.column("no_candidate") > 0, NO_CANDIDATE, self.column("margin"))
        return margins

    def with_log_odds(self, changed: Mapping[int, float]) -> Evidence:
        """Return the evidence with other log-odds for some words, by where they start."""
        log_odds = np.array(
            [changed.get(int(start), odds) for start, odds in zip(self.starts, self.log_odds, strict=True)],
            dtype=self.log_odds.dtype,
        )
        return replace(self, log_odds=log_odds)

    def between(self, start: int, end: int) -> Evidence:
        """Return the words that begin in `start:end` of the prose."""
        first, last = np.searchsorted(self.starts, [start, end])
        span = slice(first, last)
        return Evidence(self.starts[span], self.ends[span], self.inputs[span], self.log_odds[span])


def concatenate(parts: Sequence[Evidence]) -> Evidence:
    """Return the evidence of one document from that of its parts, in the order given; there must be one at least."""
    names = ("starts", "ends", "inputs", "log_odds")
    return Evidence(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def word_inputs(text: str, encoded: EncodedText, candidates: CandidateMargins) -> Floats:
    """Return a row of `WORD_INPUTS` for each word of one text: float32 [n, 13]."""
    spans = np.array(encoded.words, dtype=np.int64)
    first_tokens, last_tokens = spans[:, 2], spans[:, 3]
    logits = np.clip(_mean_logits(encoded.logits, first_tokens, last_tokens), -LOGIT_LIMIT, LOGIT_LIMIT)
    unknown = candidates.margins <= NO_CANDIDATE
    margins = np.where(unknown, 0.0, candidates.margins)
    extra_pieces = last_tokens - first_tokens
    capitalised = np.array([text[w.start].isupper() and _is_inside_sentence(text, w.start) for w in encoded.words])
    broken = neighbour_means(broken_words(unknown, extra_pieces, capitalised).astype(np.float32), BROKEN_RADIUS)
    columns = (
        logits,
        margins,
        logits * np.maximum(margins, 0) / 10,
        unknown,
        np.where(unknown, 0.0, candidates.priors),
        np.clip(candidates.observed_scores, *SCORE_LIMITS),
        log_rank(np.maximum(encoded.ids[first_tokens] - FIRST_WORD, 0)),
        np.minimum(extra_pieces, 5),
        capitalised,
        neighbour_means(logits, NEIGHBOURS),
        broken,
        logits * broken,
        np.maximum(candidates.masked_log_probs, SCORE_LIMITS[0]),
    )
    return np.column_stack(columns).astype(np.float32)


def append_light_logit(inputs: Floats, light: Floats) -> Floats:
    """Return rows of `ALL_INPUTS`, from rows of `WORD_INPUTS` of the same words by the deep encoder and the light one."""
    both: Floats = np.column_stack([inputs, np.maximum(light[:, WORD_INPUTS.index("logit")], LOWEST_LIGHT_LOGIT)])
    return both


def broken_words(
    unknown: NDArray[np.bool_], extra_pieces: NDArray[Any], capitalised: NDArray[Any]
) -> NDArray[np.bool_]:
    """Tell which words are scanning or typing errors: several pieces that no spinner puts in. Names are left out, since
    they are in pieces in honest and in spun texts alike, a firm's in every second sentence."""
    broken: NDArray[np.bool_] = unknown & (extra_pieces >= 1) & (capitalised == 0)
    return broken


def neighbour_means(values: Floats, radius: int) -> Floats:
    """Return for each value the mean of those up to `radius` before and after it, itself not counted; 0 for a lone one."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    at = np.arange(len(values))
    low, high = np.maximum(at - radius, 0), np.minimum(at + radius + 1, len(values))
    means: Floats = ((sums[high] - sums[low] - values) / np.maximum(high - low - 1, 1)).astype(np.float32)
    return means


def log_rank(rank: Any) -> Any:
    """Return the log of a rank in the vocabulary, counted from its first word and smoothed by ten."""
    return np.log(rank + 10.0)


def _mean_logits(logits: Floats, first: NDArray[np.int64], last: NDArray[np.int64]) -> Floats:
    """Return the mean logit of the tokens `first` to `last` of each word; words are in order and apart."""
    bounds = np.column_stack([first, last + 1]).ravel()
    sums = np.add.reduceat(np.append(logits, np.float32(0)), bounds)[::2]  # a bound may be the end
    means: Floats = (sums / (last - first + 1).astype(np.float32)).astype(np.float32)
    return means


def _is_inside_sentence(text: str, start: int) -> bool:
    at = start - 1
    while at >= 0 and text[at].isspace():
        at -= 1
    return at >= 0 and (text[at].isalnum() or text[at] in _PUNCTUATION_INSIDE)
