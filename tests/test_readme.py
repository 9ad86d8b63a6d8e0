"""What the README shows is what the program prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOLERANCE = 0.08  # processors round eight-bit arithmetic differently, the verdict near a threshold aside


def shown(marker: str) -> list[str]:
    """The lines of the fenced block after a marker."""
    found = re.search(rf"<!-- output: {re.escape(marker)} -->\n```\n(.*?)```", README, re.DOTALL)
    assert found, marker
    return found[1].splitlines()


def printed(*arguments: str) -> list[str]:
    command = [sys.executable, "-c", "from detector.cli.app import main; main()", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)
    return done.stdout.splitlines()


def test_the_output_for_the_samples() -> None:
    promised, real = shown("score samples"), printed("score", "--grammar", "embedded", "samples")
    assert len(promised) == len(real)
    for one, other in zip(promised, real, strict=True):
        assert _source(one) == _source(other)
        assert one.split()[0] == other.split()[0], (one, other)
        if one.split()[1] != "–":
            assert float(one.split()[1]) == pytest.approx(float(other.split()[1]), abs=TOLERANCE)


def _source(line: str) -> str:
    found = re.search(r"samples/\S+", line)
    assert found, line
    return found[0]


def test_no_document_says_to_install_somebody_elses_project() -> None:
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("models/*.md"), ROOT / "samples/README.md"):
        assert not re.search(r"pip install\s+detector\b", path.read_text(encoding="utf-8")), path
