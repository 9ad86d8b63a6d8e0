"""`detector filter` in this process, with a scorer that looks for a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from filter_process import WordScorer

from detector.cli import scoring
from detector.cli.app import app


@dataclass
class Ended:
    code: int
    err: str
    scored: int


Filter = Callable[..., Ended]


def filter_caller(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Filter:
    """Return a function that runs `detector filter` with these arguments, by default into out/kept and out/rejected."""

    def call(*arguments: str, folders: bool = True) -> Ended:
        scorer = WordScorer()
        monkeypatch.setattr(scoring, "load_detector", scorer.open)
        into = ["--kept", "out/kept", "--rejected", "out/rejected"] if folders else []
        with pytest.raises(SystemExit) as ended:
            app(["filter", *arguments, *into], prog_name="detector")
        return Ended(int(ended.value.code or 0), capsys.readouterr().err, scorer.scored)

    return call
