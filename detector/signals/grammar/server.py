"""A LanguageTool server: talking to one by URL, and running one of our own on this machine."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from detector.signals.grammar.installation import Installation, Java

RESTARTS = 3  # a server that dies oftener is given up
START_SECONDS = 120  # the first check alone takes eight on a free machine
_PORTS = range(18081, 28081)  # below the range that outgoing connections take theirs from
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class ServerError(Exception):
    """A server does not start, or a URL does not answer as LanguageTool does; the message says which and why."""


def base_url(url: str) -> str:
    """The part in front of `v2/`, whichever of its addresses a person gave.

    >>> base_url("http://lt.example:8081/v2/check")
    'http://lt.example:8081/'
    """
    return url.rstrip("/").removesuffix("/check").removesuffix("/v2").rstrip("/") + "/"


def is_local(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def healthy(url: str, timeout: float = 5) -> bool:
    """Whether a LanguageTool server answers its health check."""
    try:
        with _opener(url).open(f"{base_url(url)}v2/healthcheck", timeout=timeout) as answer:
            return bool(answer.status == http.client.OK)
    except (OSError, ValueError, http.client.HTTPException):
        return False


def probe(url: str, timeout: float = 60) -> str:
    """The version of the server at `url`, after one real check. Raises ServerError."""
    request = urlencode({"language": "en-US", "text": "She bought an car."}).encode()
    try:
        with _opener(url).open(f"{base_url(url)}v2/check", data=request, timeout=timeout) as answer:
            read = json.load(answer)
        rules = {match["rule"]["id"] for match in read["matches"]}
        version = str(read["software"]["version"])
    except urllib.error.URLError as error:
        raise ServerError(f"no LanguageTool server at {url} ({error.reason})") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ServerError(f"no LanguageTool server at {url} ({error})") from error
    except (KeyError, TypeError) as error:
        raise ServerError(f"what answers at {url} is no LanguageTool server") from error
    if "EN_A_VS_AN" not in rules:
        raise ServerError(f"the LanguageTool server at {url} has no English rules")
    return version


def _opener(url: str) -> urllib.request.OpenerDirector:
    """A proxy stands between this machine and others, never between it and itself."""
    proxies: dict[str, str] | None = {} if is_local(url) else None
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies))


class LocalServer:
    """A server of our own, ready when the object is. Raises ServerError when it does not get ready.

    It dies with this process however that ends, and is started again on the same port when it dies (`RESTARTS`
    times): both are the supervisor's business.
    """

    def __init__(self, installation: Installation, java: Java) -> None:
        problem = installation.problem() or java.problem()
        if problem or java.path is None:
            raise ServerError(problem or "no Java")
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self._supervisor = _supervise(_server_command(java.path, installation.jar, port))
        try:
            self.version = self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def given_up(self) -> bool:
        """Whether the server has died once too often, or was closed."""
        return self._supervisor.poll() is not None

    def close(self) -> None:
        supervisor = self._supervisor
        if supervisor.poll() is None:
            supervisor.terminate()
            try:
                supervisor.wait(timeout=10)
            except subprocess.TimeoutExpired:
                supervisor.kill()
                supervisor.wait()
        for stream in (supervisor.stdin, supervisor.stdout):
            if stream is not None:
                stream.close()

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.given_up:
                assert self._supervisor.stdout is not None
                said = self._supervisor.stdout.read().strip()
                raise ServerError(f"LanguageTool's server does not start: {said or 'it says nothing'}")
            if healthy(self.url):
                return probe(self.url, timeout=START_SECONDS)
            time.sleep(0.2)
        raise ServerError(f"LanguageTool's server did not get ready in {START_SECONDS} seconds")


def _supervise(command: list[str]) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("supervisor.py")
    return subprocess.Popen(
        [sys.executable, "-I", str(script), str(os.getpid()), str(RESTARTS), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C is for us; the server goes when we have gone
    )


def _server_command(java: str, jar: Path, port: int) -> list[str]:
    settings = resources.files(__package__) / "languagetool-server.properties"
    return [java, "-cp", str(jar), "org.languagetool.server.HTTPServer", "--port", str(port), "--config", str(settings)]


def _free_port() -> int:
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probing:
            try:
                probing.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerError("no free port for LanguageTool's server")
