"""From what the encoder says of each word to the evidence on it, alone and in the company it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.channel import NO_CANDIDATE, Rivalry
from detector.signals.wording.encoder import FIRST_WORD, Floats, Reading

#: Spinning rates the likelihood ratio is averaged over: nobody knows how much of a document was replaced.
RATES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.35])
RATIO_LIMIT = 40.0  # nats; far beyond certainty
HONEST = 0.9  # share of documents that nobody spun, when a word's company is weighed
INDEPENDENCE = 0.1  # words of a text are odd together (an old book, a scan), so their evidence counts less than its sum

TELLING = -3.0  # log-odds of its own from which a word may become a finding
LOGIT_LIMIT = 9.0
OWN_LIMITS = (-15.0, 25.0)
NEAR = 2  # words on either side whose own logits say whether a word stands in odd company
AROUND = 15  # words on either side in which broken ones are counted

#: What is known of a word when its evidence is weighed.
WORD_INPUTS = (
    "logit",  # the first head: was it put here by a substitution?
    "gain",  # the channel, in nats; 0 where no spinner is known to put the word in
    "logit_x_gain",  # lets a gain count only where the word itself looks out of place, and back
    "unknown",  # no spinner is known to put it in
    "habit",  # how readily a spinner makes the swap behind the gain
    "own",  # how well it fits by the second head's opinion
    "rank",  # how rare it is: the log of its first piece's place in the vocabulary, which is ordered by frequency
    "pieces",  # of the tokenizer, beyond the first
    "capital",  # capitalised inside a sentence: a name
    "near",  # mean logit of its neighbours
    "broken_near",  # share of broken words around it
    "logit_x_broken",  # among broken words an odd one says less
    "expected_own",  # its log-probability by what a masked language model would say; 0 if the encoder does not tell
)
#: What the light encoder said of the word, where the deep one reads after it: two opinions are better than one.
LIGHT_INPUTS = ("light_logit",)
ALL_INPUTS = WORD_INPUTS + LIGHT_INPUTS
DENIAL = -2.0  # as much as it can speak against a swap; that it sees nothing says little, subtle swaps escape it


@dataclass(frozen=True)
class WordModel:
    """Log-odds that a word was swapped, from its inputs; fitted on simulated spins.

    `prior` is the share of swapped words it was fitted with; taking it out leaves a likelihood ratio.
    """

    bias: float
    weights: Mapping[str, float]
    prior: float

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> WordModel:
        return cls(float(settings["bias"]), dict(settings["weights"]), float(settings["prior"]))

    def log_odds(self, inputs: Floats) -> Floats:
        columns = [ALL_INPUTS.index(name) for name in self.weights]
        result: Floats = (self.bias + inputs[:, columns] @ np.array(list(self.weights.values()))).astype("f4")
        return result


@dataclass(frozen=True)
class Evidence:
    """The words of one document in order: where they are (prose offsets) and what was found about each."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    inputs: Floats  # a row of WORD_INPUTS each, or of ALL_INPUTS
    log_odds: Floats

    def __len__(self) -> int:
        return len(self.starts)

    def column(self, name: str) -> Floats:
        """One of ALL_INPUTS, of each word."""
        return self.inputs[:, ALL_INPUTS.index(name)]

    @property
    def logits(self) -> Floats:
        return self.column("logit")

    @property
    def gains(self) -> Floats:
        """Of words that no spinner is known to put in, NO_CANDIDATE."""
        gains: Floats = np.where(self.column("unknown") > 0, NO_CANDIDATE, self.column("gain"))
        return gains

    def between(self, start: int, end: int) -> Evidence:
        first, last = np.searchsorted(self.starts, [start, end])
        span = slice(first, last)
        return Evidence(self.starts[span], self.ends[span], self.inputs[span], self.log_odds[span])


def word_inputs(text: str, reading: Reading, rivals: Rivalry) -> Floats:
    """A row of WORD_INPUTS for each word of one text."""
    words = reading.words
    logits = np.array([reading.logits[w.first : w.last + 1].mean() for w in words], dtype=np.float32)
    logits = np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT)
    unknown = rivals.gains <= NO_CANDIDATE
    gains = np.where(unknown, 0.0, rivals.gains)
    first = reading.ids[np.array([w.first for w in words])]
    pieces = np.array([w.last - w.first for w in words])
    capital = np.array([_inside_sentence(text, w.start) and text[w.start].isupper() for w in words])
    broken = around(broken_words(unknown, pieces, capital).astype(np.float32), AROUND)
    columns = (
        logits,
        gains,
        logits * np.maximum(gains, 0) / 10,
        unknown,
        np.where(unknown, 0.0, rivals.habits),
        np.clip(rivals.own, *OWN_LIMITS),
        log_rank(np.maximum(first - FIRST_WORD, 0)),
        np.minimum(pieces, 5),
        capital,
        around(logits, NEAR),
        broken,
        logits * broken,
        np.maximum(rivals.expected, OWN_LIMITS[0]),
    )
    return np.column_stack(columns).astype(np.float32)


def with_light(inputs: Floats, light: Floats) -> Floats:
    """Rows of ALL_INPUTS, from rows of WORD_INPUTS of the same words by the deep encoder and by the light one."""
    both: Floats = np.column_stack([inputs, np.maximum(light[:, WORD_INPUTS.index("logit")], DENIAL)])
    return both


def broken_words(unknown: NDArray[np.bool_], pieces: NDArray[Any], capital: NDArray[Any]) -> NDArray[np.bool_]:
    """Words in several pieces that no spinner puts in: scanning and typing errors. Names are in pieces in honest and in spun
    texts alike, a firm's in every second sentence."""
    broken: NDArray[np.bool_] = unknown & (pieces >= 1) & (capital == 0)
    return broken


def around(values: Floats, width: int) -> Floats:
    """For each value the mean of those up to `width` before and after it, itself not counted."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    at = np.arange(len(values))
    low, high = np.maximum(at - width, 0), np.minimum(at + width + 1, len(values))
    means: Floats = ((sums[high] - sums[low] - values) / np.maximum(high - low - 1, 1)).astype(np.float32)
    return means


def _inside_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()[-1:]
    return before.isalnum() or before in (",", ";", "-", "–", "—", "(", "’", "'")


def log_rank(place: Any) -> Any:
    """Of a place in the vocabulary, counted from its first word."""
    return np.log(place + 10.0)


def marginal_ratio(log_odds: Floats, prior: float) -> float:
    """log of the mean over rates r of prod(1 − r + r·e^l), where l is a word's log likelihood ratio."""
    sums = np.log1p(RATES[:, None] * (_ratios(log_odds, prior)[None, :] - 1)).sum(axis=1)
    return float(np.clip(np.logaddexp.reduce(sums) - np.log(len(RATES)), -RATIO_LIMIT, RATIO_LIMIT))


def in_company(log_odds: Floats, prior: float) -> Floats:
    """For each word of a document the log-odds that it was swapped, going by the company it keeps.

    In a text of which a tenth was replaced a weak sign is enough, in one that seems untouched only a strong one is: the
    rates are weighed by how well they explain all the words, the rate 0 among them.
    """
    ratios = _ratios(log_odds, prior)
    rates = np.concatenate([[0.0], RATES])
    sums = np.log1p(rates[:, None] * (ratios[None, :] - 1)).sum(axis=1) * INDEPENDENCE
    sums += np.log(np.concatenate([[HONEST], np.full(len(RATES), (1 - HONEST) / len(RATES))]))
    weights = np.exp(sums - np.logaddexp.reduce(sums))
    swapped = weights @ (rates[:, None] * ratios / (1 + rates[:, None] * (ratios - 1)))
    result: Floats = np.log(np.clip(swapped, 1e-9, 1) / np.clip(1 - swapped, 1e-9, 1)).astype(np.float32)
    return result


#: What decides whether a word is reported: its own evidence, and that of the document it stands in.
FINDING_INPUTS = (
    "log_odds",
    "in_company",
    "logit",
    "gain",
    "strongest_3",
    "strongest_10",
    "strongest_tenth",
    "length",
    "log_odds_x_strongest_10",
    "log_odds_x_strongest_tenth",
)


def finding_inputs(evidence: Evidence, prior: float) -> Floats:
    """A row of FINDING_INPUTS for each word of a document."""
    odds, count = evidence.log_odds, len(evidence)
    ten, tenth = strongest(odds, 10), strongest(odds, max(1, count // 10))
    of_document = (strongest(odds, 3), ten, tenth, np.log(count))
    columns = (
        odds,
        in_company(odds, prior),
        evidence.logits,
        evidence.gains,
        *(np.full(count, value) for value in of_document),
        odds * ten,
        odds * tenth,
    )
    return np.column_stack(columns).astype(np.float32)


@dataclass(frozen=True)
class FindingModel:
    """The probability that a word was swapped, read in its document; from `threshold` on it is reported."""

    bias: float
    weights: tuple[float, ...]
    threshold: float

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> FindingModel:
        weights = tuple(float(settings["weights"][name]) for name in FINDING_INPUTS)
        return cls(float(settings["bias"]), weights, float(settings["threshold"]))

    def probabilities(self, evidence: Evidence, prior: float) -> Floats:
        odds = np.clip(self.bias + finding_inputs(evidence, prior) @ np.array(self.weights), -30, 30)
        result: Floats = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return result


def _ratios(log_odds: Floats, prior: float) -> NDArray[np.float64]:
    ratios: NDArray[np.float64] = np.exp(np.clip(log_odds - np.log(prior / (1 - prior)), -RATIO_LIMIT, 12))
    return ratios


def suspicion(evidence: Evidence) -> float:
    """One number that is high where some words look swapped, whatever the length; for choosing what to read twice."""
    return strongest(evidence.log_odds, max(3, len(evidence) // 50))


def strongest(values: Floats, count: int) -> float:
    count = min(count, len(values))
    return float(np.partition(values, -count)[-count:].mean())


def join(parts: Sequence[Evidence]) -> Evidence:
    names = ("starts", "ends", "inputs", "log_odds")
    return Evidence(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
