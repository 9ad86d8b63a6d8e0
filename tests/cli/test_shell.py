"""What a shell and `man` get: completion, the manual page."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Run, caller

from detector.option_types import rows
from detector.options import Settings


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return caller(capsys)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder for the search path, with `detector` in it."""
    (tmp_path / "bin").mkdir()
    path = tmp_path / "bin" / "detector"
    path.write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -c 'from detector.cli.app import main; main()' \"$@\"\n", encoding="utf-8"
    )
    path.chmod(0o755)
    return path.parent


COMPLETE = """
source "$1"
COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2))
_detector_completion detector
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("detector", "ch"), {"check"}),
        (("detector", "check", "--diff"), {"--diff-base"}),
        (("detector", "check", "--grammar", "e"), {"embedded"}),
        (("detector", "score", "--text-format", "no"), {"notebook"}),
        (("detector", "check", "a.t"), {""}),  # nothing of ours: bash completes names of files
    ],
)
def test_bash_completes(
    tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], wanted: set[str]
) -> None:
    script = tmp_path / "completion.sh"
    monkeypatch.setenv("PATH", f"{program}:/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with script.open("wb") as stream:
        subprocess.run([program / "detector", "completion", "bash"], check=True, stdout=stream)
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", str(script), *words], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.removesuffix("\n").split("\n")) == wanted, done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell"])
def test_other_shells_have_a_script_that_asks_the_program(run: Run, shell: str) -> None:
    ended = run("completion", shell)
    assert ended.code == 0
    assert f"_DETECTOR_COMPLETE{' = ' if shell == 'powershell' else '='}" in ended.out.replace('"', "")
    assert f"complete_{shell}" in ended.out


def test_an_unknown_shell_is_an_error_that_names_those_there_are(run: Run) -> None:
    ended = run("completion", "csh")
    assert ended.code == 2
    assert "powershell" in ended.err


def test_the_manual_is_what_man_reads_without_a_complaint(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "detector.1"
    page.write_text(run("manual").out, encoding="utf-8")
    assert page.read_text(encoding="utf-8").isascii()
    reader = next((words for words in READERS if shutil.which(words[0])), None)
    if reader is None:
        pytest.skip("neither groff nor mandoc is here")
    done = subprocess.run([*reader, str(page)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    text = re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)
    assert "detector check PATH..." in text
    for row in rows(Settings):
        assert f"--{row.key}" in text, row.key
    for title in ("NAME", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT"):
        assert re.search(rf"^{title}$", text, re.MULTILINE)


READERS = (["groff", "-man", "-ww", "-Tutf8", "-c"], ["mandoc", "-Tutf8", "-W", "warning"])
