"""Honest mistakes, which are no swaps: what learners, literal translators, typists and scanners make of a text."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import ClassVar

from detector.training.data.lexicon import other_forms
from detector.training.spinners import SourceWord
from detector.training.spinners.alike import Alike
from detector.training.spinners.dictionary import with_case_of

_ARTICLES = ("a", "an", "the")
_PREPOSITIONS = ("in", "on", "at", "to", "for", "of", "with", "from", "by", "about")


class Learner:
    """Honest mistakes of people who are learning English: articles, prepositions, forms, words that sound alike, and slips
    into others of `words` that are spelt alike.

    Encoders are trained without slips: a run that had them found fewer of the words that dictionaries put in.
    """

    _FORMS, _SLIPS = 0.8, 0.3  # shares of the other mistakes; slips take theirs from the forms

    _CONFUSED: ClassVar[list[str]] = """
        their there they're|to too two|its it's|then than|your you're|affect effect|loose lose|were where we're|whose who's
        accept except|advice advise|quite quiet|passed past|weather whether|principal principle|know now no|hear here
        of off|which witch|much many|less fewer|make do|say tell|learn teach|borrow lend|bring take|fun funny
        economic economical|historic history|sensible sensitive|special especially|every all|good well|bad badly|hard hardly
        late lately|life leave|live alive|rise raise|lay lie|job work|travel trip|people person|child children|this these
        that those|is are|was were|has have|do does""".replace("\n", "|").split("|")

    def __init__(self, shares: tuple[float, float] = (0.02, 0.12), words: Sequence[str] = ()) -> None:
        self.shares = shares
        self.alike = Alike(words)
        self.slips = self._SLIPS if words else 0.0
        self.confused = {w: [o for o in group if o != w] for group in map(str.split, self._CONFUSED) for w in group}

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        share = rng.uniform(*self.shares)
        for piece in pieces:
            if piece.replaced or not piece.text or rng.random() > share:
                continue
            form = piece.form
            if form in _ARTICLES:
                other = rng.choice(("", *_ARTICLES))
                if not other:
                    piece.gap = piece.text = ""
            elif form in _PREPOSITIONS:
                other = rng.choice(_PREPOSITIONS)
            elif form in self.confused:
                other = rng.choice(self.confused[form])
            else:
                chance = rng.random()
                if chance < self._FORMS - self.slips:
                    others = [f for f in other_forms(form) if f != form]
                elif chance < self._FORMS:
                    others = self.alike.by_the_end(form) if rng.random() < 0.5 else self.alike.by_a_letter(form)
                else:
                    others = []
                other = rng.choice(others) if others else _misspelt(form, rng)
            if other and piece.text:
                piece.text = with_case_of(piece.text, other)


class ForeignWordOrder:
    """What a word-for-word translation leaves of English: another language's order of words, its articles, prepositions and
    conjunctions. No other word is replaced."""

    _SHIFTED = 0.25  # of the small words in a clause whose order is changed
    _SHORTEST = 4  # words of such a clause

    _VERB_AFTER = frozenset(
        "has have had is are was were be been will would can could must should may might".split()  # noqa: SIM905
    )
    _PREPOSITIONS = (*_PREPOSITIONS, "over", "after", "until", "since")
    _CONJUNCTIONS: ClassVar[dict[str, str]] = {
        "who": "which",
        "that": "which",
        "which": "that",
        "when": "as",
        "if": "when",
    }

    def __init__(self, shares: tuple[float, float] = (0.2, 1.0)) -> None:
        self.shares = shares  # of the clauses

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        share = rng.uniform(*self.shares)
        for clause in _clauses(pieces):
            if len(clause) < self._SHORTEST or rng.random() > share or any(piece.replaced for piece in clause):
                continue
            for piece in clause:
                if rng.random() < self._SHIFTED:
                    piece.text = with_case_of(piece.text, self._shifted(piece.form, rng) or piece.text)
            words = self._ordered([piece.text for piece in clause], rng)
            if words[0] != clause[0].text and clause[0].text.istitle():
                words = [
                    with_case_of(clause[0].text, words[0]),
                    *(w.lower() if w == clause[0].text else w for w in words[1:]),
                ]
            for piece, word in zip(clause, words, strict=True):
                piece.text = word

    def _shifted(self, form: str, rng: random.Random) -> str | None:
        if form in _ARTICLES:
            return rng.choice(_ARTICLES)
        return rng.choice(self._PREPOSITIONS) if form in self._PREPOSITIONS else self._CONJUNCTIONS.get(form)

    def _ordered(self, words: list[str], rng: random.Random) -> list[str]:
        """Return another order of words.

        The verb after an auxiliary goes last, a phrase that begins with a preposition first, the first two words after
        the third, or one word a little later.
        """
        last = len(words) - 1
        verbs = [at for at in range(1, last) if words[at - 1].lower() in self._VERB_AFTER]
        phrases = [at for at in range(2, last) if words[at].lower() in self._PREPOSITIONS]
        chance = rng.random()
        if verbs and chance < 0.4:
            at, to = verbs[0], last
        elif phrases and chance < 0.7:
            at = rng.choice(phrases)
            return words[at:] + words[:at]
        elif chance < 0.85:
            at, to = 2, 0
        else:
            at = rng.randrange(last)
            to = min(last, at + rng.randint(1, 3))
        word, rest = words[at], words[:at] + words[at + 1 :]
        return [*rest[:to], word, *rest[to:]]


def _clauses(pieces: Sequence[SourceWord]) -> Iterator[list[SourceWord]]:
    """Yield ranges of words between which there is nothing but a space, and no number."""
    clause: list[SourceWord] = []
    for piece in pieces:
        if clause and (piece.gap != " " or piece.text[:1].isdigit() or clause[-1].text[:1].isdigit()):
            yield clause
            clause = []
        clause.append(piece)
    if clause:
        yield clause


def _misspelt(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    a, b = word[at], word[at + 1]
    return word[:at] + rng.choice((b + a, a, a + a + b, rng.choice("aeiou") + b)) + word[at + 2 :]


class Noise:
    """Honest noise: typing and scanning errors that make non-words, lost commas, other quotes. Replaces no word."""

    _SCAN = (
        ("rn", "m"),
        ("m", "rn"),
        ("e", "c"),
        ("c", "e"),
        ("l", "1"),
        ("h", "b"),
        ("u", "n"),
        ("i", "l"),
        ("s", "f"),
    )

    def __init__(self, share: float = 0.04) -> None:
        self.share = share

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        scanned = rng.random() < 0.5
        for piece in pieces:
            if piece.replaced or len(piece.text) < 4 or rng.random() > self.share:
                continue
            if scanned:
                old, new = rng.choice(self._SCAN)
                piece.text = piece.text.replace(old, new, 1)
            else:
                at = rng.randrange(1, len(piece.text) - 1)
                a, b = piece.text[at], piece.text[at + 1]
                piece.text = piece.text[:at] + rng.choice((b + a, a, b, a + a + b)) + piece.text[at + 2 :]


class Scan:
    """What reading print by machine makes of a page: letters taken for others, words cut and run together, stray marks.
    Unlike `Noise` it doesn't spare short words, and pages are as bad as old newspapers."""

    _CONFUSED: ClassVar[dict[str, str]] = {
        "a": "n u",
        "b": "h li",
        "c": "e o",
        "d": "tl cl",
        "e": "c o",
        "f": "t i",
        "g": "q ir",
        "h": "b li",
        "i": "l 1 t",
        "l": "1 I i",
        "m": "rn in",
        "n": "u ii r",
        "o": "e c 0",
        "r": "i t",
        "s": "a f",
        "t": "l i f",
        "u": "n ii",
        "v": "r y",
        "w": "vv iv",
        "y": "v j",
    }
    _STRAY = (" .", " ,", " '", "•", " -", " i", " ;", "*")

    def __init__(self, shares: tuple[float, float] = (0.03, 0.25)) -> None:
        self.shares = shares

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        share = rng.uniform(*self.shares)
        for piece in pieces:
            if len(piece.text) < 2 or rng.random() > share:
                continue
            chance, at = rng.random(), rng.randrange(1, len(piece.text))
            if chance < 0.7:
                old = piece.text[at]
                new = rng.choice(self._CONFUSED.get(old, old).split())
                piece.text = piece.text[:at] + new + piece.text[at + 1 :]
            elif chance < 0.8:
                piece.text = piece.text[:at] + piece.text[at + 1 :]
            elif chance < 0.87:
                piece.text = f"{piece.text[:at]} {piece.text[at:]}"
            elif chance < 0.93 and piece.gap == " ":
                piece.gap = ""
            else:
                piece.gap = rng.choice(self._STRAY) + piece.gap
