"""Signatures: the sampled shingles of a document. Documents that have several in common are candidates."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from detector.trace.marks import FUNCTION_WORDS, Hashes, Marker, Marks, word_hash
from detector.trace.shingles import MARKS, WORDS, sample_all

#: The part of the shingles that is sampled. At a quarter, all of 120 sources that MyThes and WordNet had spun at 5 to 40 % of
#: their words have four in common with each copy, and so have the copies with each other; at an eighth, 97 % of those at 40 %.
SHARE_OF_MARKS, SHARE_OF_WORDS = 1 / 4, 1 / 16
#: Of a short text more are sampled, up to all. What a longer text samples of the same shingles is among them.
FEWEST_SAMPLED = 64

#: What signatures that are compared must have been made with.
SCHEME = {
    "version": 1,
    "marks": MARKS,
    "words": WORDS,
    "share of marks": SHARE_OF_MARKS,
    "share of words": SHARE_OF_WORDS,
    "fewest": FEWEST_SAMPLED,
    "function words": f"{word_hash(' '.join(sorted(FUNCTION_WORDS))):016x}",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """The sampled shingles of a document, in order, and 64 bits of its words: equal where all words are."""

    hashes: Hashes
    digest: int
    words: int


def sign(marks: Marks) -> Signature:
    """Return the signature of a text."""
    return _sign([marks])[0]


def sign_text(text: str, marker: Marker | None = None) -> Signature:
    """Return the signature of prose. A `marker` that is used again knows the words it has met."""
    return sign_texts([text], marker or Marker())[0]


def sign_texts(texts: Sequence[str], marker: Marker) -> list[Signature]:
    """Return the signatures of several texts, which takes half of the time that one by one takes."""
    return _sign(marker.marks_of_all(texts))


def _sign(texts: Sequence[Marks]) -> list[Signature]:
    if not texts:
        return []
    samples = sample_all(texts, SHARE_OF_MARKS, SHARE_OF_WORDS, FEWEST_SAMPLED)
    return [
        Signature(hashes, word_hash_of(marks), len(marks.forms)) for marks, hashes in zip(texts, samples, strict=True)
    ]


def word_hash_of(marks: Marks) -> int:
    """Return 64 bits of all words of a text in their order."""
    return int.from_bytes(hashlib.blake2b(marks.forms.tobytes(), digest_size=8).digest(), "little")
