"""What pyproject.toml asks for is what CI tries, and a wheel that should not be released is refused."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from detector.judge.gates import IDENTIFIER
from detector.model_files import DEEP_DISTRIBUTION, DEEP_FILES, DEEP_PACKAGE

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_pins(path: Path) -> dict[str, str]:
    """Return the versions of a constraints file by name."""
    lines = (line.partition("==") for line in path.read_text(encoding="utf-8").splitlines() if "==" in line)
    return {canonicalize_name(name): version for name, _, version in lines}


PINNED = read_pins(ROOT / ".ci/constraints.txt")
ENGINES = {path.stem: read_pins(path) for path in (ROOT / ".ci/engines").glob("*.txt")}
OPTIONAL = PROJECT["optional-dependencies"]
DIRECT = [
    (requirement, pins)
    for texts, pins in [
        (PROJECT["dependencies"], PINNED),
        *((texts, ENGINES.get(extra, PINNED)) for extra, texts in OPTIONAL.items()),
    ]
    for requirement in map(Requirement, texts)
    if requirement.name != PROJECT["name"]
]


def test_each_engine_is_an_extra_with_an_adapter() -> None:
    assert ENGINES.keys() <= OPTIONAL.keys()
    assert {path.stem for path in (ROOT / "detector/adapters").glob("*.py")} >= ENGINES.keys()


@pytest.mark.parametrize(("requirement", "pins"), DIRECT, ids=lambda value: getattr(value, "name", ""))
def test_each_direct_dependency_has_a_lower_bound_and_a_tried_version(
    requirement: Requirement, pins: dict[str, str]
) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators & {">=", "=="}, "no lower bound: one that was tried has to stand here"
    name = canonicalize_name(requirement.name)
    assert name in pins, "run .ci/constraints"
    assert requirement.specifier.contains(pins[name]), "run .ci/constraints"


def test_what_decides_about_a_document_can_not_change_with_a_new_release() -> None:
    bounded = {r.name for r, _ in DIRECT if any(specifier.operator in ("<", "==") for specifier in r.specifier)}
    assert {"py3langid", "textstat", "lingotweaker", "lingotweaker-data-en"} <= bounded


def test_the_language_identifier_is_the_one_the_model_was_made_with() -> None:
    manifest = json.loads((ROOT / "models/manifest.json").read_text(encoding="utf-8"))
    identifier = manifest["text"]["language_identifier"]
    (requirement,) = (r for r, _ in DIRECT if r.name == identifier["package"])
    assert str(requirement.specifier) == f"=={identifier['version']}"
    assert f"{identifier['package']} {identifier['version']}" == IDENTIFIER


@pytest.fixture(scope="module")
def check_wheel() -> ModuleType:
    specification = importlib.util.spec_from_file_location("check_wheel", ROOT / ".ci/check_wheel.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def wheels(folder: Path, *additional: str, without: str = "", requires: str = "unspun-models-deep==1") -> list[Path]:
    """A release of two wheels with the least that has to be in them."""
    light, deep = b"light", b"deep"
    files = {"light.onnx": hashlib.sha256(light).hexdigest(), "deep.onnx": hashlib.sha256(deep).hexdigest()}
    program = {
        "detector/__init__.py": b"",
        "detector/py.typed": b"",
        "detector/cli/app.py": b"",
        "detector/models/manifest.json": json.dumps({"version": "1", "files": files}).encode(),
        "detector/models/light.onnx": light,
        "unspun-0.dist-info/METADATA": f"Name: unspun\nRequires-Dist: {requires}\n".encode(),
    } | dict.fromkeys(additional, b"")
    models = {"unspun_models_deep/deep.onnx": deep, "unspun_models_deep-1.dist-info/METADATA": b"Version: 1\n"}
    paths = []
    for distribution, contents in (("unspun-0", program), ("unspun_models_deep-1", models)):
        paths.append(folder / f"{distribution}-py3-none-any.whl")
        with zipfile.ZipFile(paths[-1], "w") as archive:
            for name, content in contents.items():
                if name != without:
                    archive.writestr(name, content)
    return paths


def test_wheels_as_they_should_be_are_taken(tmp_path: Path, check_wheel: ModuleType) -> None:
    assert check_wheel.problems(wheels(tmp_path)) == []


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
    assert any(name in problem for problem in check_wheel.problems(wheels(tmp_path, name)))


@pytest.mark.parametrize("name", ["detector/py.typed", "detector/models/manifest.json"])
def test_what_is_missing_is_named(tmp_path: Path, check_wheel: ModuleType, name: str) -> None:
    assert f"{name} is missing" in check_wheel.problems(wheels(tmp_path, without=name))


@pytest.mark.parametrize("name", ["detector/models/light.onnx", "unspun_models_deep/deep.onnx"])
def test_a_model_file_that_is_in_neither_wheel_is_named(tmp_path: Path, check_wheel: ModuleType, name: str) -> None:
    assert f"{name.rsplit('/', maxsplit=1)[-1]} is missing" in check_wheel.problems(wheels(tmp_path, without=name))


def test_a_model_file_that_is_in_both_wheels_is_named(tmp_path: Path, check_wheel: ModuleType) -> None:
    found = check_wheel.problems(wheels(tmp_path, "detector/models/deep.onnx"))
    assert any(problem.startswith("deep.onnx is there 2 times") for problem in found)


def test_the_program_has_to_require_its_models(tmp_path: Path, check_wheel: ModuleType) -> None:
    found = check_wheel.problems(wheels(tmp_path, requires="unspun-models-deep==2"))
    assert found == ["no wheel has the line Requires-Dist: unspun-models-deep==1"]


def test_a_wheel_that_the_index_would_refuse_is_too_large(
    tmp_path: Path, check_wheel: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_wheel, "LIMIT", 100)
    assert any("PyPI takes less than 100" in problem for problem in check_wheel.problems(wheels(tmp_path)))


def test_the_distribution_of_the_deep_encoder_has_what_the_program_looks_for_there() -> None:
    deep = tomllib.loads((ROOT / "models/deep/pyproject.toml").read_text(encoding="utf-8"))
    included = deep["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {f"../{name}": f"{DEEP_PACKAGE}/{name}" for name in DEEP_FILES}
    assert deep["project"]["name"] == DEEP_DISTRIBUTION
    manifest = (ROOT / "models/manifest.json").read_text(encoding="utf-8")
    version = re.search(deep["tool"]["hatch"]["version"]["pattern"], manifest)
    assert version
    assert version["version"] == json.loads(manifest)["version"]
    assert (ROOT / "models/deep/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
