"""Compares two texts: aligns them, measures the pair, and gives the verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelError
from detector.model_files import Manifest, Settings
from detector.trace.alignment import Edit, Stretch, align
from detector.trace.features import FEATURES, Measured, content_kept, measure, moved
from detector.trace.pairs import Relation, Swap, Verdict, count_words
from detector.trace.swaps import EVIDENCE, SwapEvidence, Words, words_of
from detector.trace.texts import ComparedText

MODEL = "trace.json"
#: Different swaps of a spun pair, and of one that has only a passage in common: fewer are what anybody changes.
FEWEST_SWAPS, FEWEST_IN_PASSAGE = 3, 8
#: Of the words of a copy, those that are the same; of each text, the part that is in it.
COPIED, COPIED_COVERAGE = 0.9, 0.8
_LONGEST_SWAP = 4  # words
#: The part of either text that has to be in common, so that not only a passage of it is quoted.
WHOLE = 0.6
#: Of the words that carry no grammar, the part that has to be the same where nothing was spun: two texts of one template have
#: the frame in common and say different things. Of translations of one text by people or machines, 98 % have more.
FRAME = 0.34
ALIKE = 0.45  # of all words, likewise
QUOTED = 0.7  # of the words of a quotation, those that are the same; where fewer are, it is chance


@dataclass(frozen=True)
class Linear:
    """A logistic regression over features that are centred and scaled."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def probability(self, values: NDArray[np.float64]) -> float:
        return float(1 / (1 + np.exp(-((values - self.mean) / self.scale @ self.weights + self.intercept))))

    @classmethod
    def from_settings(cls, settings: Settings) -> Linear:
        mean, scale, weights = (settings.array(name) for name in ("mean", "scale", "weights"))
        if not len(mean) == len(scale) == len(weights) == len(FEATURES):
            raise settings.refused("weights", "does not fit the features of this program")
        return cls(mean, scale, weights, settings.number("intercept"))


@dataclass(frozen=True)
class PairModel:
    """What was fitted: `direction` weighs the evidence on a swap; the others tell pairs apart. Immutable."""

    direction: NDArray[np.float64]
    spun: Linear  # from pairs that say the same
    frames: Linear  # spun pairs from texts that fill one frame
    siblings: Linear
    translations: Linear
    threshold: float  # of the probability of having been spun

    @classmethod
    def load(cls, manifest: Manifest) -> PairModel:
        """Read the file that the manifest names. Raises ModelError, naming the file and the key that is wrong."""
        path = manifest.checked(manifest.section("trace").text("classifier"))
        try:
            content = json.loads(path.read_bytes())
        except ValueError as error:
            raise ModelError(f"{path}: is no JSON; reinstall the package") from error
        settings = Settings(path, "", content)
        if settings.values.get("features") != list(FEATURES) or settings.values.get("evidence") != list(EVIDENCE):
            raise settings.refused("features", "are not those of this program")
        direction = settings.array("direction")
        if len(direction) != len(EVIDENCE):
            raise settings.refused("direction", "does not fit the evidence of this program")
        spun, frames, siblings, translations = (
            Linear.from_settings(settings.section(name)) for name in ("spun", "frames", "siblings", "translations")
        )
        return cls(direction, spun, frames, siblings, translations, settings.number("threshold"))


class Comparer:
    """Compares pairs of texts by the model that a manifest names. Immutable, so thread- and fork-safe.

    Raises ModelError, naming the file and the key, when the model files lack something.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._model = PairModel.load(manifest)
        self._evidence = SwapEvidence.load(manifest)

    def compare(self, a: ComparedText, b: ComparedText) -> Verdict | None:
        """Return the verdict on a pair, None where the texts have nothing in common."""
        stretches = align(a, b)
        if not stretches:
            return None
        counts = count_words(stretches)
        share = counts[0] / sum(stretch.words for stretch in stretches)
        coverage = shares_covered(a, b, stretches)
        swaps = [edit for stretch in stretches for edit in stretch.edits if edit.is_swap]
        differ = may_be_spun(len(swaps), coverage) and may_be_spun(count_different(swaps, a, b), coverage)
        relation, measured, probability = Relation.QUOTES, None, 0.0
        if differ or max(coverage) >= WHOLE:
            measured = measure(a, b, stretches, self._evidence, self._model.direction)
            probability = self._probability(measured) if differ else 0.0
            relation = self._relation(measured, probability, coverage, share)
        if not relation.is_spun and (
            share < (QUOTED if relation is Relation.QUOTES else ALIKE) or content_kept(a, stretches) < FRAME
        ):
            return None
        return Verdict(
            relation,
            probability,
            float(measured.directions.sum()) if measured else 0.0,
            *counts,
            moved(stretches),
            coverage,
            tuple(stretches),
            tuple(_swaps(a, b, measured)) if measured and relation is not Relation.QUOTES else (),
        )

    def direction(self, a: Words, b: Words) -> float:
        """Return the evidence (nats) that words `b` were put in for words `a`; below 0 it is the other way."""
        return float(np.dot(self._evidence.evidence(a, b), self._model.direction))

    def _probability(self, measured: Measured) -> float:
        return min(model.probability(measured.values) for model in (self._model.spun, self._model.frames))

    def _relation(
        self, measured: Measured, probability: float, coverage: tuple[float, float], share: float
    ) -> Relation:
        if probability >= self._model.threshold:
            siblings = self._model.siblings.probability(measured.values) >= 0.5
            return Relation.SPUN_SIBLINGS if siblings else Relation.SPUN_COPY
        if max(coverage) < WHOLE:
            return Relation.QUOTES
        if share >= COPIED:
            return Relation.COPY
        return (
            Relation.TRANSLATIONS if self._model.translations.probability(measured.values) >= 0.5 else Relation.EDITED
        )


def shares_covered(a: ComparedText, b: ComparedText, stretches: Sequence[Stretch]) -> tuple[float, float]:
    """Return the share of either text that lies in the stretches."""
    return (
        sum(stretch.a_end - stretch.a_start for stretch in stretches) / len(a),
        sum(stretch.b_end - stretch.b_start for stretch in stretches) / len(b),
    )


def count_different(swaps: Sequence[Edit], a: ComparedText, b: ComparedText) -> int:
    """Return how many different swaps there are that a spinner might make.

    A number, a phrase of many words, and a word that is only written otherwise (two-year, two year) are none.
    """
    return sum(map(may_be_put_in, {words_of(edit, a, b) for edit in swaps}))


def may_be_put_in(words: tuple[Words, Words]) -> bool:
    if max(map(len, words)) > _LONGEST_SWAP:
        return False
    left, right = ("".join(filter(str.isalnum, "".join(side))) for side in words)
    return left != right and not any(map(str.isdigit, left + right))


def may_be_spun(swaps: int, coverage: tuple[float, float]) -> bool:
    """Tell whether there are enough swaps to say anything: of a passage more are needed than of a whole text."""
    return swaps >= (FEWEST_SWAPS if max(coverage) >= WHOLE else FEWEST_IN_PASSAGE)


def _swaps(a: ComparedText, b: ComparedText, measured: Measured) -> list[Swap]:
    result = []
    for edit, direction in zip(measured.swaps, measured.directions.tolist(), strict=True):
        of_a, of_b = a.span(edit.a_start, edit.a_end), b.span(edit.b_start, edit.b_end)
        result.append(Swap(*of_a, *of_b, a.prose[slice(*of_a)], b.prose[slice(*of_b)], direction))
    return result
