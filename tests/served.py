"""A server with a quick stand-in for the detector, in a thread of this process."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from detector.errors import DocumentError
from detector.report import (
    Failure,
    Finding,
    Grounds,
    ModelInfo,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
    WindowScore,
)
from detector.serve.app import Limits
from detector.serve.server import _listening, make_server
from detector.text.document import Document


@dataclass
class Quick:
    """Marks each `wings offer`; calls the text spun then. `broken` fails, `slow` waits for `go`."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    seen: list[Document] = field(default_factory=list)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        for document in documents:
            self.seen.append(document)
            self.begun.set()
            text = document.prose.text
            if "slow" in text:
                self.go.wait(20)
            if "boom" in text:
                raise RuntimeError("a mistake of the program")
            yield (
                Failure(document.id, document.source, DocumentError("it took too long"))
                if "broken" in text
                else self.report(document)
            )

    def report(self, document: Document) -> Report:
        at = document.prose.text.find("wings offer")
        found = at >= 0
        findings = (
            Finding.at(
                document, at, at + 11, signal="wording", rule="SWAPPED_PHRASE", message="Odd.", score=0.9,
                suggestions=(Suggestion("arms deal", 0.8),),
            ),
        ) if found else ()  # fmt: skip
        probability = 0.95 if found else 0.1
        return Report(
            document.id, document.source, Verdict.SPUN if found else Verdict.CLEAN, probability, None, "en", len(document.words),
            (WindowScore(0, max(len(document.text), 1), probability),), findings, {"wording": SignalState(Status.OK, "")},
            ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9), notes=document.notes, grounds=Grounds(probability),
        )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str]:
        return self.status, self.json["error"]["type"]


class Client:
    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: bytes | str | dict[str, Any], **headers: str) -> Answer:
        kind = "text/plain; charset=utf-8" if isinstance(body, bytes | str) else "application/json"
        data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
        return self.ask(
            "POST",
            path,
            data,
            {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())


@contextmanager
def served(quick: Quick, limits: Limits | None = None, names: tuple[str, ...] = ()) -> Iterator[Client]:
    server = make_server(quick, limits or Limits(), names)
    with _listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield Client(listener.getsockname()[1])
        finally:
            quick.go.set()
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
