"""Phrases that spinners are known to make of others: of `logistic regression` they make the same other phrase each time.

`phrases.npz` holds fingerprints of such phrases, not the phrases themselves, and what each stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, pairwise
from pathlib import Path
from types import MappingProxyType

from detector.model_files import load_arrays, read_lines, require_lengths
from detector.signals.wording.encoder import Word

SHORTEST, LONGEST = 2, 5  # words
EVIDENCE = 5.0  # nats that one phrase adds, shared by its words; by design, below what makes a document spun by itself
_GAP = re.compile(r"\s{1,2}|-|[‐‑]")  # between two words of one phrase


@dataclass(frozen=True)
class KnownPhrase:
    """Words `first` to `last` of a text, and what they are known to stand for, the most frequent first."""

    first: int
    last: int
    originals: tuple[str, ...]

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class PhraseTable:
    """What each phrase stands for, with tabs between, by the phrase's fingerprint. Immutable, so thread- and fork-safe."""

    originals: Mapping[int, str]

    @classmethod
    def load(cls, path: Path) -> PhraseTable:
        """Read a file like `phrases.npz`. Raises ModelError, naming the file and the array, when it is not whole."""
        arrays = load_arrays(path, fingerprints=1, originals=1)
        fingerprints = arrays["fingerprints"].tolist()
        lines = read_lines(path, arrays["originals"])
        require_lengths(path, fingerprints=len(fingerprints), originals=len(lines))
        return cls(dict(zip(fingerprints, lines, strict=True)))

    def find_all(self, forms: Sequence[str], adjacent: Sequence[bool]) -> Iterator[KnownPhrase]:
        """Yield the known phrases of a text in order, the longest where they overlap.

        `forms` are the words in small letters; `adjacent` tells of each but the last whether the next may be of the same
        phrase (`find_adjacent`).
        """
        if not self.originals:
            return
        text = _Joined(forms)
        lasts = _lasts(adjacent, len(forms))
        first = 0
        while first + SHORTEST <= len(forms):
            phrase = next(self._starting(text, lasts, first), None) if lasts[first] > first else None
            if phrase:
                yield phrase
            first = phrase.last + 1 if phrase else first + 1

    def find_containing(self, forms: Sequence[str], adjacent: Sequence[bool], at: int) -> list[KnownPhrase]:
        """Return the known phrases that contain word `at` of a text, the longest first."""
        begin, end = max(at - LONGEST + 1, 0), at + LONGEST
        text = _Joined(forms[begin:end])
        lasts = _lasts(adjacent[begin : end - 1], len(text.starts))
        starting = (
            KnownPhrase(begin + phrase.first, begin + phrase.last, phrase.originals)
            for first in range(at - begin + 1)
            for phrase in self._starting(text, lasts, first)
        )
        return sorted((phrase for phrase in starting if phrase.last >= at), key=len, reverse=True)

    def _starting(self, text: _Joined, lasts: Sequence[int], first: int) -> Iterator[KnownPhrase]:
        """Yield the known phrases that begin with a word, the longest first."""
        joined, begin, ends, known = text.joined, text.starts[first], text.ends, self.originals
        for last in range(min(lasts[first], first + LONGEST - 1), first + SHORTEST - 2, -1):
            originals = known.get(_hash(joined[begin : ends[last]]))
            if originals:
                yield KnownPhrase(first, last, tuple(originals.split("\t")))


def _lasts(adjacent: Sequence[bool], count: int) -> list[int]:
    """Return, for each of `count` words, the last one that may be of the same phrase."""
    lasts = list(range(count))
    for at in range(count - 2, -1, -1):
        if adjacent[at]:
            lasts[at] = lasts[at + 1]
    return lasts


class _Joined:
    """Words with blanks between them as bytes, to be cut without being joined again, with where each begins and ends."""

    def __init__(self, forms: Sequence[str]) -> None:
        encoded = [form.encode() for form in forms]
        self.joined = b" ".join(encoded)
        self.ends = list(accumulate(len(form) + (at > 0) for at, form in enumerate(encoded)))
        self.starts = [end - len(form) for end, form in zip(self.ends, encoded, strict=True)]


def find_adjacent(text: str, words: Sequence[Word]) -> list[bool]:
    """Tell of each word but the last whether it stands so close to the next that they may be of one phrase."""
    gaps = (text[a.end : b.start] for a, b in pairwise(words))
    return [gap == " " or bool(_GAP.fullmatch(gap)) for gap in gaps]


NO_PHRASES = PhraseTable(MappingProxyType({}))


def fingerprint(forms: Sequence[str]) -> int:
    """Return the 64-bit number of a phrase's words in small letters, whatever stood between them."""
    return _hash(" ".join(forms).encode())


def _hash(phrase: bytes) -> int:
    return int.from_bytes(blake2b(phrase, digest_size=8).digest(), "little")
