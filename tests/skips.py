"""Fail the run where a test was skipped that had no permission to be.

A skipped test looks like a passed one to whoever reads only the last line. So, in CI, each skip needs a line in
`allowed_skips.txt` with its reason and with where it holds: "without torch" no longer allows anything once torch is there.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ALLOWED = Path(__file__).parent / "allowed_skips.txt"


@dataclass(frozen=True)
class Allowance:
    """One line of the list."""

    test: str  # a pattern of test ids
    where: str
    why: str

    def covers(self, test: str) -> bool:
        return fnmatchcase(test, self.test) and holds(self.where)


def allowances(path: Path = ALLOWED) -> list[Allowance]:
    """Read the list; a line that does not say test, place and reason is a ValueError that names it."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{path.name}, line {number}: not of the form TEST | WHERE | WHY")
        holds(parts[1])  # an unknown place is an error now, not when the first test is skipped
        found.append(Allowance(*parts))
    return found


def holds(where: str) -> bool:
    """Whether this machine is such a place."""
    match where.split():
        case ["anywhere"]:
            return True
        case ["without", module]:
            return importlib.util.find_spec(module) is None
        case ["without-command", command]:
            return shutil.which(command) is None
        case ["as-root"]:
            return hasattr(os, "geteuid") and os.geteuid() == 0
        case ["not-posix"]:
            return os.name != "posix"
    raise ValueError(f"no such place to skip tests in: {where}")


def unexpected(tests: Iterable[str], allowed: Iterable[Allowance]) -> list[str]:
    """Return the skipped tests that no line covers."""
    lines = list(allowed)
    return [test for test in tests if not any(line.covers(test) for line in lines)]
