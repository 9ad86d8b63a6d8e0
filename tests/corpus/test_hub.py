"""Data sets of the Hugging Face hub (`hf://`), by a hub on this machine that has one data set."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from corpus_files import line
from filter_process import __file__ as process

FILES = {
    f"data/{name}": "".join(line(id=f"{name}{n}", text="[spun]" if n % 3 == 0 else "calm") for n in range(9)).encode()
    for name in ("a.jsonl", "späce dir/b.jsonl")
}
API, RAW = "/api/datasets/me/corpus", "/datasets/me/corpus/resolve/main/"


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *message: object) -> None: ...

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path in (API, f"{API}/revision/main"):
            self.send(200, {"id": "me/corpus", "sha": "a" * 40, "siblings": [], "tags": []})
        elif path.startswith(f"{API}/tree/main") and (found := self.tree(path.removeprefix(f"{API}/tree/main"))):
            self.send(200, found)
        elif (data := FILES.get(path.removeprefix(RAW))) is not None:
            first, last = re.findall(r"\d+", self.headers.get("Range", f"0-{len(data) - 1}"))
            part = data[int(first) : int(last) + 1]
            where = {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"}
            self.send(206, part, {**where, "ETag": '"x"', "X-Repo-Commit": "a" * 40})
        else:
            self.send(404, {}, {"X-Error-Code": "EntryNotFound" if "me/corpus" in path else "RepoNotFound"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def tree(self, folder: str) -> list[dict[str, object]]:
        """Return what is in a folder, and below it where that is asked for."""
        above = f"{folder.strip('/')}/".lstrip("/")
        below = {name.removeprefix(above): name for name in FILES if name.startswith(above)}
        folders = {rest.split("/")[0] for rest in below if "/" in rest}
        deep = "recursive=true" in self.path.lower()  # spelt as Python does by older clients
        files = [name for rest, name in below.items() if deep or "/" not in rest]
        return [
            *({"type": "directory", "oid": "0", "size": 0, "path": f"{above}{one}"} for one in sorted(folders)),
            *({"type": "file", "oid": "1", "size": len(FILES[one]), "path": one} for one in files),
        ]

    def send(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_data_set_is_filtered_and_what_is_not_there_is_told(hub: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        """Run the program: which hub there is, is settled when it starts."""
        ended = subprocess.run(
            [sys.executable, process, "0", "filter", *arguments, "--kept", "kept", "--rejected", "rejected"],
            env={**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in ended.stderr
        return ended.stderr

    assert "2 of 2 shards done: 12 kept, 6 rejected" in run("hf://datasets/me/corpus/data/")
    ids = [json.loads(one)["id"] for one in Path("rejected/späce dir/b.jsonl").read_text("utf-8").splitlines()]
    assert ids == [f"späce dir/b.jsonl{n}" for n in (0, 3, 6)]
    assert "hf://datasets/me/corpus/none/: no such file or folder" in run("hf://datasets/me/corpus/none/")
    assert "hf://datasets/you/x/a.jsonl: no such file" in run("hf://datasets/you/x/a.jsonl")
