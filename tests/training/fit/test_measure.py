"""What signals said of records is kept by what they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.report import Status
from detector.signals import Measurement
from detector.text.document import Document
from detector.training.data.records import Record
from detector.training.fit import measure
from detector.training.fit.measure import WordRow, signal_features, words, write_part

ONE = Record("1", "one", "news", "g", "The com-\nmittee sat.", spun=False)
OTHER = replace(ONE, id="2", text="The allies met.")


class Counting:
    def __init__(self) -> None:
        self.read: list[str] = []

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        self.read += [document.prose.text for document in documents]
        return [Measurement(Status.OK, features={"words": float(len(document.words))}) for document in documents]

    def close(self) -> None:
        pass


@pytest.fixture
def signal(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setitem(measure.SIGNALS, "counting", lambda: counting)
    return counting


def test_what_was_measured_is_not_measured_again(signal: Counting, tmp_path: Path) -> None:
    cache = tmp_path / "counting.jsonl"
    assert signal_features([ONE], "counting", cache) == [{"words": 3.0}]
    assert signal_features([OTHER, ONE, replace(ONE, id="3")], "counting", cache) == [{"words": 3.0}] * 3
    assert signal.read == ["The committee sat.", "The allies met."]


def test_a_record_spun_elsewhere_is_another_one() -> None:
    assert measure.key_of(ONE) == measure.key_of(replace(ONE, id="3"))
    assert measure.key_of(ONE) != measure.key_of(replace(ONE, edits=((0, 3),)))


def test_words_that_are_kept_need_no_encoder(tmp_path: Path) -> None:
    rows = {
        measure.key_of(record): WordRow(
            np.arange(count), np.arange(count) + 1, np.full((count, 2), count, dtype=np.float32), np.zeros(count, bool)
        )
        for record, count in ((ONE, 3), (OTHER, 5))
    }
    for key, row in rows.items():
        write_part(tmp_path, {key: row})
    no_models = None
    found = words([OTHER, ONE, OTHER], no_models, tmp_path)  # type: ignore[arg-type]
    assert [len(row.starts) for row in found] == [5, 3, 5]
    assert [row.inputs.tolist() for row in found] == [
        rows[measure.key_of(r)].inputs.tolist() for r in (OTHER, ONE, OTHER)
    ]
