"""What the tests of adapters share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_records import FakeDetector, filter_records, make_records

from detector.adapters import scoring


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeDetector]:
    """Score by a fake in this process."""
    FakeDetector.made = 0
    FakeDetector.instances.clear()
    monkeypatch.setattr(scoring, "Detector", FakeDetector)
    monkeypatch.setattr(scoring, "_loaded", {})
    return FakeDetector


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """Records with texts of every verdict, several with nothing in them first."""
    return make_records()


@pytest.fixture
def filtered(
    records: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> dict[str, list[dict[str, Any]]]:
    """What `detector filter` makes of the records, by destination; findings are in all of them."""
    return filter_records(records, tmp_path, capsys)
