"""LanguageTool itself, over HTTP, through language-tool-python (GPL-3.0; imported only here, only when it is used)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from detector.errors import SignalError
from detector.signals.grammar.checker import CheckError
from detector.signals.grammar.matches import Match, one_unit_each, read_languagetool
from detector.signals.grammar.server import LocalServer, base_url, healthy, is_local

if TYPE_CHECKING:
    import language_tool_python

INSTALL = "python -m pip install language-tool-python"
RECOVERY_SECONDS = 30  # a restarted server answers its health check after two or three on a free machine
_DIRECT = {"http": "", "https": ""}  # requests' way to say: no proxy, whatever the environment says


class LanguageToolChecker:
    """A client of the server at `url`, which answered just now; and its owner when it is a `server` of our own.

    When the server stops answering, it is waited for once; if it does not come back, texts fail at once until it does.
    Raises SignalError when language-tool-python can't make a client.
    """

    threads = 2  # one server: 1,200 words a second for one client, 1,800 for two

    def __init__(self, url: str, title: str, server: LocalServer | None = None) -> None:
        self.title = title
        self._url = base_url(url)
        self._server = server
        self._client = _client(self._url)
        self._waiting = threading.Lock()
        self._patience = float(RECOVERY_SECONDS)

    def check(self, text: str) -> list[Match]:
        import language_tool_python.exceptions

        plain = one_unit_each(text)
        broken = (language_tool_python.exceptions.LanguageToolError, OSError, LookupError, TypeError)
        try:
            return read_languagetool(self._client.check(plain), plain)
        except broken as error:
            if not self._recovers():
                raise CheckError(f"{self.title} stopped answering ({_first_line(error)})") from error
        try:
            return read_languagetool(self._client.check(plain), plain)
        except broken as error:
            raise CheckError(f"{self.title} failed twice on this text ({_first_line(error)})") from error

    def close(self) -> None:
        self._client.close()
        if self._server:
            self._server.close()

    def _recovers(self) -> bool:
        """Waits for the server; True when it is up, perhaps again."""
        with self._waiting:
            deadline = time.monotonic() + self._patience
            while not healthy(self._url):
                if time.monotonic() > deadline or (self._server and self._server.given_up):
                    self._patience = 0.0
                    return False
                time.sleep(0.3)
            self._patience = float(RECOVERY_SECONDS)
            return True


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
        return language_tool_python.LanguageTool("en-US", remote_server=url, proxies=_DIRECT if is_local(url) else None)
    except (language_tool_python.exceptions.LanguageToolError, OSError) as error:
        raise SignalError(f"no LanguageTool server at {url} ({_first_line(error)})") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
