"""LanguageTool as a process and as a service: dying, coming back, staying dead, being somewhere else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest

from detector.errors import SignalError
from detector.report import Status
from detector.signals.grammar import languagetool, open_grammar, start_shared
from detector.signals.grammar.installation import Installation, Java
from detector.signals.grammar.server import RESTARTS, LocalServer, ServerError
from detector.text.document import Document

WRONG = [Document.from_text(f"On day {day} the company bought an large office near the station.") for day in range(4)]
NOBODY = "http://127.0.0.1:9"


def java_processes() -> list[psutil.Process]:
    """Servers that this test run started and that are alive."""
    return [child for child in psutil.Process().children(recursive=True) if is_alive_java(child)]


def is_alive_java(process: psutil.Process) -> bool:
    try:
        return "java" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it went while we looked, as one does that was killed a moment ago
        return False


def new_java(known: set[int]) -> psutil.Process:
    """The server that was started last, waited for."""
    for _ in range(600):
        for process in java_processes():
            if process.pid not in known:
                return process
        time.sleep(0.1)
    raise AssertionError("no server was started")


def test_killed_server_is_started_again_and_the_document_checked(installation: Installation) -> None:
    known = {process.pid for process in java_processes()}
    grammar = open_grammar("languagetool")
    try:
        assert grammar.measure(WRONG[:1])[0].status is Status.OK
        new_java(known).kill()
        measurements = grammar.measure(WRONG)
        assert [measurement.status for measurement in measurements] == [Status.OK] * len(WRONG)
        assert all(measurement.findings for measurement in measurements)
    finally:
        grammar.close()
    assert {process.pid for process in java_processes()} <= known


def test_server_killed_too_often_fails_documents_and_not_the_run(installation: Installation) -> None:
    known = {process.pid for process in java_processes()}
    grammar = open_grammar("languagetool")
    try:
        for _ in range(1 + RESTARTS):
            process = new_java(known)
            known.add(process.pid)
            process.kill()
        measurements = grammar.measure(WRONG)
        assert [measurement.status for measurement in measurements] == [Status.FAILED] * len(WRONG)
        assert all("stopped answering" in measurement.detail for measurement in measurements)
        assert all(measurement.features == {} for measurement in measurements)
    finally:
        grammar.close()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_no_server_is_left_behind_by_a_program_that_is_killed(installation: Installation, how: signal.Signals) -> None:
    program = textwrap.dedent(
        """
        import time
        from detector.signals.grammar import start_shared
        shared = start_shared("languagetool")
        print(shared.url, flush=True)
        time.sleep(600)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("http://127.0.0.1:")
        family = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(how)
        _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []


def test_running_server_by_url(server: LocalServer) -> None:
    for url in (server.url, f"{server.url}v2", f"{server.url}v2/check"):
        grammar = open_grammar("languagetool", url)
        (measurement,) = grammar.measure(WRONG[:1])
        grammar.close()
        assert measurement.findings
        assert measurement.detail == f"LanguageTool {server.version}"
    assert not server.given_up


def test_workers_share_what_the_parent_chose(server: LocalServer) -> None:
    with start_shared("auto", server.url) as shared:
        assert (shared.engine, shared.url, shared.remark) == ("languagetool", server.url, "")
        workers = [open_grammar(shared.engine, shared.url, shared.remark) for _ in range(2)]
        assert all(worker.measure(WRONG[:1])[0].findings for worker in workers)


def test_environment_proxy_is_not_asked_for_this_machine(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, NOBODY)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert open_grammar("languagetool", server.url).measure(WRONG[:1])[0].findings


def test_unreachable_url_is_an_error_that_names_it() -> None:
    with pytest.raises(SignalError, match=NOBODY):
        open_grammar("languagetool", NOBODY)
    with pytest.raises(SignalError, match=NOBODY) as caught:
        start_shared("languagetool", NOBODY)
    assert "(connection refused)" in str(caught.value)
    assert "Errno" not in str(caught.value)


@pytest.mark.parametrize("url", ["not a url", "ftp://example.invalid", "http://", "http://[1", "http://a:b"])
def test_nonsense_url_is_an_error_in_our_words(url: str) -> None:
    with pytest.raises(SignalError, match="is no address of a server"):
        open_grammar("languagetool", url)


def test_something_else_at_the_url_is_an_error() -> None:
    with answering(b'{"hello": "world"}') as url, pytest.raises(SignalError, match="is no LanguageTool server"):
        open_grammar("languagetool", url)
    with answering(b"<html>") as url, pytest.raises(SignalError, match=url):
        open_grammar("languagetool", url)


def test_server_elsewhere_that_goes_away_fails_the_documents(
    installation: Installation, java: Java, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languagetool, "RECOVERY_SECONDS", 1)
    with LocalServer(installation, java) as elsewhere:
        grammar = open_grammar("languagetool", elsewhere.url)
        assert grammar.measure(WRONG[:1])[0].status is Status.OK
    measurements = grammar.measure(WRONG)
    assert [measurement.status for measurement in measurements] == [Status.FAILED] * len(WRONG)


def test_library_that_is_missing_is_an_error_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "language_tool_python", None)
    with pytest.raises(SignalError, match="pip install language-tool-python"):
        open_grammar("languagetool", NOBODY)


def test_jar_that_is_no_server_is_refused_before_java_starts(tmp_path: Path, java: Java) -> None:
    known = {process.pid for process in java_processes()}
    folder = tmp_path / "LanguageTool-6.8"
    folder.mkdir()
    (folder / "languagetool-server.jar").write_bytes(b"PK\x03\x04 not a jar")
    with pytest.raises(ServerError, match=r"languagetool-server\.jar is damaged"):
        LocalServer(Installation(folder, "6.8"), java)
    assert {process.pid for process in java_processes()} <= known


def test_server_that_does_not_start_says_why(installation: Installation, tmp_path: Path, java: Java) -> None:
    """Its own classes are there, a library it needs is not."""
    folder = tmp_path / "LanguageTool-6.8"
    (folder / "libs").mkdir(parents=True)
    for jar in (installation.folder / "libs").glob("languagetool-server*.jar"):
        (folder / "libs" / jar.name).symlink_to(jar)
    (folder / "languagetool-server.jar").write_bytes(installation.jar.read_bytes())
    with pytest.raises(ServerError, match=r"does not start: [\s\S]*(NoClassDefFoundError|ClassNotFoundException)"):
        LocalServer(Installation(folder, "6.8"), java)


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """An HTTP server that gives this body, whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    service = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=service.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{service.server_port}"
    finally:
        service.shutdown()
        service.server_close()
