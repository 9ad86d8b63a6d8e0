"""Which engine runs, and what is said where one can't."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from detector.errors import SignalError
from detector.report import Status
from detector.signals.grammar import describe_engines, open_grammar, start_shared
from detector.signals.grammar.diagnosis import EngineFact
from detector.signals.grammar.installation import Installation, find_installation, find_java
from detector.signals.grammar.server import LocalServer
from detector.text.document import Document

TEXT = Document.from_text("The company bought an large office near the station last year.")
NOBODY = "http://127.0.0.1:9"

Fake = Callable[[str], None]


@pytest.fixture
def fake_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts a `java` on the PATH, and nothing else, that runs this shell command when asked for its version."""

    def put(command: str) -> None:
        directory = tmp_path / "bin"
        directory.mkdir()
        program = directory / "java"
        program.write_text(f"#!/bin/sh\n{command}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(directory))

    return put


@pytest.fixture
def broken_installation(no_installation: None, tmp_path: Path) -> Path:
    jar = tmp_path / "nothing" / "LanguageTool-6.8" / "languagetool-server.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"half a download")
    return jar


@pytest.fixture
def no_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version

    def version(name: str) -> str:
        if name.startswith("lingotweaker"):
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)


def facts(url: str | None = None) -> dict[str, EngineFact]:
    return {fact.name: fact for fact in describe_engines(url)}


def test_off_is_skipped() -> None:
    signal = open_grammar("off")
    (measurement,) = signal.measure([TEXT])
    assert measurement.status is Status.SKIPPED
    assert measurement.detail == "switched off"


def test_auto_without_languagetool_is_embedded(no_installation: None) -> None:
    (measurement,) = open_grammar("auto").measure([TEXT])
    assert measurement.status is Status.OK
    assert "lingotweaker" in measurement.detail


def test_auto_takes_languagetool_where_it_is_installed(installation: Installation) -> None:
    with start_shared("auto") as shared:
        assert shared.engine == "languagetool"
        (measurement,) = open_grammar(shared.engine, shared.url, shared.remark).measure([TEXT])
    assert "LanguageTool 6." in measurement.detail


def test_auto_prefers_the_configured_url(server: LocalServer) -> None:
    signal = open_grammar("auto", server.url)
    assert signal.measure([TEXT])[0].detail == f"LanguageTool {server.version}"
    assert [fact.name for fact in describe_engines(server.url) if fact.chosen] == [f"LanguageTool at {server.url}"]


def test_auto_says_which_url_it_passed_over(no_installation: None) -> None:
    (measurement,) = open_grammar("auto", NOBODY).measure([TEXT])
    assert "lingotweaker" in measurement.detail
    assert NOBODY in measurement.detail


def test_auto_tells_workers_what_it_passed_over(no_installation: None) -> None:
    with start_shared("auto", NOBODY) as shared:
        assert shared.engine == "embedded"
        (measurement,) = open_grammar(shared.engine, shared.url, shared.remark).measure([TEXT])
    assert NOBODY in measurement.detail


def test_auto_with_nothing_is_skipped_with_the_reasons(no_installation: None, no_embedded: None) -> None:
    with start_shared("auto", NOBODY) as shared:
        worker = open_grammar(shared.engine, shared.url, shared.remark)
    for signal in (open_grammar("auto", NOBODY), worker):
        (measurement,) = signal.measure([TEXT])
        assert measurement.status is Status.SKIPPED
        assert NOBODY in measurement.detail
        assert "pip install lingotweaker" in measurement.detail
    assert not any(fact.chosen for fact in describe_engines())


def test_embedded_that_is_missing_is_an_error_with_the_command(no_embedded: None) -> None:
    with pytest.raises(SignalError, match="pip install lingotweaker lingotweaker-data-en"):
        open_grammar("embedded")


def test_languagetool_that_is_missing_is_an_error_with_the_command(no_installation: None) -> None:
    with pytest.raises(SignalError, match="detector setup languagetool"):
        open_grammar("languagetool")
    assert facts()["LanguageTool"].remedy == "detector setup languagetool"


def test_damaged_installation_is_an_error_that_names_the_file(broken_installation: Path) -> None:
    if find_java().problem() is None:
        with pytest.raises(SignalError, match=r"languagetool-server\.jar is damaged"):
            open_grammar("languagetool")
    fact = facts()["LanguageTool"]
    assert not fact.present
    assert str(broken_installation) in fact.detail
    assert fact.remedy == "detector setup languagetool --force"


def test_damaged_installation_is_passed_over_by_auto(broken_installation: Path) -> None:
    (measurement,) = open_grammar("auto").measure([TEXT])
    assert "lingotweaker" in measurement.detail
    assert str(broken_installation) in measurement.detail
    assert facts()["embedded rules"].chosen


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "is Java 11"),
        ("echo 'java version \"1.8.0_292\"' >&2", "is Java 8"),
        ("echo 'The operation could not be completed.' >&2; exit 1", "does not run"),
    ],
    ids=["11", "8", "stub"],
)
def test_java_that_is_too_old_or_broken(fake_java: Fake, command: str, said: str) -> None:
    fake_java(command)
    problem = find_java().problem()
    assert problem is not None
    assert said in problem
    assert "17" in problem


def test_without_java_languagetool_is_an_error_and_auto_is_embedded(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SignalError, match="no Java found"):
        open_grammar("languagetool")
    (measurement,) = open_grammar("auto").measure([TEXT])
    assert measurement.status is Status.OK
    assert "no Java found" in measurement.detail
    assert not facts()["Java"].present
    assert facts()["embedded rules"].chosen


def test_newest_installation_is_found(no_installation: None, tmp_path: Path) -> None:
    for version in ("6.8", "6.10", "6.9-snapshot"):
        (tmp_path / "nothing" / f"LanguageTool-{version}").mkdir(parents=True)
    found = find_installation()
    assert found is not None
    assert found.version == "6.10"
