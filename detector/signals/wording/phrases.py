"""Phrases that spinners are known to make of others: of `logistic regression` they make another phrase again and again.

`phrases.npz` holds fingerprints of such phrases, not the phrases themselves, and what each stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np

from detector.signals.wording.encoder import Word

SHORTEST, LONGEST = 2, 5  # words
EVIDENCE = 5.0  # nats that one phrase adds, shared by its words; by design, below what makes a document spun by itself
_JOINT = re.compile(r"\s{1,2}|-|[‐‑]")  # between two words of one phrase


@dataclass(frozen=True)
class Known:
    """Words `first` to `last` of a text, and what they are known to stand for, the most frequent first."""

    first: int
    last: int
    originals: tuple[str, ...]

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Phrases:
    originals: Mapping[int, tuple[str, ...]]  # by fingerprint

    @classmethod
    def load(cls, path: Path) -> Phrases:
        with np.load(path, allow_pickle=False) as stored:
            lines = stored["originals"].tobytes().decode().split("\n")
            pairs = zip(stored["fingerprints"].tolist(), lines, strict=True)
            return cls({number: tuple(line.split("\t")) for number, line in pairs})

    def within(self, text: str, words: Sequence[Word]) -> Iterator[Known]:
        """Known phrases of a text in order, the longest where they overlap."""
        forms = [text[word.start : word.end].lower() for word in words] if self.originals else []
        joined = joints(text, words) if forms else []
        first = 0
        while first + SHORTEST <= len(forms):
            found = next(self._beginning(forms, joined, first), None)
            if found:
                yield found
            first = found.last + 1 if found else first + 1

    def around(self, forms: Sequence[str], joined: Sequence[bool], at: int) -> list[Known]:
        """Known phrases that hold word `at` of a text, the longest first."""
        starts = range(max(at - LONGEST + 1, 0), at + 1)
        beginning = (known for first in starts for known in self._beginning(forms, joined, first))
        return sorted((known for known in beginning if known.last >= at), key=len, reverse=True)

    def _beginning(self, forms: Sequence[str], joined: Sequence[bool], first: int) -> Iterator[Known]:
        """Known phrases that begin with a word, the longest first."""
        length = 1
        while length < LONGEST and first + length < len(forms) and joined[first + length - 1]:
            length += 1
        for count in range(length, SHORTEST - 1, -1):
            originals = self.originals.get(fingerprint(forms[first : first + count]))
            if originals:
                yield Known(first, first + count - 1, originals)


def joints(text: str, words: Sequence[Word]) -> list[bool]:
    """Whether each word but the last stands so close to the next that they may be of one phrase."""
    return [bool(_JOINT.fullmatch(text[a.end : b.start])) for a, b in pairwise(words)]


NO_PHRASES = Phrases(MappingProxyType({}))


def fingerprint(forms: Sequence[str]) -> int:
    """Of a phrase's words in small letters, whatever stood between them."""
    return int.from_bytes(blake2b(" ".join(forms).encode(), digest_size=8).digest(), "little")
