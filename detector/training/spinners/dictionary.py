"""Spinners that look words and phrases up in a table of replacements."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from detector.training.data.lexicon import FUNCTION_WORDS, Table
from detector.training.spinners import SourceWord

FUNCTION_WEIGHT = 0.14  # function words are drawn seven times less often
NAME_WEIGHT = 0.25  # capitalised inside a sentence
REPEAT = 0.8  # chance that a word met again in the same text gets the replacement it got before
LONGEST_PHRASE = 3


class DictionarySpinner:
    """Draws replacements from one table: phrases where the table has them, otherwise single words."""

    #: chance that this text's spinner mends `a`/`an` before a word it put in
    MENDS_ARTICLES: ClassVar[float] = 0.6

    def __init__(self, table: Table) -> None:
        self.table = table

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        wanted = round(rate * len(pieces) + rng.uniform(-0.5, 0.5))
        if wanted <= 0:
            return
        places = self._places(pieces)
        # Weighted sampling without replacement: the largest u ** (1 / weight) win (Efraimidis and Spirakis, 2006).
        places.sort(key=lambda place: rng.random() ** (1 / place[2]), reverse=True)
        memory: dict[str, str] = {}
        mends = rng.random() < self.MENDS_ARTICLES
        for at, length, _ in places:
            if wanted <= 0:
                break
            span = pieces[at : at + length]
            if any(piece.replaced or not piece.text for piece in span):
                continue
            key = " ".join(piece.form for piece in span)
            if key not in self.table:
                continue  # an article that was mended meanwhile
            if key not in memory or rng.random() > REPEAT:
                forms, weights = zip(*self.table[key], strict=True)
                memory[key] = rng.choices(forms, weights)[0]
            replace(span, memory[key])
            if mends:
                mend_article(pieces, at)
            wanted -= length

    def _places(self, pieces: list[SourceWord]) -> list[tuple[int, int, float]]:
        """Return (first word, number of words, weight) of everything that the table knows."""
        places = []
        for at in range(len(pieces)):
            for length in range(1, LONGEST_PHRASE + 1):
                span = pieces[at : at + length]
                if len(span) < length or any(p.gap != " " for p in span[1:]):
                    break
                if " ".join(p.form for p in span) in self.table:
                    places.append((at, length, _weight(pieces, at) if length == 1 else 2.0))
        return places


class PhraseSpinner(DictionarySpinner):
    """Takes the phrases of its table first: with a table of phrases, single words only fill what is left of the rate."""

    PHRASE_WEIGHT = 20.0

    def _places(self, pieces: list[SourceWord]) -> list[tuple[int, int, float]]:
        places = super()._places(pieces)
        return [(at, length, self.PHRASE_WEIGHT if length > 1 else weight) for at, length, weight in places]


def merged(tables: Sequence[Table]) -> Table:
    """Return one dictionary made of several, each with equal weight where it knows a word."""
    groups: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for table in tables:
        for key, forms in table.items():
            for form, weight in forms:
                groups[key][form] += weight
    result: Table = {}
    for key, choices in groups.items():
        total = sum(choices.values())
        best = sorted(choices.items(), key=lambda item: (-item[1], item[0]))
        result[key] = [(form, round(weight / total, 5)) for form, weight in best]
    return result


def _weight(pieces: list[SourceWord], at: int) -> float:
    piece = pieces[at]
    if piece.form in FUNCTION_WORDS:
        return FUNCTION_WEIGHT
    inside = piece.gap == " " and at > 0
    return NAME_WEIGHT if inside and piece.text[:1].isupper() else 1.0


def replace(span: list[SourceWord], replacement: str) -> None:
    """Put `replacement` where `span` stands, with its capitals; the span's first piece carries it."""
    first, last = span[0], span[-1]
    first.text = with_case_of(first.text, replacement)
    first.source_end = last.source_end
    first.replaced = True
    for piece in span[1:]:
        piece.gap = piece.text = ""


def with_case_of(model: str, word: str) -> str:
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def mend_article(pieces: list[SourceWord], at: int) -> None:
    """Let `a`/`an` before piece `at` agree with it; by letter, as spinners do."""
    article = pieces[at - 1] if at else None
    if article and article.form in ("a", "an") and pieces[at].gap == " " and pieces[at].text:
        mended = "an" if pieces[at].form[0] in "aeiou" else "a"
        article.text = mended.capitalize() if article.text[0] == "A" else mended
