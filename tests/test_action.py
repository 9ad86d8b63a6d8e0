"""The GitHub Action and the examples for CI servers: valid by their schemas, and its steps run by bash as a runner would."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from fenced_blocks import blocks

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SPUN = ROOT / "tests/cases/documents/spun.txt"


def validate(schema: str, *files: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_is_valid() -> None:
    validate("github-actions", ROOT / "action.yml")


@pytest.mark.parametrize(("schema", "mark"), [("github-workflows", "runs-on:"), ("gitlab-ci", "codequality:")])
def test_the_examples_are_valid(tmp_path: Path, schema: str, mark: str) -> None:
    found = [block.text for block in blocks(ROOT / "docs/gate.md") if block.language == "yaml" and mark in block.text]
    assert len(found) == 1
    (tmp_path / "example.yml").write_text(found[0], encoding="utf-8")
    validate(schema, tmp_path / "example.yml")
    if mark == "runs-on:":
        (step,) = (
            step for step in yaml.safe_load(found[0])["jobs"]["unspun"]["steps"] if step["uses"].startswith("OWNER")
        )
        assert set(step["with"]) <= set(ACTION["inputs"])


def test_no_input_becomes_a_part_of_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


class Runner:
    """Runs a step of the action in a folder, with what a runner sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
        for file in self.files.values():
            file.touch()

    def run(self, name: str, **given: str) -> subprocess.CompletedProcess[str]:
        (step,) = (step for step in ACTION["runs"]["steps"] if step.get("name") == name)
        inputs = {key: str(value.get("default", "")) for key, value in ACTION["inputs"].items()} | given
        environment = {key: self._filled(value, inputs) for key, value in step["env"].items()}
        set_before = dict(line.split("=", 1) for line in self.files["GITHUB_ENV"].read_text().splitlines())
        more = {"RUNNER_TEMP": str(self.folder), "PYTHONPATH": str(ROOT)} | {k: str(v) for k, v in self.files.items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder, env=os.environ | set_before | more | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def _filled(self, value: str, inputs: dict[str, str]) -> str:
        known: dict[str, Any] = {f"inputs.{key}": content for key, content in inputs.items()}
        known |= {"github.action_path": "/action dir", "steps.python.outputs.python-path": str(self.folder / "python")}
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: str(known[found[1]]), value)

    def program(self, name: str, script: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_it_installs_itself_beside_what_is_there(runner: Runner) -> None:
    runner.program("python", f'mkdir -p "$3/bin" && cp "{runner.folder}/pip" "$3/bin/python"')
    runner.program("pip", 'printf "%s\\n" "$@"')
    done = runner.run("Install", extras="parquet,warc")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "/action dir[parquet,warc]"
    assert runner.run("Install").stdout.splitlines()[-1] == "/action dir"
    assert f"UNSPUN={runner.folder}/unspun/bin/detector" in runner.files["GITHUB_ENV"].read_text()


def test_inputs_arrive_word_by_word(runner: Runner) -> None:
    runner.program("detector", 'printf "%s\\n" "$@"; exit 2')
    runner.files["GITHUB_ENV"].write_text(f"UNSPUN={runner.folder}/detector\n")
    done = runner.run(
        "Check",
        paths="two words.md\n$(touch bad)\n-x.md\n",
        options='--threshold\n0.9\n\n"; touch bad',
        sarif="a b.sarif",
        **{"diff-base": "origin/main"},
    )
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "check", "--grammar", "embedded", "--format", "github", "--progress", "never", "--diff-base", "origin/main",
        "--report", "sarif=a b.sarif", "--threshold", "0.9", '"; touch bad', "--", "two words.md", "$(touch bad)", "-x.md",
    ]  # fmt: skip
    assert not (runner.folder / "bad").exists()
    assert runner.files["GITHUB_OUTPUT"].read_text() == "exit-code=2\n"


def test_spun_text_fails_the_step_with_an_annotation_and_a_report(runner: Runner) -> None:
    runner.program("detector", f"exec '{sys.executable}' -m detector \"$@\"")
    runner.files["GITHUB_ENV"].write_text(f"UNSPUN={runner.folder}/detector\n")
    (runner.folder / "docs").mkdir()
    (runner.folder / "docs/a.md").write_text(SPUN.read_text(encoding="utf-8"), encoding="utf-8")
    done = runner.run("Check", paths="docs", sarif="unspun.sarif")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=docs/a.md,line=")
    results = json.loads((runner.folder / "unspun.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert results[0]["ruleId"] == "verdict/SPUN"
    assert runner.files["GITHUB_OUTPUT"].read_text() == "exit-code=1\n"
