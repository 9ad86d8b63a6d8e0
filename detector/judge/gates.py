"""Gates: what is never given a number, because any number would be a guess.

A document goes on to the signals when it has enough prose, in English, and all but a small part of it is in English.
Two readings decide: a language identifier, and how many of the words are the small words of English (of, the, and).
A list of names, a table or a page of code has few of them; learner English, dialect, old prose and scanned text have
as many as anybody's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

from detector.text.document import Document
from detector.text.segments import WORD

MIN_WORDS = 40  # of prose
_ENOUGH_TO_TELL = 100  # bytes; a language guessed from less is a coin toss
_MAX_STRETCHES = 200  # of a long document, evenly spread, are asked for their language
_LONGEST_STRETCH = 2_000  # characters of a sentence without end are enough
_SENTENCE_WORDS = 6
_SURE = 0.9  # the identifier's probability

# Shares, set on 2,283 documents of 39 sources: 8 are turned away, each rightly (another language, rolls of names).
# Of the words of honest prose .39 and more stand in sentences with their small words: personal advertisements and
# scanned death notices have the least, a roll of soldiers .02.
_SMALL_WORDS_IN_PROSE = 0.14
_SMALL_WORDS_IN_ENGLISH = 0.1  # a stretch with as many is English, whatever its names look like
_RUNNING_TEXT = 0.35
_LETTERS = 0.6
_FOREIGN = 0.5
_MIXED = 0.25
# Per 1,000 words. Of 1,150 documents of 39 sources the most broken honest one has 189, a scanned newspaper; half of the
# scans have fewer than 91.
_MOST_BROKEN = 200.0

_SMALL = frozenset(
    WORD.findall(
        "a about above after again all also always am among an and another any are as at away back be because been"
        " before being between both but by came can cannot come could day did didn't do does don't done down each"
        " even ever every few first for from get give go good had has have he her here him himself his how i i'm if"
        " in into is it it's its just know last let like little long made make man many may me might more most much"
        " must my never no nor not now of off old on one only or other our out over own said same say see shall she"
        " should so some still such take than that that's the thee their them then there these they this those thou"
        " through thy time to too two under unto up upon us very was way we well were what when where which while"
        " who whom whose why will with within without would ye yet you your"
    )
)
_ITEM = re.compile(r"\n\s*(?:[-*•–]|\d+[.)])\s")  # of a list in plain text: no full stop, no blank line


@dataclass(frozen=True, slots=True)
class Gate:
    """`reason` is None when the document may be scored; `language` is None when there is too little text to tell it."""

    reason: str | None
    language: str | None
    words: int


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def check(document: Document) -> Gate:
    """Language first: words of a language written without spaces can't be counted."""
    words = len(document.words)
    language, foreign = _language(document)
    if foreign >= _FOREIGN:
        reason = f"not English ({language})"
    elif words < MIN_WORDS:
        reason = f"under {MIN_WORDS} words of prose"
    elif foreign >= _MIXED:
        reason = "mixed languages"
    elif not _is_prose(document):
        reason = "not prose (a list, a table, code or figures)"
    else:
        return Gate(None, language, words)
    return Gate(reason, language, words)


def check_reading(features: Mapping[str, float]) -> str | None:
    """Why what the wording signal read can carry no verdict, or None."""
    broken = features.get("wording.broken_words", 0.0)
    return "broken words all over (a bad scan?)" if broken > _MOST_BROKEN else None


def _language(document: Document) -> tuple[str | None, float]:
    """The language it is in, if that can be told, and what share of the characters is not in English."""
    stretches = _stretches(document)
    step = -(-len(stretches) // _MAX_STRETCHES) or 1
    characters: Counter[str | None] = Counter()
    for stretch in stretches[::step]:
        characters[_language_of(stretch)] += len(stretch)
    total = characters.total() or 1
    english, untold = characters.pop("en", 0), characters.pop(None, 0)
    foreign = 1 - (english + untold) / total if characters else 0.0
    if foreign >= _FOREIGN:
        return characters.most_common(1)[0][0], foreign
    return ("en" if english else None), foreign


def _language_of(text: str) -> str | None:
    if _small_words(_words(text)) >= _SMALL_WORDS_IN_ENGLISH:
        return "en"
    language, probability = _identifier().classify(text)
    return str(language) if probability >= _SURE else None


def _stretches(document: Document) -> list[str]:
    """Sentences, short ones together, each long enough to tell its language; a short rest at the end is left out."""
    text, stretches = document.prose.text, []
    start: int | None = None
    for sentence in document.sentences:
        start = sentence.start if start is None else start
        stretch = text[start : min(sentence.end, start + _LONGEST_STRETCH)]
        if len(stretch.encode(errors="replace")) >= _ENOUGH_TO_TELL:
            stretches.append(stretch)
            start = None
    return stretches


def _is_prose(document: Document) -> bool:
    """Sentences longer than a label, with their small words, hold enough of the words; the rest is not all figures."""
    text = document.prose.text
    letters = sum(map(str.isalpha, text))
    if letters < _LETTERS * (len(text) - sum(map(str.isspace, text))):
        return False
    sentences = [
        _words(item) for sentence in document.sentences for item in _ITEM.split(text[sentence.start : sentence.end])
    ]
    running = sum(
        len(words)
        for words in sentences
        if len(words) >= _SENTENCE_WORDS and _small_words(words) >= _SMALL_WORDS_IN_PROSE
    )
    return running >= _RUNNING_TEXT * sum(map(len, sentences))


def _small_words(words: Sequence[str]) -> float:
    return sum(word in _SMALL for word in words) / len(words) if words else 0.0


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in WORD.findall(text)]
