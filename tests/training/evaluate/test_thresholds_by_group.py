"""What thresholds by group win, on scores whose kinds are known."""

from __future__ import annotations

import random

from detector.training.evaluate.by_group import compare


def test_a_kind_that_looks_odd_is_accused_by_one_threshold_and_not_by_its_own() -> None:
    chance = random.Random(1)
    good = {
        kind: {f"{kind}-{n}": round(chance.betavariate(0.5, sharpness), 6) for n in range(600)}
        for kind, sharpness in (("plain", 30), ("usual", 15), ("odd", 2))
    }
    spun = {kind: {id: round(chance.betavariate(5, 2), 6) for id in documents} for kind, documents in good.items()}
    lines = list(compare(good, spun, 0.05, halves=5))
    shares = {line[:32].strip(): [float(one) for one in line[32:].split()] for line in lines[2:]}
    found_by_one, found_by_own, _, _ = shares["plain"]
    assert found_by_own > found_by_one
    _, _, accused_by_one, accused_by_own = shares["odd"]
    assert accused_by_own <= 0.05 < accused_by_one
    assert shares["worst kind"] == [accused_by_one, max(row[3] for row in shares.values() if len(row) == 4)]


def test_too_few_documents_are_told() -> None:
    good = {"a": {f"a-{n}": 0.1 for n in range(10)}}
    assert list(compare(good, good, 0.01)) == ["5 good documents can't show a rate of 0.01"]
