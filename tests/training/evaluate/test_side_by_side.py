"""Commands measured side by side: stand-ins that burn processor time, hold memory and leave processes behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def command(path: Path, program: str) -> str:
    path.write_text(f"#!{sys.executable}\n{program}", "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps({"text": "four words in each"}) + "\n" for _ in range(10)), "utf-8")
    return path


def measure(corpus: Path, *commands: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, since it adopts children and keeps to one core."""
    module = [sys.executable, "-m", "detector.training.evaluate.side_by_side"]
    return subprocess.run(
        [*module, str(corpus), *commands, "--rounds", "1"], check=False, capture_output=True, text=True, timeout=120
    )


def test_the_slower_command_has_the_lower_speed(tmp_path: Path, corpus: Path) -> None:
    """Both start as slowly; one takes 10 ms a document, the other 40 ms."""
    per_document = "import sys, time\nlines = len(open(sys.argv[-1]).readlines()) if 'score' in sys.argv else 0\n{wait}"
    quick = command(tmp_path / "quick", per_document.format(wait=BURN.format(seconds=".2 + .01 * lines")))
    slow = command(tmp_path / "slow", per_document.format(wait=BURN.format(seconds=".2 + .04 * lines")))
    done = measure(corpus, quick, slow)
    assert done.returncode == 0, done.stderr
    assert "10 documents, 40 words" in done.stdout
    first, second = (line.split() for line in done.stdout.splitlines()[-2:])
    assert first[-1] == quick
    assert first[2] == "1.00x"
    assert float(second[2].rstrip("x")) == pytest.approx(0.25, abs=0.1)


def test_a_command_that_fails_is_told_with_its_message(tmp_path: Path, corpus: Path) -> None:
    done = measure(corpus, command(tmp_path / "broken", "import sys; sys.exit('no model here')"))
    assert done.returncode == 1
    assert "no model here" in done.stderr
    assert os.fspath(tmp_path / "broken") in done.stderr
