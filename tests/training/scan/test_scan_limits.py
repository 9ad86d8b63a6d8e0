"""The limits of the speeds are chosen for a share of what is found without them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from detector.model_files import locate, read_manifest
from detector.training.data.records import Record
from detector.training.scan import limits
from detector.training.scan.limits import Course, choose, cut_off_for_share


def record(source: str, number: int, rate: float = 0.0) -> Record:
    spun = rate > 0
    return Record(f"{source}-{number}", source, "news", "", str(number), spun, "moby" if spun else "", rate)


def test_the_honest_documents_of_each_source_count_alike() -> None:
    records = [*(record("large", n) for n in range(8)), *(record("small", n) for n in range(2))]
    log_odds = np.array([*range(8), 10.0, 11.0])
    assert cut_off_for_share(records, log_odds, 0.5) == 10
    assert cut_off_for_share(records, log_odds, 0.75) == 4


class Reader:
    """Finds what is spun in every document but the first; suspects more the higher the document's number."""

    def __init__(self, *_: object) -> None:
        pass

    def course(self, text: str, log_odds: float) -> Course | None:
        number = float(text)
        return Course(number > 0, log_odds, [number - 20, number - 15], number - 10, [number, number + 1])


def test_each_limit_lets_its_share_of_the_found_documents_go_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "Reader", Reader)
    monkeypatch.setattr(limits, "TRIED", 1000)
    monkeypatch.setattr(limits, "LOST", dict.fromkeys(limits.LOST, 0.1))
    records = [record("one", number, 0.05) for number in range(102)] + [record("one", -5 * n) for n in range(1, 9)]
    log_odds = np.array([float(one.text) for one in records])
    chosen = choose(read_manifest(locate()), records, log_odds, SimpleNamespace())  # type: ignore[arg-type]
    assert chosen["cut_offs"] == {"scan": -5.0, "fast": -5.0}  # fast never hands on less than scan
    assert chosen["clean_below"] == 11 - 20
    assert chosen["cascade"]["sample_above"] == 11 - 10
    assert chosen["cascade"]["second_sample_above"] == 11
    assert chosen["cascade"]["rest_above"] == 11 + 1
