"""Windows that were scored before: what a document or several that are scored together repeat, and what was read of a long
document before all of it is.

What an encoder says of a window depends on its text alone (and, of the deep one, on what the light one said of its words), so
that a window of the same text has the same result, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from detector.signals.wording.evidence import Evidence
from detector.signals.wording.scoring import ScoredWindow, WordScorer
from detector.text.document import Document
from detector.text.offsets import Span

MOST_KEPT = 256  # windows, of some 50 kB each; the oldest go first

_Key = tuple[str, bytes]


class SeenWindows:
    """Scores windows with one scorer, and those it has scored since `forget` without it; so many at most are kept.

    Thread- and fork-safe as the scorer is. Pickles without what it remembers.
    """

    def __init__(self, scorer: WordScorer) -> None:
        self.scorer = scorer
        self._kept: dict[_Key, ScoredWindow] = {}

    def __reduce__(self) -> tuple[object, ...]:
        return SeenWindows, (self.scorer,)

    def score_windows(
        self,
        documents: Sequence[Document],
        windows: Sequence[Sequence[Span]],
        light: Sequence[Evidence | None] | None = None,
    ) -> list[list[ScoredWindow]]:
        """Return what `WordScorer.score_windows` does."""
        keys = [
            [_key(document, window, light[number] if light else None) for window in chosen]
            for number, (document, chosen) in enumerate(zip(documents, windows, strict=True))
        ]
        known = {key: window for of_one in keys for key in of_one if (window := self._kept.get(key))}
        new: list[dict[_Key, Span]] = []
        taken: set[_Key] = set(known)
        for of_one, chosen in zip(keys, windows, strict=True):
            new.append({key: window for key, window in zip(of_one, chosen, strict=True) if key not in taken})
            taken.update(new[-1])
        scored = self.scorer.score_windows(documents, [list(some.values()) for some in new], light)
        for some, of_document in zip(new, scored, strict=True):
            following = iter(of_document)
            window = next(following, None)
            for key, span in some.items():
                if window and span.start <= window.evidence.starts[0] < span.end:  # else it is one without words
                    known[key] = self._kept[key] = _moved(window, -span.start)
                    window = next(following, None)
        self._leave_out_oldest()
        return [
            [_moved(known[key], window.start) for key, window in zip(of_one, chosen, strict=True) if key in known]
            for of_one, chosen in zip(keys, windows, strict=True)
        ]

    def forget(self) -> None:
        """Forget all windows: others follow."""
        self._kept.clear()

    def _leave_out_oldest(self) -> None:
        with suppress(RuntimeError, StopIteration):  # another thread has put one in
            while len(self._kept) > MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)


def _key(document: Document, window: Span, light: Evidence | None) -> _Key:
    text = document.prose.text[slice(*window)]
    if light is None:
        return text, b""
    part = light.between(*window)
    return text, (part.starts - window.start).tobytes() + part.inputs.tobytes()


def _moved(window: ScoredWindow, by: int) -> ScoredWindow:
    evidence = window.evidence
    return replace(window, evidence=replace(evidence, starts=evidence.starts + by, ends=evidence.ends + by))
