"""The fitted models of a word: the log-odds that it was swapped, and the probability by which it becomes a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.model_files import Settings
from detector.signals.wording.encoder import Floats
from detector.signals.wording.evidence import ALL_INPUTS, Evidence
from detector.signals.wording.likelihood import mean_of_highest, posterior_log_odds

LOWEST_FINDING_LOG_ODDS = -3.0  # log-odds of a single word, from which it may become a finding


@dataclass(frozen=True)
class WordModel:
    """Logistic regression from a word's inputs to the log-odds that it was swapped; fitted on simulated spins.

    `weights` by name, one for each of `WORD_INPUTS` or of `ALL_INPUTS`, 0 for what does not count. `prior` is the share of
    swapped words it was fitted with; taking it out leaves a likelihood ratio.
    """

    bias: float
    weights: Mapping[str, float]
    prior: float

    @classmethod
    def from_settings(cls, settings: Settings, inputs: Sequence[str]) -> WordModel:
        """Read it from the manifest. Raises ModelError unless there is a weight for each of `inputs`."""
        weights = settings.section("weights").numbers(inputs)
        prior = settings.number("prior")
        if not 0 < prior < 1:
            raise settings.refused("prior", "is no share between 0 and 1")
        return cls(settings.number("bias"), weights, prior)

    def log_odds(self, inputs: Floats) -> Floats:
        """Return natural log-odds [n] for rows of inputs [n, k]."""
        counted = {name: weight for name, weight in self.weights.items() if weight}
        columns = [ALL_INPUTS.index(name) for name in counted]
        result: Floats = (self.bias + inputs[:, columns] @ np.array(list(counted.values()))).astype("f4")
        return result


#: What decides whether a word is reported: its own evidence, and that of the document it stands in.
FINDING_INPUTS = (
    "log_odds",
    "posterior_log_odds",
    "logit",
    "margin",
    "strongest_3",
    "strongest_10",
    "strongest_tenth",
    "log_words",
    "log_odds_x_strongest_10",
    "log_odds_x_strongest_tenth",
)


def finding_inputs(evidence: Evidence, prior: float) -> Floats:
    """Return a row of `FINDING_INPUTS` for each word of a document: float32 [n, 10]."""
    odds, count = evidence.log_odds, len(evidence)
    ten, tenth = mean_of_highest(odds, 10), mean_of_highest(odds, max(1, count // 10))
    of_document = (mean_of_highest(odds, 3), ten, tenth, np.log(count))
    columns = (
        odds,
        posterior_log_odds(odds, prior),
        evidence.logits,
        evidence.margins,
        *(np.full(count, value) for value in of_document),
        odds * ten,
        odds * tenth,
    )
    return np.column_stack(columns).astype(np.float32)


@dataclass(frozen=True)
class FindingModel:
    """Logistic regression to the probability that a word was swapped, read in its document; reported from `threshold` on.

    `weights` in the order of `FINDING_INPUTS`.
    """

    bias: float
    weights: tuple[float, ...]
    threshold: float

    @classmethod
    def from_settings(cls, settings: Settings) -> FindingModel:
        weights = settings.section("weights").numbers(FINDING_INPUTS)
        return cls(settings.number("bias"), tuple(weights.values()), settings.number("threshold"))

    def probabilities(self, evidence: Evidence, prior: float) -> Floats:
        """Return a probability for each word of a document, from 0 to 1."""
        odds = np.clip(self.bias + finding_inputs(evidence, prior) @ np.array(self.weights), -30, 30)
        result: Floats = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return result
