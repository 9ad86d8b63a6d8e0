"""The fitted model of a word: the log-odds that it was swapped, by its own evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.model_files import Settings
from detector.signals.wording.encoder import Floats
from detector.signals.wording.evidence import ALL_INPUTS

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
