"""The marks of a text: what a spinner leaves alone, in order, and one star for each run of words that it may swap.

Function words, numbers and names stand for themselves, every run of other words is one star, however long: a phrase that
is put in for a word changes nothing. Two texts that say the same with swapped words have most of their marks in common.

    On Monday the minister said that 40 boats were lost     on monday the * that 40 * were *
    On Monday the secretary stated that 40 big ships were mislaid   on monday the * that 40 * were *
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from detector.text.segments import WORD

Hashes = NDArray[np.uint64]

#: Words that carry grammar: spinners leave most of them alone. Lower case, with straight apostrophes.
FUNCTION_WORDS = frozenset(
    WORD.findall(
        "a about above after against all also although am among an and any are aren't around as at be because been before"
        " behind being below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't"
        " down during each either else even ever every few for from further had hadn't has hasn't have haven't having he"
        " he'd he'll he's her here hers herself him himself his how however i i'd i'll i'm i've if in into is isn't it"
        " it'd it'll it's its itself just least less let's like many may me might mine more most much must my myself"
        " neither never no none nor not now of off on once one only onto or other others our ours ourselves out over own"
        " per quite rather same shall she she'd she'll she's should shouldn't since so some such than that that's the"
        " their theirs them themselves then there there's therefore these they they'd they'll they're they've this those"
        " though through throughout thus to too towards toward two under until unless up upon us very was wasn't we we'd"
        " we'll we're we've were weren't what what's when where whether which while who who's whom whose why will with"
        " within without won't would wouldn't yet you you'd you'll you're you've your yours yourself yourselves"
    )
)

STAR = np.uint64(0x9E3779B97F4A7C15)  # any run of words that a spinner may swap

#: Words, and what ends a sentence or begins a line: the word after it has a capital whatever it is.
_TOKEN = re.compile(WORD.pattern + r"|[.!?…:;\n\"“”‘(\[*•]")
_STOP, _OPEN, _FIXED, _NAME = range(4)  # what a token is
_MOST_TOKENS = 400_000  # known at a time: some 60 MB


@dataclass(frozen=True)
class Marks:
    """`marks` are hashes; mark n stands for the words from `words[n]` up to `words[n + 1]`.

    `forms` are the hashes of all words in small letters.
    """

    marks: Hashes
    words: NDArray[np.int64]
    forms: Hashes


class Marker:
    """Turns texts into marks. It keeps the hashes of words it has met; not thread-safe."""

    def __init__(self) -> None:
        self._known = _Tokens()

    def marks(self, text: str) -> Marks:
        """Return the marks of prose."""
        return self.marks_of_all([text])[0]

    def marks_of_all(self, texts: Sequence[str]) -> list[Marks]:
        """Return the marks of several texts. Of many short ones it takes half of the time that one by one takes."""
        if len(self._known) > _MOST_TOKENS:
            self._known = _Tokens()
        tokens = [_TOKEN.findall(text) for text in texts]
        sizes = np.fromiter(map(len, tokens), np.int64, len(tokens))
        numbers = np.fromiter(map(self._known.__getitem__, chain.from_iterable(tokens)), np.int64, int(sizes.sum()))
        return self._known.marks(numbers, np.cumsum(sizes))


class _Tokens(dict[str, int]):
    """Numbers tokens as they are met; the hash and the kind of each stand in two arrays, which have room for more."""

    def __init__(self) -> None:
        self._hashes, self._kinds = np.empty(1024, np.uint64), np.empty(1024, np.int8)

    def __missing__(self, token: str) -> int:
        number = self[token] = len(self)
        if number == len(self._hashes):
            self._hashes, self._kinds = np.resize(self._hashes, 2 * number), np.resize(self._kinds, 2 * number)
        form = token.lower().replace("’", "'")
        self._hashes[number], self._kinds[number] = word_hash(form), _kind(token, form)
        return number

    def marks(self, numbers: NDArray[np.int64], ends: NDArray[np.int64]) -> list[Marks]:
        """Return the marks of the texts that end where `ends` says."""
        kind = self._kinds[numbers]
        is_word = kind != _STOP
        follows_stop = np.ones(len(kind), bool)
        follows_stop[1:] = ~is_word[:-1]
        follows_stop[ends[:-1][ends[:-1] < len(kind)]] = True
        fixed = (kind == _FIXED) | ((kind == _NAME) & ~follows_stop)
        words = np.r_[0, np.cumsum(is_word)][ends]  # of all texts up to the end of each
        fixed, forms = fixed[is_word], self._hashes[numbers[is_word]]
        first = np.ones(len(forms), bool)  # of a run of stars, or a mark of its own
        first[1:] = fixed[1:] | fixed[:-1]
        first[words[:-1][words[:-1] < len(forms)]] = True
        at = np.flatnonzero(first)
        marks = np.where(fixed[at], forms[at], STAR)
        cuts = zip(*(pairwise([0, *of.tolist()]) for of in (words, np.searchsorted(at, words))), strict=True)
        return [Marks(marks[low:high], at[low:high] - start, forms[start:end]) for (start, end), (low, high) in cuts]


def word_hash(form: str) -> int:
    """Return 64 bits that depend on nothing but the word."""
    return int.from_bytes(hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _kind(token: str, form: str) -> int:
    if not token[0].isalnum():
        return _STOP
    if form in FUNCTION_WORDS or (not token.isalpha() and any(map(str.isdigit, token))):
        return _FIXED
    return _NAME if token[0].isupper() else _OPEN
