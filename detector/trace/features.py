"""What is measured of a pair of texts that were aligned. None of it depends on which of the two comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.trace.alignment import Edit, Stretch
from detector.trace.swaps import SwapEvidence, words_of
from detector.trace.texts import ComparedText

FEATURES = (
    "kept",  # share of the words of the stretches
    "coverage",  # share of the shorter text that the stretches cover
    "log swaps",  # ln(1 + swaps)
    "one for one",  # share of the edits that are as many words for as many
    "put in or left out",  # share of the words of the stretches
    "edit length",  # mean words of an edit, the longer side
    "long edits",  # share of the edited words in edits of five words and more
    "function words",  # share of the words in edits
    "numbers and names",  # share of the words in edits
    "same stem",  # share of the words swapped one for one
    "known",  # share of the words swapped one for one that are known swaps, in either direction
    "prior",  # mean log-probability of those
    "rare",  # mean ln(rank) of the rarer word of each, less that of the other
    "log known",  # ln(1 + how many known ones)
    "dispersion",  # variance of the edits in runs of 50 words by their mean
    "moved",  # stretches that are not in the order of the other text, by all
    "direction",  # absolute mean of the directions of the swaps
    "certainty",  # mean absolute direction of the swaps
    "one-sided",  # |sum| / sum of absolutes
    "content kept",  # share of the words that are no function words
)
_LONG = 5
_RUN = 50


@dataclass(frozen=True)
class Measured:
    """`values` are the features; `directions` has a number for each swap, positive where the second text's words were put in;
    `swaps` are these swaps."""

    values: NDArray[np.float64]
    directions: NDArray[np.float64]
    swaps: tuple[Edit, ...]


def measure(
    a: ComparedText,
    b: ComparedText,
    stretches: Sequence[Stretch],
    evidence: SwapEvidence,
    weights: NDArray[np.float64],
) -> Measured:
    """Measure a pair; `weights` are those of `swaps.EVIDENCE`."""
    edits = [edit for stretch in stretches for edit in stretch.edits]
    swaps = tuple(edit for edit in edits if edit.is_swap)
    pairs = [words_of(edit, a, b) for edit in swaps]
    directions = np.array([evidence.evidence(*pair) for pair in pairs], np.float64).reshape(-1, len(weights)) @ weights
    words = sum(stretch.words for stretch in stretches) or 1
    kept = sum(stretch.kept for stretch in stretches)
    covered = [
        sum(stretch.a_end - stretch.a_start for stretch in stretches) / max(len(a), 1),
        sum(stretch.b_end - stretch.b_start for stretch in stretches) / max(len(b), 1),
    ]
    lengths = np.array([max(edit.a_end - edit.a_start, edit.b_end - edit.b_start) for edit in edits] or [0])
    at = np.array(edits, np.int64).reshape(-1, 4).T
    edited = int((at[1] - at[0] + at[3] - at[2]).sum())
    fixed = _within(a.fixed_words, at[:2]) + _within(b.fixed_words, at[2:])
    functional = _within(a.function_words, at[:2]) + _within(b.function_words, at[2:])
    singles = [
        evidence.swapped(x, y)
        for left, right in pairs
        if len(left) == len(right)
        for x, y in zip(left, right, strict=True)
        if x != y
    ]
    content = [one for one in singles if one.content]
    priors = [one.prior for one in content if one.prior is not None]
    total = float(np.abs(directions).sum())
    kept_content = content_kept(a, stretches)
    values = (
        kept / words,
        max(covered),
        np.log1p(len(swaps)),
        _mean([len(left) == len(right) for left, right in pairs], 0.0),
        sum(edit.a_end - edit.a_start + edit.b_end - edit.b_start for edit in edits if not edit.is_swap) / words,
        lengths.mean(),
        lengths[lengths >= _LONG].sum() / max(lengths.sum(), 1),
        functional.sum() / edited if edited else 0.0,
        np.mean(fixed > 0) if edits else 0.0,
        _mean([one.same_stem for one in singles], 0.0),
        len(priors) / max(len(content), 1),
        _mean(priors, -8.0),
        _mean([one.rank_gap for one in content], 0.0),
        np.log1p(len(priors)),
        _dispersion(edits, stretches),
        moved(stretches) / max(len(stretches), 1),
        abs(directions.mean()) if len(directions) else 0.0,
        np.abs(directions).mean() if len(directions) else 0.0,
        abs(directions.sum()) / total if total else 0.0,
        kept_content,
    )
    return Measured(np.array(values, np.float64), directions, swaps)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _within(counted: NDArray[np.int64], spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of the words that are counted stand in each span."""
    within: NDArray[np.int64] = counted[spans[1]] - counted[spans[0]]
    return within


def content_kept(a: ComparedText, stretches: Sequence[Stretch]) -> float:
    """Return the share of words that are the same, of those that are no function words, in the first text."""
    spans = [(stretch.a_start, stretch.a_end) for stretch in stretches]
    edits = [(edit.a_start, edit.a_end) for stretch in stretches for edit in stretch.edits]
    words, changed = (
        int((found[1] - found[0] - _within(a.function_words, found)).sum())
        for found in (np.array(some, np.int64).reshape(-1, 2).T for some in (spans, edits))
    )
    return 1 - changed / words if words else 0.0


def _dispersion(edits: Sequence[Edit], stretches: Sequence[Stretch]) -> float:
    counts: list[int] = []
    for stretch in stretches:
        runs = max((stretch.a_end - stretch.a_start) // _RUN, 1)
        at = np.array([edit.a_start - stretch.a_start for edit in stretch.edits], np.int64) // _RUN
        counts += np.bincount(np.minimum(at, runs - 1), minlength=runs).tolist()
    mean = float(np.mean(counts)) if counts else 0.0
    return float(np.var(counts)) / mean if mean else 0.0


def moved(stretches: Sequence[Stretch]) -> int:
    """Return how many stretches stand before the one that they follow in the first text."""
    return sum(other.b_start < one.b_start for one, other in pairwise(stretches))
