"""A server that dies, hangs, is shared or is left behind. Here it is a stand-in, so that no Java is needed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
import stand_in

from detector.report import Status
from detector.signals import Signal
from detector.signals.grammar import languagetool, open_grammar, server, start_shared
from detector.signals.grammar.engines import SharedEngine
from detector.signals.grammar.installation import Installation, Java
from detector.signals.grammar.server import RESTARTS, LocalServer
from detector.text.document import Document

PROGRAM = Path(stand_in.__file__)
WRONG = [Document.from_text(f"On day {day} the company bought an large office near the station.") for day in range(4)]
T = TypeVar("T")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX processes")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedEngine]:
    """A server of our own, under its supervisor."""
    monkeypatch.setattr(Installation, "problem", lambda _: None)
    monkeypatch.setattr(server, "_server_command", lambda java, jar, port: [sys.executable, str(PROGRAM), str(port)])
    with LocalServer(Installation(tmp_path, "6.8"), Java("java", 17)) as running:
        yield SharedEngine("languagetool", running.url, server=running)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    service = stand_in.serve()
    threading.Thread(target=service.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{service.server_port}"
    service.shutdown()
    service.server_close()


def open_on(shared: SharedEngine) -> Signal:
    return open_grammar(shared.engine, shared.url, shared.remark)


def statuses(grammar: Signal, documents: list[Document]) -> list[Status]:
    return [measurement.status for measurement in grammar.measure(documents)]


def test_a_document_the_server_dies_on_fails_alone(own: SharedEngine) -> None:
    documents = [WRONG[0], Document.from_text("On this text the server will DIE each time it is read by it."), WRONG[1]]
    grammar = open_on(own)
    # One by one: a document that is read at the same moment is a victim, too, and is tried again once.
    assert [statuses(grammar, [document])[0] for document in documents] == [Status.OK, Status.FAILED, Status.OK]
    (measurement,) = grammar.measure([documents[1]])
    assert "failed twice on this text" in measurement.detail or "stopped answering" in measurement.detail
    assert measurement.features == {}
    assert measurement.engine is None


def test_a_document_the_server_hangs_on_fails_alone(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languagetool, "ANSWER_SECONDS", 4)
    monkeypatch.setattr(languagetool, "SLOW_SECONDS", 6)
    grammar = open_grammar("languagetool", elsewhere)
    hanging = Document.from_text("On this text the server will HANG for as long as anybody cares to wait.")
    began = time.monotonic()
    measurements = grammar.measure([WRONG[0], hanging, WRONG[1], WRONG[2]])
    assert time.monotonic() - began < 100  # the server takes ten minutes
    assert [one.status for one in measurements] == [Status.OK, Status.FAILED, Status.OK, Status.OK]
    assert "took too long for this text" in measurements[1].detail


@posix
def test_an_interrupt_does_not_wait_for_a_server_that_hangs(elsewhere: str) -> None:
    program = textwrap.dedent(
        f"""
        from detector.signals.grammar import open_grammar
        from detector.text.document import Document
        grammar = open_grammar("languagetool", {elsewhere!r})
        print("ready", flush=True)
        grammar.measure([Document.from_text("On this text the server will HANG for ever and ever.")] * 3)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        time.sleep(1)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
    assert time.monotonic() - began < 30  # the server takes ten minutes


def test_a_server_that_comes_back_goes_on_with_the_document(own: SharedEngine) -> None:
    grammar = open_on(own)
    assert statuses(grammar, WRONG[:1]) == [Status.OK]
    kill_server(own)
    assert statuses(grammar, WRONG) == [Status.OK] * len(WRONG)


def test_a_server_that_dies_too_often_fails_what_is_left_with_the_reason(own: SharedEngine) -> None:
    assert own.server is not None
    # As the parent's own signal has it: it knows when the server was given up, and does not wait for it.
    grammar = open_grammar("languagetool", own.url)
    for _ in range(1 + RESTARTS):
        kill_server(own)
    wait_until(lambda: own.server is not None and own.server.given_up)
    grammar._checker._wait_seconds = 0.5  # type: ignore[attr-defined]  # seconds; the client of a URL waits half a minute
    for measurement in grammar.measure(WRONG):
        assert measurement.status is Status.FAILED
        assert "stopped answering" in measurement.detail


def test_many_clients_share_a_server(own: SharedEngine) -> None:
    clients = [open_on(own) for _ in range(6)]
    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(lambda client: statuses(client, WRONG * 5), clients))
    assert answers == [[Status.OK] * 20] * len(clients)


@posix
@pytest.mark.parametrize("engine", ["embedded", "languagetool"])
def test_a_forked_child_measures_like_its_parent(engine: str, own: SharedEngine) -> None:
    shared = own if engine == "languagetool" else SharedEngine("embedded")
    grammar = open_on(shared)
    before = grammar.measure(WRONG)
    assert before[0].findings
    answer, question = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # a child that hangs is killed, and the test fails
        found = [[finding.text for finding in one.findings] for one in grammar.measure(WRONG)]
        os.write(question, json.dumps(found).encode())
        grammar.close()
        shared.close()  # as a `with` block does that the child leaves
        os._exit(0)
    os.close(question)
    assert os.waitpid(child, 0)[1] == 0
    with os.fdopen(answer) as stream:
        assert json.load(stream) == [[finding.text for finding in one.findings] for one in before]
    assert grammar.measure(WRONG)[0].status is Status.OK  # the child left the parent's server alone


def test_workers_open_their_own_signal_from_what_can_be_pickled(own: SharedEngine) -> None:
    engine, url, remark = pickle.loads(pickle.dumps((own.engine, own.url, own.remark)))
    assert statuses(open_grammar(engine, url, remark), WRONG[:1]) == [Status.OK]


@posix
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_no_server_is_left_behind_five_seconds_after_its_program(how: signal.Signals) -> None:
    program = textwrap.dedent(
        f"""
        import os, sys, time
        from pathlib import Path
        from detector.signals.grammar import server
        from detector.signals.grammar.installation import Installation, Java
        Installation.problem = lambda _: None
        server._server_command = lambda java, jar, port: [sys.executable, {str(PROGRAM)!r}, str(port)]
        running = server.LocalServer(Installation(Path("."), "6.8"), Java("java", 17))
        if os.fork() == 0:  # a child that lives on, and holds every pipe
            time.sleep(15)
            os._exit(0)
        print("ready", flush=True)
        time.sleep(600)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        family = psutil.Process(running.pid).children(recursive=True)
        servers = [process for process in family if str(PROGRAM) in process.cmdline()]
        assert servers
        running.send_signal(how)
        _, alive = psutil.wait_procs(servers, timeout=30)
        for process in family:
            if process.is_running():
                process.kill()
    assert alive == []


def kill_server(own: SharedEngine) -> None:
    """Kill the server that runs now, and wait for that."""
    assert own.server is not None
    supervisor = psutil.Process(own.server._supervisor.pid)
    children = wait_until(lambda: [one for one in supervisor.children() if one.status() != psutil.STATUS_ZOMBIE])
    children[0].kill()
    children[0].wait(timeout=20)


def wait_until(condition: Callable[[], T]) -> T:
    """What the condition gives once that is true."""
    for _ in range(400):
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in 20 seconds")


def test_the_embedded_engine_starts_from_what_was_shared() -> None:
    with start_shared("embedded") as shared:
        assert statuses(open_on(shared), WRONG[:1]) == [Status.OK]
