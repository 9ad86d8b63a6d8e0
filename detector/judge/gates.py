"""Gates: which documents get no probability, because any number would be a guess.

A document goes on to the signals when it has enough prose, in English, and all but a small part of it is in English.
Two readings decide: how many of the words are the small words of English (of, the, and), and a language identifier.
A list of names, a table or a page of code has few of them; learner English, dialect, old prose and scanned text have
as many as anybody's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

from detector.judge.register import is_clipped, is_verse
from detector.text.document import Document
from detector.text.left_out import describe
from detector.text.segments import WORD
from detector.text.small_words import UNMISTAKABLE, share, words_of

MIN_WORDS = 40  # of prose
_ENOUGH_TO_TELL = 100  # bytes; a language guessed from less is a coin toss
_MAX_STRETCHES = 200  # of a long document, evenly spread, are asked for their language
_LONGEST_STRETCH = 2_000  # characters of a sentence without end are enough
_SENTENCE_WORDS = 6
_SURE, _NOT_ENGLISH = (
    0.9,
    0.05,
)  # probabilities: from which a language is believed, and below which a text is not English
_KINDS_OF_ENGLISH = frozenset(["pcm"])  # Nigerian Pidgin: the identifier takes news in English from Nigeria for it
_UNKNOWN = "und"  # ISO 639: a language, but which?

# Shares, set on 2,283 documents of 39 sources: 8 are turned away, each rightly (another language, rolls of names).
# Of the words of honest prose .39 and more stand in sentences with their small words: personal advertisements and
# scanned death notices have the least, a roll of soldiers .02.
_SMALL_WORDS_IN_PROSE = 0.14
_SMALL_WORDS_IN_ENGLISH = 0.1  # a stretch with as many is English, whatever its names look like
_SOME_ENGLISH = 0.03  # of unmistakable small words: with fewer, what the identifier does not know is another language,
_NAMES = 0.4  # unless more of its words are names, figures and the like
_RUNNING_TEXT = 0.35
_LETTERS = 0.6
_FOREIGN = 0.5
_MIXED = 0.25
# Per 1,000 words. Of 1,150 documents of 39 sources the most broken honest one has 189, a scanned newspaper; half of the
# scans have fewer than 91.
_MOST_BROKEN = 200.0

_ITEM = re.compile(r"\n\s*(?:[-*•–]|\d+[.)])\s")  # of a list in plain text: no full stop, no blank line


@dataclass(frozen=True, slots=True)
class Gate:
    """The result for one document. `reason` is None when it may be scored; `language` is None when it is unknown.

    `clipped` documents are in the style of headlines or notes, which swaps words by itself; `verse` ones are in lines, as
    poems and plays are (`detector.judge.register`).
    """

    reason: str | None
    language: str | None
    words: int
    clipped: bool = False
    verse: bool = False


#: The identifier decides, so another release of it would make other decisions: its version is pinned, and its model's name
#: stands in the manifest of the models.
IDENTIFIER = "py3langid 0.4.0"


@cache
def _identifier() -> LanguageIdentifier:
    """Return the language identifier with the model it ships; its probabilities sum to 1."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def preload() -> None:
    """Load the language identifier, which the first document would load."""
    _identifier()


def check(document: Document) -> Gate:
    """Return why a document may not be scored, if so, with its language and number of words.

    The language is checked first, since words of a language written without spaces can't be counted.
    """
    words = len(document.words)
    language, foreign = _language(document)
    if foreign >= _FOREIGN:
        reason = f"not English ({language or 'language not known'})"
    elif words < MIN_WORDS:
        reason = f"under {MIN_WORDS} words of prose{_left_out(document)}"
    elif foreign >= _MIXED:
        reason = "mixed languages"
    elif not _is_prose(document):
        reason = "not prose (a list, a table, code or figures)"
    else:
        return Gate(None, language, words, is_clipped(document), is_verse(document))
    return Gate(reason, language, words)


def _left_out(document: Document) -> str:
    """Return, for a message, what was left out and had words in it."""
    parts = [part for part in document.prose.left_out if part.words]
    words = sum(part.words for part in parts)
    return f" ({words} {'word' if words == 1 else 'words'} in {describe(parts)} were not read)" if parts else ""


def check_reading(features: Mapping[str, float]) -> str | None:
    """Return why the features of the wording signal allow no verdict, or None if they do."""
    broken = features.get("wording.broken_words", 0.0)
    return "broken words all over (a bad scan?)" if broken > _MOST_BROKEN else None


def _language(document: Document) -> tuple[str | None, float]:
    """Return the language of a document, None if unknown, and the share of its characters that is not in English."""
    stretches = _stretches(document)
    step = -(-len(stretches) // _MAX_STRETCHES) or 1
    characters: Counter[str | None] = Counter()
    for stretch in stretches[::step]:
        characters[_language_of(stretch)] += len(stretch)
    total = characters.total() or 1
    english, untold = characters.pop("en", 0), characters.pop(None, 0)
    foreign = 1 - (english + untold) / total if characters else 0.0
    if foreign >= _FOREIGN:
        language = characters.most_common(1)[0][0]
        return (None if language == _UNKNOWN else language), foreign
    return ("en" if english else None), foreign


def _language_of(text: str) -> str | None:
    """Return the language of a stretch, or None if it is unknown.

    The identifier often fails on learners' English, dialect and scans, so a text with words that only English has is
    English. Short words (a, an, as, go, he, no) are also Irish, Gaelic or Hawaiian; with only these the identifier decides.
    """
    words = words_of(text)
    if share(words, UNMISTAKABLE) >= _SMALL_WORDS_IN_ENGLISH:
        return "en"
    ranks = dict(_identifier().rank(text))
    language = max(ranks, key=ranks.__getitem__)
    enough = share(words) >= _SMALL_WORDS_IN_ENGLISH
    if ranks[language] >= _SURE and not (enough and language in _KINDS_OF_ENGLISH):
        return str(language)
    if enough and share(words, UNMISTAKABLE) >= _SOME_ENGLISH:
        return "en"
    if share(words, UNMISTAKABLE) >= _SOME_ENGLISH:
        return None
    names = sum(not word[0].isalpha() or word[0].isupper() for word in WORD.findall(text))
    known = ranks["en"] >= _NOT_ENGLISH or len(words) < _SENTENCE_WORDS or names > _NAMES * len(words)
    return None if known else _UNKNOWN


def _stretches(document: Document) -> list[str]:
    """Return sentences, short ones joined, each long enough to identify its language; a short last one is left out."""
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
    """Tell whether enough of the words are in sentences with small words, and enough of the characters are letters."""
    text = document.prose.text
    letters = sum(map(str.isalpha, text))
    if letters < _LETTERS * (len(text) - sum(map(str.isspace, text))):
        return False
    sentences = [
        words_of(item) for sentence in document.sentences for item in _ITEM.split(text[sentence.start : sentence.end])
    ]
    running = sum(
        len(words) for words in sentences if len(words) >= _SENTENCE_WORDS and share(words) >= _SMALL_WORDS_IN_PROSE
    )
    return running >= _RUNNING_TEXT * sum(map(len, sentences))
