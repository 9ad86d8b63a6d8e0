"""Thresholds by group: own where documents are many, that of all where groups do not differ or documents are few."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from detector.judge.by_group import Counted, Honest, likeness, lowest_threshold, own_thresholds
from detector.judge.calibration import choose, upper_bound

RATE = 0.02


def honest(probabilities: object) -> Honest:
    return Honest((float(one), 1.0) for one in probabilities)  # type: ignore[attr-defined]


def own(groups: dict[str, list[float]]) -> tuple[dict[str, float], float, float]:
    """Return each group's own threshold, that of all, and how alike the groups are."""
    everything = honest([one for group in groups.values() for one in group])
    of_all = lowest_threshold(everything, RATE)
    assert of_all is not None
    points, alike = own_thresholds({name: honest(group) for name, group in groups.items()}, everything, RATE, of_all)
    return {name: point.threshold for name, point in points.items()}, of_all, alike


def sample(seed: int, documents: int, sharpness: float) -> list[float]:
    return list(np.random.default_rng(seed).beta(0.5, sharpness, documents).round(6))


@pytest.mark.parametrize(("documents", "rate"), [(400, 0.03), (2000, 0.01), (1000, 0.1)])
def test_a_group_alone_gets_what_choose_chooses(documents: int, rate: float) -> None:
    probabilities = [round(one, 3) for one in sample(1, documents, 3)]
    point = choose(probabilities, rate)
    assert lowest_threshold(honest(probabilities), rate) == point.threshold
    assert honest(probabilities).upper_bound(point.threshold) == pytest.approx(point.upper_bound)
    assert honest(probabilities).reached(point.threshold) == point.false_positives


def test_large_groups_stand_on_their_own() -> None:
    groups = {"plain": sample(1, 3000, 20), "odd": sample(2, 3000, 2)}
    thresholds, of_all, _ = own(groups)
    for name, probabilities in groups.items():
        assert thresholds[name] == pytest.approx(choose(probabilities, RATE).threshold, abs=0.03)
    assert thresholds["plain"] < of_all < thresholds["odd"]


def test_groups_that_do_not_differ_get_the_threshold_of_all() -> None:
    one = sample(3, 500, 3)
    thresholds, of_all, alike = own({"a": one, "b": one})
    assert math.isinf(alike)
    assert thresholds == {"a": of_all, "b": of_all}


def test_a_small_group_is_drawn_towards_all() -> None:
    many = {f"site{n}": sample(n, 800, 2 + n) for n in range(8)}
    for documents in (60, 300, 3000):
        thresholds, of_all, _ = own(many | {"plain": sample(99, documents, 40)})
        alone = honest(sample(99, documents, 40))
        if documents == 60:
            # Sixty documents can't show 2 % by themselves, nor with what all others say.
            assert lowest_threshold(alone, RATE) is None
        else:
            assert (lowest_threshold(alone, RATE) or 0) <= thresholds["plain"] < of_all


def test_of_groups_as_they_come_the_rate_is_held() -> None:
    """Uniform probabilities on [0, width], so that the true rate of a threshold is known for each group."""
    rng = np.random.default_rng(5)
    over = total = 0
    for _ in range(20):
        widths = {f"g{n}": rng.uniform(0.3, 1) for n in range(12)}
        thresholds, _, _ = own({name: list(rng.random(400) * width) for name, width in widths.items()})
        for name, threshold in thresholds.items():
            over += max(0.0, 1 - threshold / widths[name]) > RATE
            total += 1
    assert total > 200
    assert over / total < 0.05


def test_documents_without_a_group_only_count_among_all() -> None:
    thresholds, _, _ = own({"": sample(1, 500, 3), "a": sample(2, 500, 9)})
    assert list(thresholds) == ["a"]


def test_likeness_falls_as_groups_differ() -> None:
    few, more, all_of_them = (
        likeness([Counted(20 - d, 1000, 1), Counted(20 + d, 1000, 1)]) for d in (3, 10, 20)
    )  # fmt: skip
    assert few == math.inf
    assert more > all_of_them > 0


def test_a_document_that_stands_for_many_counts_for_them_and_proves_less() -> None:
    plain = Honest([(0.9, 1.0)] * 4 + [(0.1, 1.0)] * 996)
    assert plain.upper_bound(0.5) == pytest.approx(upper_bound(4, 1000))
    weighted = Honest([(0.9, 2.0)] * 2 + [(0.1, 2.0)] * 498)
    assert weighted.upper_bound(0.5) == pytest.approx(upper_bound(2, 500))
    assert weighted.upper_bound(0.5) > plain.upper_bound(0.5)


def test_the_bound_of_weighted_documents_is_that_of_fay_and_feuer() -> None:
    rows = [(0.9, 1.0)] * 3 + [(0.8, 20.0)] * 2 + [(0.1, 50.0)] * 400
    hits, squares, largest = 3 + 40, 3 + 800, 50.0
    scale = (squares + largest**2) / (2 * (hits + largest))
    wanted = scale * chi2.ppf(0.95, 2 * (hits + largest) ** 2 / (squares + largest**2)) / sum(w for _, w in rows)
    assert Honest(rows).upper_bound(0.5) == pytest.approx(wanted, rel=0.01)  # beta here, gamma there: rates are small
