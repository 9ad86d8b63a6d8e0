"""Whole sentences through another language and back, and some of what came back put into the text.

Unlike a table of pairs, the translator chose each word for the sentence it stands in, and the mistakes of one text have
the same cause: one sense taken for another goes through all of it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from detector.text.segments import WORD
from detector.training.data.lexicon import FUNCTION_WORDS, same_stem
from detector.training.spinners import SourceWord
from detector.training.spinners.apertium import translate
from detector.training.spinners.dictionary import FUNCTION_WEIGHT, NAME_WEIGHT, replace
from detector.training.spinners.documents import gap_as_read

Journey = tuple[str, ...]

LONGEST = 3  # words that differ in a row, on either side; longer stretches are grammar rebuilt
PARAGRAPHS = 100  # sent at once
_BREAK = re.compile(r"\n\s*\n")
_SPACE = re.compile(r"[ \u00a0]+")


class _Stretch(NamedTuple):
    """Pieces first:last came back as `words`."""

    first: int
    last: int
    words: str
    weight: float


class RoundTripSpinner:
    """Sends the text on one of its journeys and puts back stretches that differ, until `rate` of the words are replaced.

    Where too little came back differently, the rate is not reached. `known` tells words of English from what the
    translator left untranslated or glued together.
    """

    def __init__(
        self,
        journeys: Sequence[Journey],
        known: Callable[[str], bool],
        translate: Callable[[str, str], str] = translate,
    ) -> None:
        self.journeys = journeys
        self.known = known
        self.translate = translate

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        journey = rng.choice(self.journeys)
        wanted = round(rate * len(pieces) + rng.uniform(-0.5, 0.5))
        if wanted <= 0:
            return
        stretches = [
            stretch
            for first, last, came_back in self._travelled(pieces, journey)
            for stretch in self._differing(pieces, first, last, came_back)
        ]
        # Weighted sampling without replacement, as in dictionary.py.
        stretches.sort(key=lambda stretch: rng.random() ** (1 / stretch.weight), reverse=True)
        for stretch in stretches:
            if wanted <= 0:
                break
            replace(pieces[stretch.first : stretch.last], stretch.words)
            wanted -= stretch.last - stretch.first

    def _travelled(self, pieces: Sequence[SourceWord], journey: Journey) -> Iterator[tuple[int, int, str]]:
        """Yield (first word, last word, what came back) of every paragraph."""
        starts = [i for i, piece in enumerate(pieces) if i == 0 or _BREAK.search(gap_as_read(piece))]
        ends = [*starts[1:], len(pieces)]
        spans = list(zip(starts, ends, strict=True))
        for at in range(0, len(spans), PARAGRAPHS):
            some = spans[at : at + PARAGRAPHS]
            sent = [_sentence_text(pieces[first:last]) for first, last in some]
            came_back = self._round_trip("\n\n".join(sent), journey).strip("\n").split("\n\n")
            if len(came_back) != len(sent):  # a paragraph was lost on the way: one by one, then
                came_back = [self._round_trip(text, journey) for text in sent]
            for (first, last), text in zip(some, came_back, strict=True):
                yield first, last, text

    def _round_trip(self, text: str, journey: Journey) -> str:
        for mode in journey:
            text = self.translate(text, mode)
        return text

    def _differing(self, pieces: Sequence[SourceWord], first: int, last: int, came_back: str) -> Iterator[_Stretch]:
        """Yield stretches that may be put back: words in a row that came back as others."""
        left = list(_tokens(pieces, first, last))
        right = list(WORD.finditer(came_back))
        forms = [match.group().lower() for match in right]
        matcher = SequenceMatcher(None, [form for form, _ in left], forms, autojunk=False)
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag != "replace" or j - i > LONGEST or m - k > LONGEST:
                continue
            places = [place for _, place in left[i:j] if place is not None]
            span = pieces[places[0] : places[-1] + 1] if places else []
            joints = [came_back[one.end() : other.start()] for one, other in pairwise(right[k:m])]
            if (
                len(places) == len(span) == j - i
                and not any(piece.replaced for piece in span)
                and all(piece.gap == " " for piece in span[1:])
                and all(_SPACE.fullmatch(joint) for joint in joints)
                and all(self.known(form) for form in forms[k:m])
            ):
                words = " ".join(_lowered(match.group()) for match in right[k:m])
                weight = _weight([piece.form for piece in span], forms[k:m], span[0])
                yield _Stretch(places[0], places[-1] + 1, words, weight)


def _tokens(pieces: Sequence[SourceWord], first: int, last: int) -> Iterator[tuple[str, int | None]]:
    """Yield the words that are sent, and the source word of each: None for what is in a gap or was put in by another
    spinner."""
    for at in range(first, last):
        piece = pieces[at]
        if at > first:
            yield from ((match.group().lower(), None) for match in WORD.finditer(gap_as_read(piece)))
        if WORD.fullmatch(piece.text):
            yield piece.form, at
        else:
            yield from ((match.group().lower(), None) for match in WORD.finditer(piece.text))


def _sentence_text(pieces: Sequence[SourceWord]) -> str:
    """Return a paragraph on one line, without what a translator can't read."""
    text = "".join((gap_as_read(piece) if at else "") + piece.text for at, piece in enumerate(pieces))
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split()) + "."


def _lowered(word: str) -> str:
    """Return a word in small letters: capitals come from its place. The pronoun and abbreviations keep theirs."""
    return word if word == "I" or word.startswith(("I'", "I’")) or (len(word) > 1 and word.isupper()) else word.lower()


def _weight(before: Sequence[str], after: Sequence[str], piece: SourceWord) -> float:
    lexical = [word for word in before if word not in FUNCTION_WORDS and not any(same_stem(word, a) for a in after)]
    if not lexical or set(after) <= FUNCTION_WORDS:
        return FUNCTION_WEIGHT
    return NAME_WEIGHT if piece.gap == " " and piece.text[:1].isupper() else 1.0
