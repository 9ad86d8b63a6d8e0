"""Where in a document: the probability of each window, and the section of a long document that alone reads as spun."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from detector.judge.probability import DIGITS
from detector.judge.verdict import Judge
from detector.report import ReadWindow, WindowScore
from detector.signals import Measurement
from detector.text.document import Document
from detector.text.offsets import Span

_FEWEST_WORDS = 25  # a window with fewer gets no probability
_SECTION_WINDOWS = 3  # windows in a row, some 300 words, that are judged like a document of their own
_LONG_WINDOWS = 5  # windows from which a document is judged by sections, too


def score_windows(judge: Judge, document: Document, measured: Mapping[str, Measurement]) -> Iterator[ReadWindow]:
    """Yield the score of each window of a document in order; offsets count code points of the document's text."""
    starts = [word.start for word in document.words]
    features = [_features_of(measured, window) for window in document.windows]
    long = [_count_between(starts, *window) >= _FEWEST_WORDS for window in document.windows]
    probabilities = iter(judge.probabilities([of for of, enough in zip(features, long, strict=True) if of and enough]))
    for window, of, enough in zip(document.windows, features, long, strict=True):
        probability = round(next(probabilities), DIGITS) if of and enough else None
        read = any(one.has_read(window) for one in measured.values())
        yield ReadWindow(*document.locate(*window), probability, read)


def find_strongest_section(judge: Judge, document: Document, measured: Mapping[str, Measurement]) -> WindowScore | None:
    """Return the section of a long document that alone reads most as spun; offsets count code points of its text.

    None for short documents.
    """
    if len(document.windows) < _LONG_WINDOWS:
        return None
    scored = _score_sections(judge, document, measured)
    if not scored:
        return None
    probability, number = max(scored)
    windows = document.windows
    span = document.locate(windows[number].start, windows[number + _SECTION_WINDOWS - 1].end)
    return WindowScore(*span, round(probability, DIGITS))


def find_odd_windows(
    judge: Judge, document: Document, measured: Mapping[str, Measurement], above: float, count: int
) -> list[Span]:
    """Return the windows (prose offsets) of all sections whose probability is as high as `above`, one section not within
    another; where there is no such section, those of the strongest one; where none was read, the `count` windows that alone
    read most as spun. In order of the text."""
    windows = document.windows
    chosen: set[int] = set()
    for probability, number in sorted(_score_sections(judge, document, measured), reverse=True):
        section = range(number, number + _SECTION_WINDOWS)
        if (probability >= above or not chosen) and chosen.isdisjoint(section):
            chosen.update(section)
    if not chosen:
        read = [(n, features) for n, window in enumerate(windows) if (features := _features_of(measured, window))]
        probabilities = judge.probabilities([features for _, features in read])
        strongest = sorted(zip(probabilities, (n for n, _ in read), strict=True), reverse=True)
        chosen.update(n for _, n in strongest[:count])
    return [windows[n] for n in sorted(chosen)]


def _score_sections(judge: Judge, document: Document, measured: Mapping[str, Measurement]) -> list[tuple[float, int]]:
    """Return the probability of each section that was measured, and the number of its first window."""
    windows = document.windows
    sections = (Span(a.start, b.end) for a, b in zip(windows, windows[_SECTION_WINDOWS - 1 :], strict=False))
    scored = [(n, features) for n, section in enumerate(sections) if (features := _features_of(measured, section))]
    probabilities = judge.probabilities([features for _, features in scored])
    return list(zip(probabilities, (n for n, _ in scored), strict=True))


def _features_of(measured: Mapping[str, Measurement], span: Span) -> dict[str, float]:
    """Return what the signals that can say so measured in one span of a document's prose."""
    return {name: value for m in measured.values() for name, value in (m.of_window(span) or {}).items()}


def _count_between(starts: list[int], start: int, end: int) -> int:
    return bisect_left(starts, end) - bisect_left(starts, start)
