"""Swapped words as findings: neighbours joined into phrases, and what may have stood there before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np

from detector.document import Document
from detector.report import Finding, Suggestion
from detector.signals.wording.channel import PRIOR_UNIT, PRIOR_WEIGHT, Swaps
from detector.signals.wording.encoder import Encoder, Floats, Word

SUGGESTIONS = 5
KNOWN_BONUS = 2.0  # nats, by design, for an original that a spinner is known to turn into the word that stands there
JOINED_WORDS = 4  # longest phrase
_WORD_PIECE = re.compile(r"[a-z][a-z]+")
_JOINT = re.compile(r"[ \u00a0-]")  # between neighbours of one phrase


class Place(NamedTuple):
    """A suspicious word, what the second head says of its place, and how likely it is that it was swapped."""

    word: Word
    fit: Floats
    probability: float


def suggest(encoder: Encoder, swaps: Swaps, form: str, fit: Floats) -> list[tuple[str, float]]:
    """Words that may have stood where `form` stands with their shares, best first."""
    scores = encoder.vectors @ fit + encoder.bias
    candidates, priors = swaps.of(form)
    scores[candidates] += KNOWN_BONUS + priors.astype(np.float32) * (PRIOR_UNIT * PRIOR_WEIGHT)
    best = np.argpartition(-scores, 40)[:40]
    best = best[np.argsort(-scores[best])]
    words = [(encoder.pieces[i], float(scores[i])) for i in best]
    words = [(w, s) for w, s in words if w != form and _WORD_PIECE.fullmatch(w)][: SUGGESTIONS * 2]
    if not words:
        return []
    shares = np.exp(np.array([s for _, s in words]) - words[0][1])
    shares /= shares.sum()
    return [(word, float(share)) for (word, _), share in zip(words, shares, strict=True)]


def find(document: Document, encoder: Encoder, swaps: Swaps, places: Iterable[Place]) -> Iterator[Finding]:
    """Findings for the suspicious words of a document, which come in order."""
    text = document.prose.text
    for phrase in _phrases(text, places):
        start, end = phrase[0].word.start, phrase[-1].word.end
        options = [suggest(encoder, swaps, text[p.word.start : p.word.end].lower(), p.fit) for p in phrase]
        suggestions = _combined(text, phrase, options)
        yield Finding.at(
            document,
            start,
            end,
            signal="wording",
            rule="SWAPPED_PHRASE" if len(phrase) > 1 else "SWAPPED_WORD",
            message=_message(text[start:end], suggestions, known=_known(text, phrase, suggestions, encoder, swaps)),
            score=round(max(place.probability for place in phrase), 4),
            suggestions=suggestions,
        )


def _phrases(text: str, places: Iterable[Place]) -> Iterator[list[Place]]:
    phrase: list[Place] = []
    for place in places:
        joined = phrase and _JOINT.fullmatch(text[phrase[-1].word.end : place.word.start])
        if phrase and (not joined or len(phrase) == JOINED_WORDS):
            yield phrase
            phrase = []
        phrase.append(place)
    if phrase:
        yield phrase


def _combined(
    text: str, phrase: Sequence[Place], options: Sequence[Sequence[tuple[str, float]]]
) -> tuple[Suggestion, ...]:
    """The best combinations of what each word's place suggests, written as the phrase is."""
    few = SUGGESTIONS if len(phrase) == 1 else 3
    combinations = []
    for choice in product(*(of_word[:few] for of_word in options)):
        words = [_cased(text[p.word.start : p.word.end], word) for p, (word, _) in zip(phrase, choice, strict=True)]
        gaps = [text[a.word.end : b.word.start] for a, b in pairwise(phrase)]
        written = words[0] + "".join(gap + word for gap, word in zip(gaps, words[1:], strict=True))
        combinations.append((written, float(np.prod([share for _, share in choice]))))
    combinations.sort(key=lambda item: -item[1])
    return tuple(Suggestion(written, round(share, 4)) for written, share in combinations[:SUGGESTIONS])


def _cased(model: str, word: str) -> str:
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word.capitalize() if model[:1].isupper() else word


def _known(
    text: str, phrase: Sequence[Place], suggestions: Sequence[Suggestion], encoder: Encoder, swaps: Swaps
) -> bool:
    """Whether the best suggestion of a single word is one that spinners are known to turn into it."""
    if len(phrase) > 1 or not suggestions:
        return False
    word = phrase[0].word
    candidates, _ = swaps.of(text[word.start : word.end].lower())
    return suggestions[0].text.lower() in {encoder.pieces[candidate] for candidate in candidates}


def _message(phrase: str, suggestions: Sequence[Suggestion], *, known: bool) -> str:
    if not suggestions:
        return f"“{phrase}” does not fit here; it looks put in by a substitution."
    best = suggestions[0].text
    if known:
        return f"“{phrase}” looks put in for “{best}”, a swap that spinners are known to make."
    return f"“{phrase}” looks put in by a substitution; perhaps “{best}” stood here."
