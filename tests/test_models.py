from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from detector import model_files
from detector.errors import ModelError


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_files.locate(), tmp_path / "models"))


def test_the_shipped_files_are_what_the_manifest_says() -> None:
    manifest = model_files.verify(model_files.locate())
    assert len(manifest.sha256) == 64
    assert manifest.version
    assert all(manifest.path(name).is_file() for name in manifest.files)


def test_no_pickles() -> None:
    assert not [p for p in model_files.locate().iterdir() if p.suffix in (".pkl", ".pickle", ".joblib")]


@pytest.mark.parametrize("name", sorted(model_files.read_manifest(model_files.locate()).files))
def test_an_altered_file_is_named(copied: Path, name: str) -> None:
    path = copied / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{name}: is not the file the manifest names"):
        model_files.verify(copied)


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / "swaps.npz").unlink()
    with pytest.raises(ModelError, match=r"swaps\.npz: can't be read"):
        model_files.verify(copied)


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json", '{"schema": 1}'])
def test_what_is_no_manifest_is_refused(copied: Path, content: str) -> None:
    (copied / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match=r"manifest\.json: not a manifest"):
        model_files.verify(copied)


def test_another_schema_is_refused(copied: Path) -> None:
    path = copied / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    with pytest.raises(ModelError, match="has schema 99"):
        model_files.verify(copied)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json: can't be read"):
        model_files.verify(tmp_path)
