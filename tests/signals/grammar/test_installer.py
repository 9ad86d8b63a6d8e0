"""`install`: both ways to LanguageTool, for real, and what is said where one is closed."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from detector.errors import SetupError
from detector.signals.grammar.installation import Installation, Java, _class_path
from detector.signals.grammar.installer import FOLDER, install, write_jar

download_lt = pytest.importorskip("language_tool_python.download_lt")


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_lt, "BASE_URL_NEW_RELEASES", "http://127.0.0.1:9/{version}/")


@pytest.fixture
def downloads(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host that offers the LanguageTool of this machine for download."""
    site = tmp_path / "site"
    site.mkdir()
    archive = site / f"{FOLDER}.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(installation.folder.rglob("*")):
            packed.write(path, Path(FOLDER) / path.relative_to(installation.folder))
    monkeypatch.setenv("LTP_DOWNLOAD_SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(site))) as host:
        monkeypatch.setattr(download_lt, "BASE_URL_NEW_RELEASES", f"http://127.0.0.1:{host.server_port}/")
        Thread(target=host.serve_forever, daemon=True).start()
        yield
        host.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


def only_java_on_the_path(java: Java, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert java.path is not None
    directory.mkdir()
    (directory / "java").symlink_to(java.path)
    monkeypatch.setenv("PATH", str(directory))


def test_without_java_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="no Java found"):
        install(print, directory=tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_without_network_and_maven_it_names_both(
    java: Java, no_download: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_java_on_the_path(java, tmp_path / "bin", monkeypatch)
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:9.* out of reach .*Maven \(`mvn`\) is not installed"):
        install(print, directory=tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_maven_that_fails_is_quoted(
    java: Java, no_download: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_java_on_the_path(java, tmp_path / "bin", monkeypatch)
    maven = tmp_path / "bin" / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] Could not transfer artifact: connection refused'\nexit 1\n")
    maven.chmod(0o755)
    with pytest.raises(SetupError, match="Could not transfer artifact: connection refused"):
        install(print, directory=tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_place_that_is_a_file_is_an_error(java: Java, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file")
    with pytest.raises(SetupError, match="here"):
        install(print, directory=tmp_path / "here")


def test_maven_installs_and_the_second_time_nothing_is_fetched(java: Java, no_download: None, tmp_path: Path) -> None:
    if shutil.which("mvn") is None:
        pytest.skip("Maven is not installed")
    (tmp_path / FOLDER).mkdir()  # what a killed unpacking leaves
    said: list[str] = []
    folder = install(said.append, directory=tmp_path)
    assert Installation(folder, "6.8").problem() is None
    assert any("Maven" in line for line in said)
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    made = (folder / "languagetool-server.jar").stat().st_mtime_ns
    said.clear()
    assert install(said.append, directory=tmp_path) == folder
    assert "already" in said[-1]
    assert (folder / "languagetool-server.jar").stat().st_mtime_ns == made


def test_download_installs(downloads: None, tmp_path: Path) -> None:
    said: list[str] = []
    folder = install(said.append, directory=tmp_path / "here")
    assert Installation(folder, "6.8").problem() is None
    assert any(line.startswith("downloading") for line in said)
    assert not any("Maven" in line for line in said)


def test_download_with_another_hash_is_not_installed(
    downloads: None, java: Java, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_java_on_the_path(java, tmp_path / "bin", monkeypatch)
    monkeypatch.setenv("LTP_DOWNLOAD_SHA256", "0" * 64)
    with pytest.raises(SetupError, match="checksum"):
        install(print, directory=tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_class_path_of_the_jar_survives_its_folding(tmp_path: Path) -> None:
    names = [f"library-{'x' * length}-1.0.jar" for length in range(1, 80)]
    write_jar(tmp_path / "server.jar", names)
    assert _class_path(tmp_path / "server.jar") == [f"libs/{name}" for name in names]
    with zipfile.ZipFile(tmp_path / "server.jar") as jar:
        assert max(map(len, jar.read("META-INF/MANIFEST.MF").splitlines())) <= 72
