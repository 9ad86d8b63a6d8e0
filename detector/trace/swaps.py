"""What the words of a swap say about its direction: which of the two was put in for the other.

The evidence is what spinners are known to put in for what (`swaps.npz`, `paraphrases.npz`), and that the word of a writer is
the commoner one. It is weighed by a logistic regression without intercept, so that the other direction has the opposite sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from detector.model_files import Manifest
from detector.signals.wording.phrases import PhraseTable
from detector.signals.wording.swap_table import PRIOR_UNIT, SwapTable
from detector.trace.alignment import Edit
from detector.trace.marks import FUNCTION_WORDS
from detector.trace.texts import ComparedText

#: The columns of the evidence on one swap; each changes its sign when the texts change places.
EVIDENCE = ("known", "prior", "rank", "function", "length", "phrase", "words")
_KEPT = 1 << 16  # of what was looked up: a spinner makes the same swaps again and again
Words = tuple[str, ...]  # in small letters
Row = tuple[float, ...]  # the columns of EVIDENCE
_RANKS = 40_000.0  # of a word that is not one token


class SwappedWord(NamedTuple):
    """What is known of a word that stands for another one, whichever of them is the original.

    `content` tells that one of them at least is no function word; `prior` is the log-probability (nats) that a spinner makes
    the swap in the likelier direction, None where it is not known; `rank_gap` is |ln(rank) - ln(rank)|.
    """

    content: bool
    same_stem: bool
    prior: float | None
    rank_gap: float


class SwapEvidence:
    """The tables behind the evidence. They do not change; thread- and fork-safe.

    `ranks` are those of the words that are one token: about their order by frequency.
    """

    def __init__(self, swaps: SwapTable, paraphrases: PhraseTable, ranks: dict[str, int]) -> None:
        self._swaps, self._paraphrases, self._ranks = swaps, paraphrases, ranks
        self.prior: Callable[[str, str], float | None] = lru_cache(_KEPT)(self._prior)
        self.rank: Callable[[str], float] = lru_cache(_KEPT)(self._rank)
        self.swapped: Callable[[str, str], SwappedWord] = lru_cache(_KEPT)(self._swapped)
        self.evidence: Callable[[Words, Words], Row] = lru_cache(_KEPT)(self._evidence)

    @classmethod
    def load(cls, manifest: Manifest) -> SwapEvidence:
        """Read what the manifest names for the wording signal. Raises ModelError, naming the file or key."""
        wording = manifest.section("wording")
        light = wording.section("encoders").section("light")
        tokenizer = Tokenizer.from_file(str(manifest.checked(light.text("tokenizer"))))
        swaps, paraphrases = (manifest.checked(wording.text(name)) for name in ("swaps", "paraphrases"))
        return cls(SwapTable.load(swaps), PhraseTable.load(paraphrases), tokenizer.get_vocab())

    def _prior(self, original: str, put_in: str) -> float | None:
        """Return the log-probability (nats) that a spinner makes this swap, None where it is not known to."""
        number = self._ranks.get(original)
        if number is None:
            return None
        candidates, priors = self._swaps.get(put_in)
        at = np.flatnonzero(candidates == number)
        return float(priors[at[0]]) * PRIOR_UNIT if len(at) else None

    def stands_for(self, put_in: Words, original: Words) -> bool:
        """Tell whether a phrase that spinners put in is known to stand for these words, or for one of them."""
        if len(put_in) < 2:
            return False
        wanted = {*original, " ".join(original)}
        found = self._paraphrases.find_all(put_in, [True] * (len(put_in) - 1))
        return any(wanted & set(phrase.originals) for phrase in found)

    def _evidence(self, a: Words, b: Words) -> Row:
        """Return the evidence on words `a` of one text and words `b` of the other: positive where `b` was put in."""
        if len(a) == len(b):
            return tuple(map(sum, zip(*map(self._of_words, a, b), strict=True)))
        phrase = float(self.stands_for(b, a)) - float(self.stands_for(a, b))
        rank = 0.5 * (sum(map(self.rank, b)) / len(b) - sum(map(self.rank, a)) / len(a))
        return (0.0, 0.0, rank, 0.0, 0.0, phrase, 1.0 if len(b) > len(a) else -1.0)

    def _of_words(self, a: str, b: str) -> Row:
        there, back = self.prior(a, b), self.prior(b, a)
        return (
            float(there is not None) - float(back is not None),
            there - back if there is not None and back is not None else 0.0,
            self.rank(b) - self.rank(a),
            float(a in FUNCTION_WORDS) - float(b in FUNCTION_WORDS),
            max(-6, min(len(b) - len(a), 6)) / 3,
            0.0,
            0.0,
        )

    def _swapped(self, a: str, b: str) -> SwappedWord:
        priors = [prior for prior in (self.prior(a, b), self.prior(b, a)) if prior is not None]
        content = a not in FUNCTION_WORDS or b not in FUNCTION_WORDS
        return SwappedWord(content, is_same_stem(a, b), max(priors, default=None), abs(self.rank(a) - self.rank(b)))

    def _rank(self, word: str) -> float:
        return math.log(self._ranks.get(word, _RANKS) or 1)


def words_of(edit: Edit, a: ComparedText, b: ComparedText) -> tuple[Words, Words]:
    """Return the words of a swap in both texts, in small letters."""
    return tuple(a.forms[edit.a_start : edit.a_end]), tuple(b.forms[edit.b_start : edit.b_end])


def is_same_stem(x: str, y: str) -> bool:
    """Tell whether two words begin alike: forms of one word, or slips of the pen.

    >>> is_same_stem("walked", "walking"), is_same_stem("big", "large")
    (True, False)
    """
    shorter = min(len(x), len(y))
    alike = next((n for n in range(shorter) if x[n] != y[n]), shorter)
    return alike >= max(2, min(4, shorter - 1))
