"""A text that is compared: its words with their places, and its marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.text.offsets import Span
from detector.text.segments import WORD
from detector.trace.marks import FUNCTION_WORDS, Hashes, Marker, Marks
from detector.trace.shingles import mark_shingles

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class ComparedText:
    """Prose and its marks; words are counted from 0, their spans count code points of the prose."""

    prose: str
    marks: Marks

    @classmethod
    def of(cls, prose: str, marker: Marker | None = None) -> ComparedText:
        return cls(prose, (marker or Marker()).marks(prose))

    def __len__(self) -> int:
        return len(self.marks.forms)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in WORD.finditer(self.prose)]

    @cached_property
    def words(self) -> list[str]:
        """The words as they are written."""
        return WORD.findall(self.prose)

    @cached_property
    def forms(self) -> list[str]:
        """The words in small letters."""
        return [word.lower().replace("’", "'") for word in self.words]

    @cached_property
    def anchors(self) -> tuple[Hashes, NDArray[np.int64]]:
        """The shingles of marks that stand once in the text, in the order of their hashes, and the word each begins at."""
        hashes = mark_shingles(self.marks)
        order = np.argsort(hashes)
        hashes = hashes[order]
        differs = np.ones(len(hashes) + 1, bool)
        differs[1:-1] = hashes[1:] != hashes[:-1]
        single = differs[1:] & differs[:-1]
        return hashes[single], self.marks.words[order[single]]

    @cached_property
    def function_words(self) -> NDArray[np.int64]:
        """How many of the first n words are function words, for each n from 0 on."""
        return _counted(map(FUNCTION_WORDS.__contains__, self.forms))

    @cached_property
    def fixed_words(self) -> NDArray[np.int64]:
        """How many of the first n words have a capital or a digit, for each n from 0 on."""
        return _counted(word[0].isupper() or _DIGIT.search(word) is not None for word in self.words)

    def span(self, start: int, end: int) -> Span:
        """Return the place of words `start:end`; where there are none, the place between their neighbours."""
        if start < end:
            return Span(self.spans[start][0], self.spans[end - 1][1])
        at = self.spans[start][0] if start < len(self.spans) else len(self.prose)
        return Span(at, at)


def _counted(found: Iterable[bool]) -> NDArray[np.int64]:
    return np.cumsum([0, *found], dtype=np.int64)
