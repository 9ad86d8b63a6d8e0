"""A text that is compared: its words with their places, and its marks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from detector.text.offsets import Span
from detector.text.segments import WORD
from detector.trace.marks import Marker, Marks


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
    def spans(self) -> list[Span]:
        return [Span(*match.span()) for match in WORD.finditer(self.prose)]

    @cached_property
    def words(self) -> list[str]:
        """The words as they are written."""
        return WORD.findall(self.prose)

    @cached_property
    def forms(self) -> list[str]:
        """The words in small letters."""
        return [word.lower().replace("’", "'") for word in self.words]

    def span(self, start: int, end: int) -> Span:
        """Return the place of words `start:end`; where there are none, the place between their neighbours."""
        if start < end:
            return Span(self.spans[start].start, self.spans[end - 1].end)
        at = self.spans[start].start if start < len(self.spans) else len(self.prose)
        return Span(at, at)
