"""What `detector doctor` finds out, and how it ends."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest

from detector import doctor, model_files
from detector.cli.app import app
from detector.doctor import Diagnosis, Fact, Health
from detector.option_types import rows
from detector.options import Options, Settings
from detector.reports.diagnosis import print_diagnosis

CONTENT = {"encoder.onnx": b"weights", "tokenizer.json": b"{}"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model folder of two small files with a manifest that fits."""
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    files = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    verdict = {"suspect": 0.5, "spun": 0.9}
    text = model_files.text_settings()
    manifest = {"schema": model_files.SCHEMA, "version": "0.0", "files": files, "text": text, "verdict": verdict}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    monkeypatch.setattr(model_files, "locate", lambda: tmp_path)
    return tmp_path


def by_name(facts: Iterable[Fact]) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts}


def test_every_model_file_is_shown_with_its_hash(folder: Path) -> None:
    facts = by_name(doctor.models())
    assert set(facts) == {"model", *CONTENT}
    assert all(fact.health is Health.OK for fact in facts.values())
    assert hashlib.sha256(b"weights").hexdigest() in facts["encoder.onnx"].detail


def test_an_altered_model_file_is_named_and_the_others_are_still_checked(folder: Path) -> None:
    (folder / "encoder.onnx").write_bytes(b"other weights")
    facts = by_name(doctor.models())
    assert facts["encoder.onnx"].health is Health.BROKEN
    assert str(folder / "encoder.onnx") in facts["encoder.onnx"].detail
    assert facts["encoder.onnx"].remedy
    assert facts["tokenizer.json"].health is Health.OK


def test_a_missing_model_file_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    fact = by_name(doctor.models())["tokenizer.json"]
    assert fact.health is Health.BROKEN
    assert str(folder / "tokenizer.json") in fact.detail


def test_a_broken_manifest_is_named(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    (fact,) = doctor.models()
    assert fact.health is Health.BROKEN
    assert "manifest.json" in fact.detail


def test_packages_that_are_needed_are_shown_with_their_versions() -> None:
    facts = by_name(doctor.packages("pytest"))
    assert facts["pytest"] == Fact("pytest", Health.OK, metadata.version("pytest"))
    assert facts["pluggy"] == Fact("pluggy", Health.OK, metadata.version("pluggy"))


def test_a_package_that_is_missing_comes_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: ["surely-not-there>=1,<2", 'optional; extra == "x"'])
    _, missing = doctor.packages("pytest")
    assert missing.health is Health.BROKEN
    assert missing.remedy == 'python -m pip install "surely-not-there>=1,<2"'


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LTP_PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    facts = by_name(doctor.grammar(None))
    assert facts["Java"].health is Health.MISSING
    assert "17" in str(facts["Java"].remedy)
    assert facts["LanguageTool"].health is Health.MISSING
    assert facts["LanguageTool"].remedy == "detector setup languagetool"
    assert facts["auto"].detail == "takes embedded rules"


def test_a_server_that_does_not_answer_is_never_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    facts = by_name(doctor.grammar("http://127.0.0.1:1"))
    assert facts["LanguageTool at http://127.0.0.1:1"].health is Health.MISSING
    assert facts["auto"].health is Health.BROKEN  # as `score` would stop with an error
    assert "http://127.0.0.1:1 can't be used" in facts["auto"].detail


def test_what_is_missing_is_printed_with_its_remedy_below() -> None:
    fine = Fact("python", Health.OK, "3.11")
    missing = Fact("Java", Health.MISSING, "no Java found", "install it")
    stream = io.StringIO()
    print_diagnosis(Diagnosis((fine,), (fine,), (fine,), (missing,)), stream)
    assert "  missing  Java  no Java found\n                 → install it\n" in stream.getvalue()
    assert stream.getvalue().endswith("all is well\n")


def test_every_setting_is_shown_with_where_it_comes_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    path = folder / "pyproject.toml"
    path.write_text(
        "[tool.detector]\njobs = 2\nthreshold = 0.4\nstrict = true\nexclude = ['a', 'b']\n", encoding="utf-8"
    )
    facts = by_name(doctor.diagnose("http://127.0.0.1:1").settings)
    assert facts["config"].detail == str(path)
    assert facts["jobs"].detail == f"2 ({path})"
    assert facts["strict"].detail == f"yes ({path})"
    assert facts["exclude"].detail == f"a, b ({path})"
    assert facts["languagetool-url"].detail == "http://127.0.0.1:1 (--languagetool-url)"
    assert facts["wording"].detail == "auto (default)"
    assert facts["max-errors"].detail == "any number (default)"
    assert facts["thresholds"].detail.startswith("spun from 0.4, suspect from 0.4 ")
    assert facts["lowest max-fpr"].health is Health.MISSING
    assert {row.key for row in rows(Settings) if row.in_file} <= set(facts)


def test_without_a_settings_file_the_thresholds_are_the_models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    facts = by_name(doctor.diagnose().settings)
    assert facts["config"].health is Health.OK
    assert "no pyproject.toml" in facts["config"].detail
    assert facts["thresholds"].detail == "spun from 0.9, suspect from 0.5 (the model's own)"


def test_the_model_has_a_version_of_its_own(folder: Path) -> None:
    assert by_name(doctor.models())["model"].detail.startswith("version 0.0, ")


@pytest.mark.parametrize(
    ("line", "broken"),
    [("treshold = 1", "config"), ("max-fpr = 0.1", "thresholds"), ("calibration = 'x'", "thresholds")],
)
def test_settings_that_would_stop_a_command_are_broken(
    folder: Path, monkeypatch: pytest.MonkeyPatch, line: str, broken: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "pyproject.toml").write_text(f"[tool.detector]\n{line}\n", encoding="utf-8")
    facts = doctor.diagnose().settings
    assert [fact.name for fact in facts if fact.health is Health.BROKEN] == [broken]


def test_the_rates_that_the_model_files_offer(folder: Path) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["verdict"] |= {"honest": [0.99, 0.98], "honest_documents": 299}
    path.write_text(json.dumps(content), encoding="utf-8")
    facts = by_name(doctor.operating_point(Options(max_fpr=0.01)))
    assert facts["thresholds"].detail.startswith("spun from 0.990001, suspect from 0.5 (max-fpr: ")
    assert facts["lowest max-fpr"] == Fact("lowest max-fpr", Health.OK, "0.01")


@pytest.mark.parametrize(("content", "code"), [(b"weights", 0), (b"altered", 2)])
def test_the_command_exits_2_when_something_is_broken(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, code: int
) -> None:
    (folder / "encoder.onnx").write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        app(["doctor"], prog_name="detector")
    assert ended.value.code == code
    assert "encoder.onnx" in capsys.readouterr().out
