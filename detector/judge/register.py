"""Clipped style: headlines, notes and advertisements leave out the small words that sentences are made with.

They swap words, too, as spinners do (*weds* for *marries*, *probe* for *inquiry*), and the encoders have read few of them.
"""

from __future__ import annotations

from detector.text.document import Document

# Of 58 spun documents from the wild the lowest share is .060, of 504 with TextAttack swaps .090; headlines, advertisements,
# diaries and tasting notes have .00 to .02. Of 6,000 honest documents of ten collections 1.7 % are below, most of them lists.
CLIPPED_BELOW = 0.05

_ARTICLES = "a an the"
_AUXILIARIES = (
    "am are be been being can could did do does had has have is may might must shall should was were will would"
)
_PRONOUNS = "he her his i it its my our she that their they this we which who you your"
_SENTENCE_WORDS = frozenset(f"{_ARTICLES} {_AUXILIARIES} {_PRONOUNS}".split())


def share_of_sentence_words(document: Document) -> float:
    """Return the share (0 to 1) of a document's words that are articles, auxiliaries or pronouns; 0 without words."""
    text = document.prose.text
    words = [text[word.start : word.end].lower().replace("’", "'").partition("'")[0] for word in document.words]
    return sum(word in _SENTENCE_WORDS for word in words) / len(words) if words else 0.0


def is_clipped(document: Document) -> bool:
    """Return whether a document is written in clipped style."""
    return share_of_sentence_words(document) < CLIPPED_BELOW
