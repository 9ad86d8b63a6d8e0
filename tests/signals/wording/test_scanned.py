"""What the light encoder reads of a document that the first stage has read, by stand-ins for what both say."""

from __future__ import annotations

import numpy as np
import pytest

from detector.report import Status
from detector.signals.scan.measurement import ScanMeasurement
from detector.signals.wording.evidence import ALL_INPUTS, Evidence
from detector.signals.wording.sampling import FEWEST_WINDOWS
from detector.signals.wording.scanned import ScannedCourse, course
from detector.text.document import Document

SENTENCE = "The children went home along the river before it was dark, and nobody saw them again that day. "
DOCUMENT = Document.from_text(SENTENCE * 32)
WORDS = len(SENTENCE.split()) * 32


def scanned(log_odds: float = -2.0, odd: int = 0) -> ScanMeasurement:
    """Return what the first stage says; it suspects the words of window `odd`."""
    start = DOCUMENT.windows[odd].start
    words = np.full(WORDS, -5.0, np.float32)
    at = len(DOCUMENT.prose.text[:start].split())
    words[at + 3 : at + 8] = 2.0
    return ScanMeasurement(Status.OK, log_odds=log_odds, words=words)


def evidence(log_odds: float, words: int = 100) -> Evidence:
    at = np.arange(0, 3 * words, 3)
    inputs = np.zeros((len(at), len(ALL_INPUTS)), dtype=np.float32)
    return Evidence(at, at + 2, inputs, np.full(len(at), log_odds, dtype=np.float32))


def test_the_window_that_the_first_stage_suspects_most_is_read_first() -> None:
    assert 4 < len(DOCUMENT.windows) < FEWEST_WINDOWS
    for odd in (0, 2, len(DOCUMENT.windows) - 1):
        assert ScannedCourse(DOCUMENT, DOCUMENT.windows, scanned(odd=odd), -4.0).first() == [odd]


def test_reading_ends_where_both_suspect_little() -> None:
    one = ScannedCourse(DOCUMENT, DOCUMENT.windows, scanned(-2.0), -4.0)
    assert one.following([0], [evidence(-2.5)]) == []
    assert one.following([0], [evidence(-1.5)]) != []
    assert ScannedCourse(DOCUMENT, DOCUMENT.windows, scanned(-1.0), -4.0).following([0], [evidence(-2.5)]) != []
    assert one.following([0], []) != []  # a window without words says nothing


def test_a_few_words_are_not_enough_to_leave_the_others_unread() -> None:
    one = ScannedCourse(DOCUMENT, DOCUMENT.windows, scanned(-2.0), -4.0)
    assert one.following([0], [evidence(-5.0, words=22)]) != []
    assert one.following([0, 1], [evidence(-5.0, words=22), evidence(-5.0, words=22)]) == []


def test_what_stays_suspicious_is_read_to_the_end_and_nothing_twice() -> None:
    one = ScannedCourse(DOCUMENT, DOCUMENT.windows, scanned(odd=3), -4.0)
    read, following, rounds = [], one.first(), 0
    while following:
        read += following
        following = one.following(read, [evidence(0.0)] * len(read))
        rounds += 1
    assert sorted(read) == list(range(len(DOCUMENT.windows)))
    assert rounds <= 4


@pytest.mark.parametrize(
    ("windows", "scan", "limit"),
    [(1, scanned(), -4.0), (6, None, -4.0), (6, scanned(), None), (FEWEST_WINDOWS, scanned(), -4.0)],
)
def test_other_documents_are_read_as_they_are_without_a_first_stage(
    windows: int, scan: ScanMeasurement | None, limit: float | None
) -> None:
    assert course(DOCUMENT, [DOCUMENT.windows[0]] * windows, scan, limit) is None
