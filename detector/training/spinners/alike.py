"""Words that are spelt alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

LONGEST_ALIKE = 9  # letters; longer words are seldom taken for one another
_BEGINNING = 4  # letters that words must share to count as beginning alike


class Alike:
    """Words by their letters."""

    def __init__(self, words: Iterable[str]) -> None:
        self.shapes: dict[str, list[str]] = defaultdict(list)
        self.beginnings: dict[str, list[str]] = defaultdict(list)
        for word in words:
            self.beginnings[word[:_BEGINNING]].append(word)
            if 1 < len(word) < LONGEST_ALIKE:
                for key in _shapes(word):
                    self.shapes[key].append(word)

    def by_a_letter(self, form: str) -> list[str]:
        """Return the words that differ in one letter."""
        return sorted({word for key in _shapes(form) for word in self.shapes.get(key, ()) if word != form})

    def by_the_end(self, form: str) -> list[str]:
        """Return the words that begin alike: survive and survival, image and imagine."""
        common = max(_BEGINNING, len(form) - 3)
        found = self.beginnings.get(form[:_BEGINNING], ())
        return [word for word in found if word != form and word[:common] == form[:common] and len(word) < len(form) + 4]


def _shapes(word: str) -> list[str]:
    """Return keys that two words share when one letter differs (substituted, dropped or added)."""
    return [word[:i] + "_" + word[i + 1 :] for i in range(len(word))] if len(word) > 1 else []
