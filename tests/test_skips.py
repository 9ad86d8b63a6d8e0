"""A skipped test fails a run that allows none, by whichever way it was skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import skips

ROOT = Path(__file__).parent.parent

TESTS = {
    "inside": "import pytest\ndef test_one():\n    pytest.skip('for no reason')\ndef test_two(): pass\n",
    "mark": "import pytest\n@pytest.mark.skip\ndef test_one(): pass\ndef test_two(): pass\n",
    "fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip()\ndef test_one(f): pass\ndef test_two(): pass\n",
}
MODULE = "import pytest\npytest.importorskip('no_such_module_anywhere')\ndef test_one(): pass\n"
XFAIL = "import pytest\n@pytest.mark.xfail\ndef test_one(): assert False\ndef test_two(): pass\n"


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    for name in ("conftest.py", "skips.py", "allowed_skips.txt"):
        (folder / name).write_text((ROOT / "tests" / name).read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, str(folder)]
    variables = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=folder, env=variables | environment, check=False, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize("test", [pytest.param(text, id=name) for name, text in TESTS.items()])
def test_a_skipped_test_fails_the_run_and_is_named(tmp_path: Path, test: str) -> None:
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    ended = run(tmp_path, "--no-unexpected-skips")
    assert ended.returncode == 1, ended.stdout
    assert "test_it.py::test_one" in ended.stdout
    assert run(tmp_path).returncode == 0


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_file_skipped_as_a_whole_fails_the_run(tmp_path: Path, processes: str) -> None:
    (tmp_path / "test_it.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "test_other.py").write_text("def test_two(): pass\n", encoding="utf-8")
    ended = run(tmp_path, "-p", "xdist", "-n", processes, CI="true")
    assert ended.returncode == 1, ended.stdout
    assert "\ntest_it.py\n" in ended.stdout


def test_an_expected_failure_is_not_a_skipped_test(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(XFAIL, encoding="utf-8")
    assert run(tmp_path, CI="true").returncode == 0


def test_every_line_of_the_list_can_be_read_and_names_tests_that_there_are() -> None:
    for line in skips.allowances():
        assert list(ROOT.glob(line.test.split("::")[0])), line


def test_a_line_holds_only_where_it_says(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a/* | without pytest | .\nb/* | without no_such_module | .\n", encoding="utf-8")
    tests = ["a/test_x.py::y", "b/test_x.py::y", "c/test_x.py"]
    assert skips.unexpected(tests, skips.allowances(path)) == ["a/test_x.py::y", "c/test_x.py"]


@pytest.mark.parametrize("line", ["tests/x", "tests/x | anywhere |", "tests/x | on Mondays | because"])
def test_a_line_without_a_reason_or_with_an_unknown_place_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 1|no such place"):
        skips.allowances(path)
