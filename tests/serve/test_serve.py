"""`detector serve`: the API, its limits, who may ask, and its end. The model is replaced by a quick one."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import psutil
import pytest
from commands import caller

pytest.importorskip("uvicorn")
from served import Client, Quick, served

from detector.schema import read_schema
from detector.serve.app import Limits

SPUN = "He denied agreeing to an wings offer."


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture
def client(quick: Quick) -> Iterator[Client]:
    with served(quick, Limits(waiting=4, body=10_000, sending=0.5)) as client:
        yield client


def test_a_text_gets_the_report_of_the_contract(client: Client) -> None:
    for body in (SPUN, {"text": SPUN}):
        answer = client.post("/api/score", body)
        assert answer.status == 200
        jsonschema.validate(answer.json, json.loads(read_schema()))
        assert (answer.json["verdict"], answer.json["id"]) == ("spun", "text")
    answer = client.post("/api/score", {"text": f"<p>{SPUN}</p>", "id": "a", "format": "html"})
    (finding,) = answer.json["findings"]
    assert (answer.json["id"], finding["start"]) == ("a", 3 + SPUN.index("wings"))


def test_a_plain_text_is_read_by_its_name_or_format(client: Client, quick: Quick) -> None:
    client.post("/api/score?id=a.md", "# Head\n\n`code` text")
    client.post("/api/score?id=a.md&format=plain", "# Head")
    client.post("/api/score", "caf\u00e9".encode("utf-16"))
    client.post("/api/score?id=a.exe", "text")
    assert [document.format for document in quick.seen] == ["markdown", "plain", "auto", "auto"]
    assert quick.seen[2].text == "café"


def test_what_can_not_be_scored_is_a_failure_of_the_contract(client: Client) -> None:
    answer = client.post("/api/score", "broken")
    assert answer.status == 422
    jsonschema.validate(answer.json, json.loads(read_schema()))
    assert answer.json["error"] == {"type": "document", "message": "it took too long"}
    assert client.post("/api/score", "boom").problem == (500, "program")
    assert client.post("/api/score", SPUN).status == 200  # and it goes on


@pytest.mark.parametrize(
    ("path", "body", "problem", "said"),
    [
        ("/api/score", b"[1]", (400, "request"), "must be an object"),
        ("/api/score", b'{"text": 1}', (400, "request"), "must be an object"),
        ("/api/score", b"{", (400, "request"), "is not JSON"),
        ("/api/score", b"[" * 5000, (400, "request"), "is not JSON"),
        ("/api/score", b'{"text": "a", "txet": "b"}', (400, "request"), 'unknown field "txet"'),
        ("/api/score", b'{"text": "a", "id": 3}', (400, "request"), "must be strings"),
        ("/api/score", b'{"text": "a", "format": "pdf"}', (400, "request"), "unknown text format"),
        ("/api/score", b'{"text": "' + b"a" * 10_000 + b'"}', (413, "too large"), "10,000 bytes"),
        ("/nothing", b"{}", (404, "request"), "/api tells"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(
    client: Client, path: str, body: bytes, problem: tuple[int, str], said: str
) -> None:
    answer = client.ask("POST", path, body, {"Content-Type": "application/json"})
    assert answer.problem == problem
    assert said in answer.json["error"]["message"]


def test_other_bodies_are_refused(client: Client) -> None:
    assert client.ask("POST", "/api/score", b"a", {"Content-Type": "image/png"}).problem == (415, "content type")
    assert client.ask("POST", "/api/score", b"a", {}).problem == (415, "content type")
    assert client.post("/api/score", b"PK\x03\x04" + bytes(100)).problem == (415, "content type")
    assert client.post("/api/score", b"\x1f\x8b", Content_Encoding="gzip").problem == (415, "content encoding")
    for name, said in (("a.docx", "a.docx is no text; `detector score`"), ("b.jsonl.gz", "b.jsonl.gz holds records")):
        answer = client.post(f"/api/score?id={name}", "text")
        assert answer.problem == (415, "content type")
        assert said in answer.json["error"]["message"]


def test_a_wrong_method_is_told_the_right_one(client: Client) -> None:
    for method, path, right in (
        ("GET", "/api/score", "POST"),
        ("OPTIONS", "/api/score", "POST"),
        ("DELETE", "/", "GET"),
    ):
        answer = client.ask(method, path, None, {})
        assert (answer.status, right in answer.headers["allow"]) == (405, True)
        assert f"this address is for {answer.headers['allow']}" in answer.json["error"]["message"]
    head = client.ask("HEAD", "/", None, {})
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    ("charset", "encoding"), [("", "utf-8"), ("", "cp1252"), ("; charset=iso-8859-2", "iso8859-2"), ("; charset=UTF-16LE", "utf-16-le")]
)  # fmt: skip
def test_a_text_has_the_encoding_that_the_request_names(
    client: Client, quick: Quick, charset: str, encoding: str
) -> None:
    text = "Łódź" if encoding == "iso8859-2" else "He said “café” again and again, and so did she."
    client.ask("POST", "/api/score", text.encode(encoding), {"Content-Type": f"text/plain{charset}"})
    assert quick.seen[0].text == text


def test_lone_surrogates_and_nothing_are_texts(client: Client) -> None:
    answer = client.ask("POST", "/api/score", b'{"text": "a \\ud800"}', {"Content-Type": "application/json"})
    assert answer.status == 200
    assert client.post("/api/score", "").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "", "a@b"]
)
def test_another_name_is_not_answered(client: Client, host: str) -> None:
    assert client.get("/", Host=host).problem == (421, "host")
    assert client.post("/api/score", SPUN, Host=host).problem == (421, "host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:9", "192.168.1.7"])
def test_addresses_and_localhost_are_answered(client: Client, host: str) -> None:
    assert client.get("/", Host=host).status == 200


def test_a_name_can_be_allowed(quick: Quick) -> None:
    with served(quick, names=("desk.example",)) as client:
        assert client.get("/", Host="Desk.example:80").status == 200
        assert client.get("/", Host="other.example").status == 421


def test_a_page_of_another_site_may_not_ask(client: Client, quick: Quick) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "file://"):
        assert client.post("/api/score", SPUN, Origin=origin).problem == (403, "origin")
    assert quick.seen == []
    answer = client.post("/api/score", SPUN, Origin=client.url.rstrip("/"))
    assert answer.status == 200
    assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}


def test_one_too_many_is_turned_away_at_once(client: Client, quick: Quick) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(client.post, "/api/score", "slow") for _ in range(4)]
        while client.get("/health").json["waiting"] < 4:
            time.sleep(0.01)
        answer = client.post("/api/score", SPUN)
        assert answer.problem == (429, "busy")
        assert answer.headers["retry-after"] == "1"
        quick.go.set()
        assert [one.result().status for one in waiting] == [200] * 4
    assert client.post("/api/score", SPUN).status == 200


def test_a_body_without_end_is_cut_and_a_slow_one_given_up(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(b"4000\r\n" + b"a" * 0x4000 + b"\r\n")
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\na"
        )
        assert b" 408 " in connection.recv(4096).split(b"\r\n")[0]
    assert client.get("/health").json["waiting"] == 0


def test_a_hundred_clients_get_answers_or_are_told_to_wait() -> None:
    text = SPUN + " word" * 2000
    memory = psutil.Process()
    with served(Quick(), Limits(waiting=16)) as client:
        client.post("/api/score", text)
        before = memory.memory_info().rss

        def ask(number: int) -> Counter[int]:
            statuses: Counter[int] = Counter()
            while statuses[200] < 2:
                statuses[client.post("/api/score", f"{number} {text}").status] += 1
                if statuses.total() > statuses[200]:
                    time.sleep(0.05)
            return statuses

        with ThreadPoolExecutor(100) as pool:
            statuses: Counter[int] = sum(pool.map(ask, range(100)), Counter())
        assert set(statuses) == {200, 429}
        assert statuses[200] == 200
        assert client.get("/health").json == {"status": "ok", "waiting": 0}
        assert memory.memory_info().rss - before < 100e6


@pytest.mark.parametrize("size", [100_000, 20_000_000])
def test_whoever_sends_far_too_much_is_told_so(client: Client, size: int) -> None:
    assert client.post("/api/score", b"a" * size).problem == (413, "too large")


def test_a_client_that_goes_away_leaves_no_place_taken(client: Client, quick: Quick) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\na"
        )
    deadline = time.monotonic() + 5
    while client.get("/health").json["waiting"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert client.get("/health").json["waiting"] == 0
    assert quick.seen == []


def test_the_description_is_about_what_there_is(client: Client) -> None:
    description = client.get("/openapi.json").json
    assert description["openapi"].startswith("3.1")
    components = {"components": description["components"]}
    for name in ("report", "failure", "text", "error"):
        jsonschema.Draft202012Validator.check_schema(description["components"]["schemas"][name])
    refers = re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(description))
    assert set(refers) <= set(description["components"]["schemas"])
    answers = {("/api/score", SPUN): "report", ("/api/score", "broken"): "failure", ("/api/score", b"\0\0\0"): "error"}
    for (path, body), schema in answers.items():
        jsonschema.validate(client.post(path, body).json, {"$ref": f"#/components/schemas/{schema}", **components})
    for path in description["paths"]:
        assert path in client.get("/api").body.decode()


def test_pages_have_a_policy_and_are_in_no_frame(client: Client) -> None:
    for path in ("/", "/api"):
        answer = client.get(path)
        assert "default-src 'none'" in answer.body.decode()
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"


# --- the command ------------------------------------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from contextlib import nullcontext
from served import Quick
from detector.cli import serving
from detector.cli.app import main
quick = Quick()
quick.go.wait = lambda seconds: __import__("time").sleep(1)
serving.load_detector = lambda options: nullcontext(quick)
sys.argv = ["detector", "serve", *sys.argv[1:]]
main()
"""


def started(*arguments: str) -> tuple[subprocess.Popen[str], Client]:
    program = PROGRAM.format(folder=str(Path(__file__).parent.parent))
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    port = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    assert port, line + process.stderr.read()
    return process, Client(int(port[1]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_after_what_is_under_way(number: signal.Signals) -> None:
    process, client = started(
        "--host", "127.0.0.1", "--port", "0", "--queue", "1", "--max-body", "99", "--allow-host", "desk.example", "--no-config"
    )  # fmt: skip
    try:
        assert client.post("/api/score", "a" * 100, Host="desk.example").status == 413
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(client.post("/api/score", "slow").status))
        asking.start()
        while not client.get("/health").json["waiting"]:
            time.sleep(0.02)
        assert client.post("/api/score", SPUN).status == 429
        process.send_signal(number)
        assert process.wait(20) == 0
        asking.join(10)
        assert answers == [200]
        assert process.stderr is not None
        assert process.stderr.read().strip() == "stopped"
    finally:
        process.kill()
        process.wait()


def test_without_the_extra_the_pip_command_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [
        name for name in sys.modules if name.partition(".")[0] == "uvicorn" or name == "detector.serve.server"
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ended = caller(capsys)("serve", "--port", "0")
    assert ended.code == 2
    assert "pip install '.[serve]'" in ended.err


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "detector", "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"--host 127.0.0.1 --port {port}: can't be listened on (address already in use)" in done.stderr
    assert "Traceback" not in done.stderr
