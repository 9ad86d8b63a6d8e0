"""Which windows of a long document are read, by stand-ins for what the first stage and an encoder say of them."""

from __future__ import annotations

import numpy as np
import pytest

from detector.signals.wording.evidence import ALL_INPUTS, Evidence
from detector.signals.wording.sampling import CHOSEN, FEWEST_WINDOWS, SPREAD, first_windows, is_long, next_windows


def evidence(log_odds: float) -> Evidence:
    at = np.arange(0, 300, 3)
    inputs = np.zeros((len(at), len(ALL_INPUTS)), dtype=np.float32)
    return Evidence(at, at + 2, inputs, np.full(len(at), log_odds, dtype=np.float32))


CALM, ODD = evidence(-6.0), evidence(4.0)


def test_a_document_that_is_not_long_is_not_sampled() -> None:
    assert [is_long(count) for count in (0, 1, FEWEST_WINDOWS - 1, FEWEST_WINDOWS)] == [False, False, False, True]


@pytest.mark.parametrize("count", [FEWEST_WINDOWS, 30, 31, 100, 1000])
def test_of_a_long_one_windows_are_read_all_over_it_and_the_most_suspicious(count: int) -> None:
    first_stage = [-2.0] * count
    suspicious = {0, count // 2, count - 1} if count // CHOSEN >= 3 else {0, count - 1}
    for at in suspicious:
        first_stage[at] = 1.0
    read = first_windows(first_stage)
    assert read == sorted(set(read))
    assert suspicious <= set(read) <= set(range(count))
    gaps = np.diff([-1, *read, count])
    assert gaps.max() <= max(count / 4, 1.5 * SPREAD)
    assert len(read) <= max(9, count / SPREAD + count / CHOSEN + 2)


def test_the_most_suspicious_window_is_read_with_those_beside_it() -> None:
    first_stage = [-2.0] * 40
    first_stage[12] = 3.0
    assert {11, 12, 13} <= set(first_windows(first_stage))


def test_windows_that_are_alike_to_the_first_stage_are_taken_in_order() -> None:
    assert first_windows([-2.0] * 40) == first_windows([-2.0] * 40)


def test_nothing_more_is_read_where_nothing_looks_swapped() -> None:
    read = first_windows([-2.0] * 30)
    assert next_windows(30, read, dict.fromkeys(read, CALM)) == []


def test_what_stands_beside_a_suspicious_window_is_read_as_far_as_that_goes_on() -> None:
    spun = range(10, 18)
    first = first_windows([float(at == 12) for at in range(30)])
    read = set(first)
    latest = {at: ODD if at in spun else CALM for at in read}
    while following := next_windows(30, read, latest):
        read.update(following)
        latest = {at: ODD if at in spun else CALM for at in following}
    assert read == {*first, *range(spun.start - 1, spun.stop + 1)}


def test_no_window_beyond_the_ends_is_read() -> None:
    assert next_windows(3, [0, 2], {0: ODD, 2: ODD}) == [1]
    assert max(first_windows([float(at) for at in range(20)])) == 19
