"""Model files: whatever is missing, altered or cut short is told by file and key, and nothing wrong is loaded."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import model_files
from detector.engine.scorer import scan_cut_off
from detector.errors import ModelError
from detector.judge.verdict import Judge
from detector.model_files import Manifest, read_manifest
from detector.runtime.session import Session
from detector.runtime.tokenizer import open_tokenizer
from detector.signals import Feature, Scale
from detector.signals.last_reader import LastReader
from detector.signals.last_reader.installation import GRAPH
from detector.signals.scan import ScanSignal
from detector.signals.wording.cascade import Cascade
from detector.signals.wording.encoder import Encoder
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS
from detector.signals.wording.phrases import PhraseTable
from detector.signals.wording.posterior import FindingModel
from detector.signals.wording.scoring import Dictionaries
from detector.signals.wording.swap_table import SwapTable
from detector.signals.wording.word_model import WordModel
from detector.trace.comparing import PairModel

SHIPPED = model_files.locate()
CONTENT = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))
ARCHIVES = ("swaps.npz", "phrases.npz", "paraphrases.npz", "light-vectors.npz")
OPTIONAL = (
    "verdict.honest",
    "verdict.honest_documents",
    "verdict.chosen",
)  # operating points, and where they come from


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "models"))


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """The shipped files under another manifest."""
    for path in SHIPPED.iterdir():
        if path.name != "manifest.json":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def load_everything(folder: Path) -> None:
    """Open all that a run opens but the encoders' bodies, which are slow."""
    manifest = read_manifest(folder)
    load_wording(manifest)
    load_verdict(manifest)
    load_scan(manifest)
    load_last_reader(manifest)
    PairModel.load(manifest)


def load_last_reader(manifest: Manifest) -> None:
    manifest.checked(GRAPH)
    LastReader(manifest.section("last_reader"), lambda: pytest.fail("it is opened later"), "")


def load_scan(manifest: Manifest) -> None:
    for speed in ("scan", "fast"):
        scan_cut_off(manifest, speed)  # type: ignore[arg-type]
    Cascade.from_settings(manifest.section("scan").section("cascade"))
    manifest.section("scan").number("clean_below")
    ScanSignal(manifest)


def load_verdict(manifest: Manifest) -> None:
    Judge(manifest, FEATURES)


def load_wording(manifest: Manifest) -> None:
    wording = manifest.section("wording")
    Dictionaries.load(manifest, wording)
    Cascade.from_settings(wording.section("cascade"))
    for name, inputs in (("light", WORD_INPUTS), ("deep", ALL_INPUTS)):
        settings = wording.section("encoders").section(name)
        WordModel.from_settings(settings.section("word"), inputs)
        FindingModel.from_settings(settings.section("finding"))
        for file in ("body", "vectors", "tokenizer"):
            manifest.checked(settings.text(file))


FEATURES = [Feature(f["name"], "", "", Scale(f["scale"])) for f in CONTENT["verdict"]["features"]]


def test_the_shipped_files_are_what_the_manifest_says() -> None:
    manifest = model_files.verify(SHIPPED)
    assert len(manifest.sha256) == 64
    assert manifest.version
    assert all(manifest.path(name).is_file() for name in manifest.files)
    load_everything(SHIPPED)


def test_the_manifest_names_what_else_decides_about_a_document() -> None:
    assert CONTENT["text"] == model_files.text_settings()


def test_no_pickles() -> None:
    assert not [p for p in SHIPPED.iterdir() if p.suffix in (".pkl", ".pickle", ".joblib")]


@pytest.mark.parametrize("name", sorted(CONTENT["files"]))
def test_an_altered_file_is_named(copied: Path, name: str) -> None:
    path = copied / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{name}: is not the file the manifest names"):
        read_manifest(copied).checked(name)
    with pytest.raises(ModelError, match=f"{name}: is not the file the manifest names"):
        model_files.verify(copied)


@pytest.mark.parametrize("name", sorted(CONTENT["files"]))
def test_a_file_that_is_cut_short_is_named(linked: Path, name: str) -> None:
    content = (linked / name).read_bytes()
    (linked / name).unlink()
    (linked / name).write_bytes(content[: len(content) // 2])
    (linked / "manifest.json").write_text(json.dumps(CONTENT))
    with pytest.raises(ModelError, match=f"{name}: is not the file the manifest names"):
        load_everything(linked)


def test_a_file_that_is_altered_after_it_was_checked_is_hashed_again(copied: Path) -> None:
    manifest = read_manifest(copied)
    path = manifest.checked("swaps.npz")
    state = path.stat()
    path.write_bytes(b"x" * state.st_size)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1_000_000_000))
    with pytest.raises(ModelError, match=r"swaps\.npz: is not the file"):
        manifest.checked("swaps.npz")


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / "swaps.npz").unlink()
    with pytest.raises(ModelError, match=r"swaps\.npz: can't be read"):
        model_files.verify(copied)


@pytest.fixture
def release(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release as it is installed: the deep encoder's files are in a package of their own. Returns the program's folder."""
    package = tmp_path / model_files.DEEP_PACKAGE
    package.mkdir()
    (package / "__init__.py").touch()
    for name in model_files.DEEP_FILES:
        (copied / name).rename(package / name)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(model_files, "requires", lambda _: ["numpy>=2", f"{model_files.DEEP_DISTRIBUTION}==1"])
    return copied


def test_the_deep_encoder_may_be_in_a_package_of_its_own(release: Path) -> None:
    model_files.verify(release)
    load_everything(release)


@pytest.mark.parametrize("name", sorted(model_files.DEEP_FILES))
def test_where_that_package_is_missing_the_command_that_installs_it_is_named(
    release: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "find_spec", lambda _: None)
    command = f"pip install --force-reinstall --no-deps 'unspun-models-deep=={CONTENT['version']}'"
    with pytest.raises(ModelError, match=rf"{name}: can't be read .*; {command}$"):
        read_manifest(release).checked(name)


def test_files_of_another_model_in_that_package_are_not_taken(release: Path, tmp_path: Path) -> None:
    (tmp_path / model_files.DEEP_PACKAGE / "deep.onnx").write_bytes(b"of another version")
    with pytest.raises(ModelError, match=r"deep\.onnx: is not the file the manifest names .*'unspun-models-deep==2'$"):
        read_manifest(release).checked("deep.onnx")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("not json", "is no JSON"),
        ("[]", "is no JSON object"),
        ("{}", "schema is missing"),
        ('{"schema": 2}', "files is missing"),
        ('{"schema": "2"}', "schema is no number"),
        ('{"schema": 2, "files": []}', "files is no object"),
        ('{"schema": 2, "files": {"a": 1}}', r"files\.a is no text"),
    ],
)
def test_what_is_no_manifest_is_refused(copied: Path, content: str, problem: str) -> None:
    (copied / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match=rf"manifest\.json: {problem}"):
        model_files.verify(copied)


def test_another_schema_is_refused(linked: Path) -> None:
    (linked / "manifest.json").write_text(json.dumps(CONTENT | {"schema": 99}))
    with pytest.raises(ModelError, match="has schema 99"):
        read_manifest(linked)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"language_identifier": {"package": "py3langid", "version": "0.1"}}, r"pip install 'py3langid==0\.1'"),
        ({"language_identifier": {"package": "py3langid", "version": "0.4.1"}}, r"pip install 'py3langid==0\.4\.1'"),
        ({"language_identifier": {"package": "no-such-package", "version": "1"}}, "not installed"),
        ({"segmenter": "0"}, r"text\.segmenter is 0"),
    ],
)
def test_documents_are_prepared_as_for_the_fit(linked: Path, change: dict[str, Any], problem: str) -> None:
    (linked / "manifest.json").write_text(json.dumps(CONTENT | {"text": CONTENT["text"] | change}))
    with pytest.raises(ModelError, match=problem):
        read_manifest(linked)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json: can't be read"):
        model_files.verify(tmp_path)


def places(content: Any, *before: str | int) -> Iterator[tuple[str | int, ...]]:
    """Where each key stands; of a list of objects, the keys of the first and of the last."""
    items = content.items() if isinstance(content, dict) else ((at, content[at]) for at in (0, len(content) - 1))
    for key, value in items:
        yield (*before, key)
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
            yield from places(value, *before, key)


NEEDED = [place for place in places(CONTENT) if not ".".join(map(str, place)).startswith(OPTIONAL)]
INSTEAD: list[object] = ["nothing", None, "text", [[]]]
ANY_TEXT = [("version",)]


@pytest.mark.parametrize(
    ("place", "instead"),
    [(p, i) for p in NEEDED for i in INSTEAD if i != "text" or p not in ANY_TEXT],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else repr(value),
)
def test_each_key_of_the_manifest_is_needed(
    linked: Path, monkeypatch: pytest.MonkeyPatch, place: tuple[str | int, ...], instead: object
) -> None:
    """Without it, or with something of another kind in its place, an error names the file; never a KeyError."""
    monkeypatch.setattr(model_files, "_sha256", lambda path, size, changed: CONTENT["files"][path.name])
    content = copy.deepcopy(CONTENT)
    parent = content
    for key in place[:-1]:
        parent = parent[key]
    if instead == "nothing":
        del parent[place[-1]]
    else:
        parent[place[-1]] = instead
    (linked / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=r"\.(json|npz|onnx)"):
        load_part(linked, str(place[0]))


def load_part(folder: Path, key: str) -> None:
    """Open what one of the manifest's objects describes."""
    manifest = read_manifest(folder)
    if key in {"files", "scan"}:
        load_scan(manifest)
    if key in {"files", "last_reader"}:
        load_last_reader(manifest)
    if key in {"files", "verdict"}:
        load_verdict(manifest)
    if key in {"files", "trace"}:
        PairModel.load(manifest)
    if key not in {"scan", "verdict", "trace"}:
        load_wording(manifest)


def load_archive(path: Path) -> None:
    if path.name == "swaps.npz":
        SwapTable.load(path)
    elif "vectors" in path.name:
        Encoder(SHIPPED / "light.onnx", path, SHIPPED / "tokenizer.json", threads=1)
    else:
        PhraseTable.load(path)


@pytest.mark.parametrize("name", ARCHIVES)
def test_each_array_is_needed_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with np.load(SHIPPED / name) as stored:
        arrays = dict(stored)
    for key, array in arrays.items():
        for other in (None, array[: len(array) // 2], array[:0], array[None]):
            changed = {**arrays, key: other} if other is not None else {k: a for k, a in arrays.items() if k != key}
            np.savez(path, **changed)
            with pytest.raises(ModelError, match=name):
                load_archive(path)


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_an_archive_that_is_cut_short_is_named(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    content = (SHIPPED / name).read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=f"{name}: is no readable"):
        load_archive(path)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_body_and_a_tokenizer_that_are_cut_short_are_named(tmp_path: Path, share: float) -> None:
    for name in ("light.onnx", "tokenizer.json"):
        content = (SHIPPED / name).read_bytes()
        (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"light\.onnx: is no ONNX model"):
        Session(tmp_path / "light.onnx", threads=1)
    with pytest.raises(ModelError, match=r"tokenizer\.json: is no tokenizer"):
        open_tokenizer(tmp_path / "tokenizer.json")


def test_a_manifest_keeps_what_it_was_told() -> None:
    manifest = Manifest(Path("models"), "", "1", {}, {"wording": {"swaps": "swaps.npz"}})
    assert manifest.section("wording").text("swaps") == "swaps.npz"
    with pytest.raises(ModelError, match=r"manifest\.json: wording\.phrases is missing"):
        manifest.section("wording").text("phrases")
    with pytest.raises(ModelError, match=r"manifest\.json: files\.swaps\.npz is missing"):
        manifest.checked("swaps.npz")
