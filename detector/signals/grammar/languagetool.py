"""LanguageTool itself, over HTTP, through language-tool-python (GPL-3.0; imported only here, only when it is used)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from detector.errors import SignalError
from detector.signals.grammar.checker import CheckError, EngineInfo, is_local
from detector.signals.grammar.matches import Match, read_languagetool, replace_astral
from detector.signals.grammar.server import LocalServer, base_url, healthy

if TYPE_CHECKING:
    import language_tool_python

INSTALL = "python -m pip install language-tool-python"
RECOVERY_SECONDS = 30  # a restarted server answers its health check after two or three on a free machine
# One text is at most some 1,000 words and takes a second. A server of ours gives up after 60 (see the properties file).
ANSWER_SECONDS = 75  # the client asks twice before it gives up
SLOW_SECONDS = 30  # what failed after so long is not tried again
_DIRECT = {"http": "", "https": ""}  # requests' way to say: no proxy, whatever the environment says


class LanguageToolChecker:
    """A client of the server at `url`, which answered just now; and its owner when it is a `server` of our own.

    When the server stops answering, it is waited for once; if it does not come back, texts fail at once until it does.
    A text that the server works on for too long fails by itself. Many clients may share a server, in threads and in
    processes. Raises SignalError when language-tool-python can't make a client.
    """

    threads = 2  # one server: 1,200 words a second for one client, 1,800 for two

    def __init__(self, url: str, info: EngineInfo, server: LocalServer | None = None) -> None:
        self.info = info
        self._url = base_url(url)
        self._server = server
        self._client = _client(self._url)
        self._waiting = threading.Lock()
        self._wait_seconds = float(RECOVERY_SECONDS)

    def check(self, text: str) -> list[Match]:
        import language_tool_python.exceptions

        plain = replace_astral(text)
        broken = (language_tool_python.exceptions.LanguageToolError, OSError, LookupError, TypeError)
        began = time.monotonic()
        try:
            return read_languagetool(self._client.check(plain), plain)
        except broken as error:
            if time.monotonic() - began > SLOW_SECONDS:
                raise CheckError(f"{self.info.title} took too long for this text ({_first_line(error)})") from error
            if not self._wait_for_server():
                raise CheckError(f"{self.info.title} stopped answering ({_first_line(error)})") from error
        try:
            return read_languagetool(self._client.check(plain), plain)
        except broken as error:
            raise CheckError(f"{self.info.title} failed twice on this text ({_first_line(error)})") from error

    def preload(self) -> None:
        """Do nothing: the server has loaded its rules."""

    def close(self) -> None:
        self._client.close()
        if self._server:
            self._server.close()

    def _wait_for_server(self) -> bool:
        """Wait for the server; return True when it is up, perhaps again."""
        # A lock that was taken when the process was forked is never given back in the child.
        if not self._waiting.acquire(timeout=2 * RECOVERY_SECONDS):
            return False
        try:
            deadline = time.monotonic() + self._wait_seconds
            while not healthy(self._url):
                if time.monotonic() > deadline or (self._server and self._server.given_up):
                    self._wait_seconds = 0.0
                    return False
                time.sleep(0.3)
            self._wait_seconds = float(RECOVERY_SECONDS)
            return True
        finally:
            self._waiting.release()


def require_library() -> None:
    """Raises SignalError, naming the command that helps, when language-tool-python is not installed."""
    try:
        import language_tool_python  # noqa: F401
    except ImportError as error:
        raise SignalError(f"language-tool-python is not installed; run: {INSTALL}") from error


def _client(url: str) -> language_tool_python.LanguageTool:
    require_library()
    import language_tool_python

    try:
        client = language_tool_python.LanguageTool(
            "en-US", remote_server=url, proxies=_DIRECT if is_local(url) else None
        )
    except (language_tool_python.exceptions.LanguageToolError, OSError) as error:
        raise SignalError(f"no LanguageTool server at {url} ({_first_line(error)})") from error
    client._TIMEOUT = ANSWER_SECONDS  # type: ignore[assignment]  # its five minutes can't be changed in another way
    return client


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
