"""Which windows of a long document are read, by stand-ins for what an encoder says of them."""

from __future__ import annotations

import numpy as np
import pytest

from detector.signals.wording.evidence import ALL_INPUTS, Evidence
from detector.signals.wording.sampling import EVERY, FEWEST_WINDOWS, first_windows, next_windows


def evidence(log_odds: float) -> Evidence:
    at = np.arange(0, 300, 3)
    inputs = np.zeros((len(at), len(ALL_INPUTS)), dtype=np.float32)
    return Evidence(at, at + 2, inputs, np.full(len(at), log_odds, dtype=np.float32))


CALM, ODD = evidence(-6.0), evidence(4.0)


@pytest.mark.parametrize("count", [0, 1, FEWEST_WINDOWS - 1])
def test_all_of_a_document_that_is_not_long_is_read(count: int) -> None:
    assert first_windows(count) == list(range(count))


@pytest.mark.parametrize("count", [FEWEST_WINDOWS, 30, 31, 32, 1000])
def test_of_a_long_one_each_section_has_a_window_that_is_read(count: int) -> None:
    read = set(first_windows(count))
    assert all(read & set(range(at, at + EVERY)) for at in range(count - EVERY + 1))
    assert count - 1 in read
    assert len(read) <= count / EVERY + 2


def test_nothing_more_is_read_where_nothing_looks_swapped() -> None:
    read = first_windows(30)
    assert next_windows(30, read, dict.fromkeys(read, CALM)) == []


def test_what_stands_beside_a_suspicious_window_is_read_as_far_as_that_goes_on() -> None:
    spun = range(10, 18)
    read = set(first_windows(30))
    latest = {at: ODD if at in spun else CALM for at in read}
    while following := next_windows(30, read, latest):
        read.update(following)
        latest = {at: ODD if at in spun else CALM for at in following}
    assert read == {*first_windows(30), *range(spun.start - 1, spun.stop + 1)}


def test_no_window_beyond_the_ends_is_read() -> None:
    assert next_windows(3, [0, 2], {0: ODD, 2: ODD}) == [1]
