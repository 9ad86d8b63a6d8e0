"""A LanguageTool server: talking to one by URL, and running one of our own on this machine."""

from __future__ import annotations

import http.client
import json
import logging
import os
import random
import re
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

from detector.signals.grammar.checker import is_local
from detector.signals.grammar.installation import Installation, Java

RESTARTS = 3  # a server that dies oftener is given up
START_SECONDS = 300  # the first check alone takes eight on a free machine; more than 60 were seen on a loaded one
SLOW_START_SECONDS = 20  # from then on, waiting is worth a word
PORTS_TRIED = 3  # another program may take a port that was free a moment ago
_PORTS = range(18081, 28081)  # below the range that outgoing connections take theirs from
_PORT_TAKEN = re.compile(r"BindException|Address already in use")

_log = logging.getLogger(__name__)


class ServerError(Exception):
    """A server does not start, or a URL does not answer as LanguageTool does; the message says which and why."""


def base_url(url: str) -> str:
    """Return the part in front of `v2/`, whichever of its addresses a person gave.

    >>> base_url("http://lt.example:8081/v2/check")
    'http://lt.example:8081/'
    """
    return url.rstrip("/").removesuffix("/check").removesuffix("/v2").rstrip("/") + "/"


def healthy(url: str, timeout: float = 5) -> bool:
    """Return whether a LanguageTool server answers its health check."""
    try:
        with _opener(url).open(f"{base_url(url)}v2/healthcheck", timeout=timeout) as answer:
            return bool(answer.status == http.client.OK)
    except (OSError, ValueError, http.client.HTTPException):
        return False


def probe(url: str, timeout: float = 60) -> str:
    """Return the version of the server at `url`, after one real check. Raises ServerError."""
    if not _is_address(url):
        raise ServerError(f"{url!r} is no address of a server; one is like http://localhost:8081")
    request = urlencode({"language": "en-US", "text": "She bought an car."}).encode()
    try:
        with _opener(url).open(f"{base_url(url)}v2/check", data=request, timeout=timeout) as answer:
            read = json.load(answer)
        rules = {match["rule"]["id"] for match in read["matches"]}
        version = str(read["software"]["version"])
    except urllib.error.HTTPError as error:
        raise ServerError(f"the server at {url} answers with HTTP status {error.code}") from error
    except OSError as error:
        raise ServerError(f"no LanguageTool server at {url} ({_why_unreachable(error, timeout)})") from error
    except (KeyError, TypeError, ValueError, http.client.HTTPException) as error:
        raise ServerError(f"what answers at {url} is no LanguageTool server") from error
    if "EN_A_VS_AN" not in rules:
        raise ServerError(f"the LanguageTool server at {url} has no English rules")
    return version


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that are not closed, a port that is no number
        return False


def _why_unreachable(error: OSError, timeout: float) -> str:
    """Return, as part of a sentence, why there was no answer; the system's own words begin with a number."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(reason, socket.gaierror):
        return "no host of this name"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return "no connection"


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return a URL opener that uses a proxy for other machines only, never for this one."""
    proxies: dict[str, str] | None = {} if is_local(url) else None
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies))


class LocalServer:
    """A server of our own, ready when the object is. Raises ServerError when it does not get ready.

    It ends with this process however that ends, and is started again on the same port when it dies (`RESTARTS`
    times): both are the supervisor's business. A forked child may talk to it as long as the parent lives, and leaves it
    running when it closes its own copy of this object.
    """

    def __init__(self, installation: Installation, java: Java) -> None:
        problem = installation.problem() or java.problem()
        if problem or java.path is None:
            raise ServerError(problem or "no Java")
        self._owner = os.getpid()
        for attempt in range(1, PORTS_TRIED + 1):
            port = _free_port()
            self.url = f"http://127.0.0.1:{port}/"
            self._supervisor = _supervise(_server_command(java.path, installation.jar, port))
            try:
                self.version = self._wait_until_ready()
            except BaseException as error:
                self.close()
                if attempt < PORTS_TRIED and isinstance(error, ServerError) and _PORT_TAKEN.search(str(error)):
                    continue
                raise
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def given_up(self) -> bool:
        """Whether the server has died once too often, or was closed; False in a forked child, which can't know."""
        return os.getpid() == self._owner and self._supervisor.poll() is not None

    def close(self) -> None:
        """End the server, within a second, if this process started it. May be called twice."""
        if os.getpid() != self._owner:
            return
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
        began = time.monotonic()
        said_at = began + SLOW_START_SECONDS
        while (now := time.monotonic()) < began + START_SECONDS:
            if self.given_up:
                assert self._supervisor.stdout is not None
                output = self._supervisor.stdout.read().strip()
                raise ServerError(f"LanguageTool's server does not start: {output or 'it says nothing'}")
            if healthy(self.url):
                return probe(self.url, timeout=START_SECONDS)
            if now > said_at:
                _log.warning("grammar: still waiting for LanguageTool's server, for %.0f seconds now", now - began)
                said_at += SLOW_START_SECONDS
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
