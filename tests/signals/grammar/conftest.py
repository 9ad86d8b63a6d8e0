"""The real engines. What needs LanguageTool is skipped, by name and with the reason, where it can't run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.signals import Signal
from detector.signals.grammar import open_grammar
from detector.signals.grammar.installation import Installation, Java, find_installation, find_java
from detector.signals.grammar.server import LocalServer


@pytest.fixture(scope="session")
def java() -> Java:
    found = find_java()
    if problem := found.problem():
        pytest.skip(f"real LanguageTool: {problem}")
    return found


@pytest.fixture(scope="session")
def installation(java: Java) -> Installation:
    found = find_installation()
    if found is None:
        pytest.skip("real LanguageTool: not installed; run: detector setup languagetool")
    return found


@pytest.fixture(scope="session")
def server(installation: Installation, java: Java) -> Iterator[LocalServer]:
    with LocalServer(installation, java) as running:
        yield running


@pytest.fixture(scope="session")
def languagetool(server: LocalServer) -> Iterator[Signal]:
    signal = open_grammar("languagetool", server.url)
    yield signal
    signal.close()


@pytest.fixture(scope="session")
def embedded() -> Iterator[Signal]:
    signal = open_grammar("embedded")
    yield signal
    signal.close()


@pytest.fixture(params=["embedded", "languagetool"])
def signal(request: pytest.FixtureRequest) -> Signal:
    """The grammar signal by each engine."""
    found: Signal = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def no_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user whose caches are empty."""
    monkeypatch.setenv("LTP_PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
