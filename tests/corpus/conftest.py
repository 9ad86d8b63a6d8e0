from __future__ import annotations

from pathlib import Path

import pytest
from filtering import Filter, filter_caller


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test reads and writes in a directory of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def filter(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Filter:
    return filter_caller(monkeypatch, capsys)
