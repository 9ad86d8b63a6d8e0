"""Running a command of the program in this process, as tests of the command line do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from detector.cli.app import app


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]


def caller(capsys: pytest.CaptureFixture[str], *first: str) -> Run:
    """Return a function that runs `detector` with these arguments and those it is called with."""

    def call(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            app([*first, *arguments], prog_name="detector")
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return call
