"""Where in a document: the probability of each window, and the section of a long document that alone reads as spun."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from detector.judge.probability import DIGITS
from detector.judge.verdict import Judge
from detector.report import WindowScore
from detector.signals import Measurement
from detector.text.document import Document
from detector.text.offsets import Span

_FEWEST_WORDS = 25  # a window with fewer gets no probability
_SECTION_WINDOWS = 3  # windows in a row, some 300 words, that are judged like a document of their own
_LONG_WINDOWS = 5  # windows from which a document is judged by sections, too


def score_windows(judge: Judge, document: Document, measured: Mapping[str, Measurement]) -> Iterator[WindowScore]:
    """Yield the score of each window of a document in order; offsets count code points of the document's text."""
    starts = [word.start for word in document.words]
    long = [window for window in document.windows if _count_between(starts, *window) >= _FEWEST_WORDS]
    scored = [(window, features) for window in long if (features := _features_of(measured, window))]
    probabilities = judge.probabilities([features for _, features in scored])
    by_window = {window: value for (window, _), value in zip(scored, probabilities, strict=True)}
    for window in document.windows:
        probability = round(by_window[window], DIGITS) if window in by_window else None
        yield WindowScore(*document.locate(*window), probability)


def find_strongest_section(judge: Judge, document: Document, measured: Mapping[str, Measurement]) -> WindowScore | None:
    """Return the section of a long document that alone reads most as spun; offsets count code points of its text.

    None for short documents.
    """
    windows = document.windows
    if len(windows) < _LONG_WINDOWS:
        return None
    sections = [Span(a.start, b.end) for a, b in zip(windows, windows[_SECTION_WINDOWS - 1 :], strict=False)]
    scored = [(section, features) for section in sections if (features := _features_of(measured, section))]
    if not scored:
        return None
    probabilities = judge.probabilities([features for _, features in scored])
    probability, number = max(zip(probabilities, range(len(scored)), strict=True))
    return WindowScore(*document.locate(*scored[number][0]), round(probability, DIGITS))


def _features_of(measured: Mapping[str, Measurement], span: Span) -> dict[str, float]:
    """Return what the signals that can say so measured in one span of a document's prose."""
    return {name: value for m in measured.values() for name, value in (m.of_window(span) or {}).items()}


def _count_between(starts: list[int], start: int, end: int) -> int:
    return bisect_left(starts, end) - bisect_left(starts, start)
