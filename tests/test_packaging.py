"""What pyproject.toml asks for is what CI tries, and a wheel that should not be released is refused."""

from __future__ import annotations

import importlib.util
import json
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = {
    canonicalize_name(name): version
    for name, _, version in (
        line.partition("==")
        for line in (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
}
REQUIREMENTS = [
    Requirement(text)
    for text in [
        *PROJECT["dependencies"],
        *(text for extra in PROJECT["optional-dependencies"].values() for text in extra),
    ]
]
DIRECT = [requirement for requirement in REQUIREMENTS if requirement.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda requirement: requirement.name)
def test_each_direct_dependency_has_a_lower_bound_and_a_tried_version(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators & {">=", "=="}, "no lower bound: one that was tried has to stand here"
    name = canonicalize_name(requirement.name)
    assert name in PINNED, "run .ci/constraints"
    assert requirement.specifier.contains(PINNED[name]), "run .ci/constraints"


def test_what_decides_about_a_document_can_not_change_with_a_new_release() -> None:
    bounded = {r.name for r in DIRECT if any(specifier.operator == "<" for specifier in r.specifier)}
    assert {"py3langid", "textstat", "lingotweaker", "lingotweaker-data-en"} <= bounded


@pytest.fixture(scope="module")
def check_wheel() -> ModuleType:
    specification = importlib.util.spec_from_file_location("check_wheel", ROOT / ".ci/check_wheel.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def wheel(folder: Path, *additional: str, without: str = "") -> Path:
    path = folder / "unspun-0-py3-none-any.whl"
    manifest = {"files": {"light.onnx": "hash"}}
    contents = {
        "detector/__init__.py": "",
        "detector/py.typed": "",
        "detector/cli/app.py": "",
        "detector/models/manifest.json": json.dumps(manifest),
        "detector/models/light.onnx": "bytes",
        "unspun-0.dist-info/METADATA": "",
    } | dict.fromkeys(additional, "")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in contents.items():
            if name != without:
                archive.writestr(name, text)
    return path


def test_a_wheel_as_it_should_be_is_taken(tmp_path: Path, check_wheel: ModuleType) -> None:
    assert check_wheel.problems(wheel(tmp_path)) == []


@pytest.mark.parametrize(
    "name",
    [
        "detector/training/fit/verdict.py",
        "detector/models/reliability.png",
        "detector/models/TRAINING.md",
        "detector/models/experiments/one.md",
        "tests/conftest.py",
        "models/deep.onnx",
        "samples/list.md",
        "detector/x.pkl",
    ],
)
def test_what_has_no_place_in_a_release_is_named(tmp_path: Path, check_wheel: ModuleType, name: str) -> None:
    assert any(name in problem for problem in check_wheel.problems(wheel(tmp_path, name)))


@pytest.mark.parametrize("name", ["detector/models/light.onnx", "detector/py.typed", "detector/models/manifest.json"])
def test_what_is_missing_is_named(tmp_path: Path, check_wheel: ModuleType, name: str) -> None:
    assert any(problem == f"{name} is missing" for problem in check_wheel.problems(wheel(tmp_path, without=name)))


def test_a_wheel_that_the_index_would_refuse_is_too_large(
    tmp_path: Path, check_wheel: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_wheel, "LIMIT", 100)
    assert any("PyPI takes less than 100" in problem for problem in check_wheel.problems(wheel(tmp_path)))
