"""Which engine runs, and what is said where one can't."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

import detector.signals.grammar.installation as installation_module
import detector.signals.grammar.server as server_module
from detector.errors import SignalError
from detector.report import Status
from detector.signals.grammar import EngineInfo, describe_engines, engines, expected_engine, open_grammar, start_shared
from detector.signals.grammar.diagnosis import EngineFact
from detector.signals.grammar.installation import JAVA_NEEDED, Installation, Java, find_installation, find_java
from detector.signals.grammar.server import LocalServer
from detector.signals.grammar.signal import GrammarSignal
from detector.text.document import Document

TEXT = Document.from_text("The company bought an large office near the station last year.")
NOBODY = "http://127.0.0.1:9"

Fake = Callable[[str], None]
StandIn = Callable[[str], None]


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
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Puts an installation in place whose server is a Python program; with Java there, `auto` takes it."""

    def put(program: str) -> None:
        jar = tmp_path / "nothing" / "LanguageTool-6.8" / "languagetool-server.jar"
        write_jar(jar.parent, jar)
        monkeypatch.setattr(server_module, "_server_command", lambda *_: [sys.executable, "-u", "-c", program])
        monkeypatch.setattr(engines, "find_java", lambda: Java("java", JAVA_NEEDED))

    return put


def write_jar(folder: Path, jar: Path) -> None:
    """A jar that is whole and names a server, which nobody could run."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n")
        archive.writestr("org/languagetool/server/HTTPServer.class", b"")


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
    assert expected_engine("auto") == expected_engine("embedded") == measurement.engine
    assert expected_engine("off") is expected_engine("languagetool") is None


def test_auto_takes_languagetool_where_it_is_installed(installation: Installation) -> None:
    with start_shared("auto") as shared:
        assert shared.engine == "languagetool"
        (measurement,) = open_grammar(shared.engine, shared.url, shared.remark).measure([TEXT])
    assert "LanguageTool 6." in measurement.detail
    assert expected_engine("auto") == expected_engine("languagetool") == measurement.engine


def test_auto_takes_the_configured_url(server: LocalServer) -> None:
    signal = open_grammar("auto", server.url)
    (measurement,) = signal.measure([TEXT])
    assert measurement.detail == f"LanguageTool {server.version}"
    assert expected_engine("auto", server.url) == measurement.engine
    assert [fact.name for fact in describe_engines(server.url) if fact.chosen] == [f"LanguageTool at {server.url}"]


def test_auto_never_replaces_the_configured_url() -> None:
    for start in (open_grammar, start_shared):
        with pytest.raises(SignalError, match=rf"{NOBODY}.*start that server, correct the URL, or leave it out"):
            start("auto", NOBODY)
    assert not any(fact.chosen for fact in describe_engines(NOBODY))


def test_auto_never_replaces_an_installed_languagetool_that_is_slow(
    no_installation: None, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """On a loaded machine the server took over a minute; the embedded rules then answered without a word."""
    stand_in("import time; time.sleep(600)")
    monkeypatch.setattr(server_module, "START_SECONDS", 2)
    monkeypatch.setattr(server_module, "SLOW_START_SECONDS", 1)
    for start in (open_grammar, start_shared):
        with pytest.raises(SignalError, match=r"did not get ready in 2 seconds.*--grammar embedded"):
            start("auto")
    assert "still waiting for LanguageTool's server" in caplog.text


def test_auto_never_replaces_an_installed_languagetool_that_does_not_start(
    no_installation: None, stand_in: StandIn
) -> None:
    stand_in("print('Error: no memory for so large a heap'); raise SystemExit(1)")
    with pytest.raises(SignalError, match=r"does not start: Error: no memory[\s\S]*--grammar embedded"):
        open_grammar("auto")


def test_auto_stops_where_java_gives_no_answer(
    no_installation: None, stand_in: StandIn, fake_java: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("")
    fake_java("exec /bin/sleep 60")
    monkeypatch.setattr(engines, "find_java", find_java)
    monkeypatch.setattr(installation_module, "JAVA_SECONDS", 0.5)
    with pytest.raises(SignalError, match=r"gave no answer in 0\.5 seconds.*--grammar embedded"):
        open_grammar("auto")
    assert not facts()["Java"].present


def test_a_port_that_is_taken_is_not_the_end(
    no_installation: None, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def ports() -> int:
        tried.append(free_port())
        return tried[-1]

    free_port = server_module._free_port
    monkeypatch.setattr(server_module, "_free_port", ports)
    stand_in("print('java.net.BindException: Address already in use'); raise SystemExit(1)")
    with pytest.raises(SignalError, match="BindException"):
        open_grammar("languagetool")
    assert len(set(tried)) == server_module.PORTS_TRIED


def test_auto_without_anything_is_skipped_with_the_reasons(
    no_embedded: None, no_installation: None, caplog: pytest.LogCaptureFixture
) -> None:
    with start_shared("auto") as shared:
        worker = open_grammar(shared.engine, shared.url, shared.remark)
    for signal in (open_grammar("auto"), worker):
        (measurement,) = signal.measure([TEXT])
        assert measurement.status is Status.SKIPPED
        assert "pip install lingotweaker" in measurement.detail
    assert "nothing checks instead" in caplog.text
    assert not any(fact.chosen for fact in describe_engines())


def test_the_engine_is_known_as_data() -> None:
    with start_shared("embedded") as shared:
        signal = open_grammar(shared.engine, shared.url, shared.remark)
    assert isinstance(signal, GrammarSignal)
    assert shared.info == signal.engine
    assert signal.engine == EngineInfo(
        "embedded", metadata.version("lingotweaker"), metadata.version("lingotweaker-data-en")
    )
    (measurement,) = signal.measure([TEXT])
    assert measurement.engine == signal.engine.identifier
    assert start_shared("off").info is None


def test_the_engine_of_a_server_is_known_as_data(server: LocalServer) -> None:
    with start_shared("languagetool", server.url) as shared:
        assert shared.info == EngineInfo("languagetool", server.version, url=server.url)
        assert shared.info.identifier == f"languagetool/{server.version}"


def test_the_address_of_a_server_elsewhere_is_shown_to_people_and_not_to_machines() -> None:
    engine = EngineInfo("languagetool", "6.8", url="http://grammar.example:8081")
    assert engine.title == "LanguageTool 6.8 at http://grammar.example:8081"
    assert engine.identifier == "languagetool/6.8"


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


def test_damaged_installation_is_passed_over_aloud(broken_installation: Path, caplog: pytest.LogCaptureFixture) -> None:
    with start_shared("auto") as shared:
        assert shared.engine == "embedded"
        assert str(broken_installation) in caplog.text
        caplog.clear()
        (measurement,) = open_grammar(shared.engine, shared.url, shared.remark).measure([TEXT])
    assert caplog.text == ""  # workers do not say it again
    assert "lingotweaker" in measurement.detail
    assert f"LanguageTool was passed over: {broken_installation}" in measurement.detail
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
