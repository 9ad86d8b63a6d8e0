"""The commands with a quick detector, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run, caller
from quick_words import QuickWords

from detector.cli import scoring


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scoring, "load_detector", QuickWords().open)
    return caller(capsys)
