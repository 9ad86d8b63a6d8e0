"""What the grammar signal asks of an engine, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from detector.signals.grammar.matches import Match

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class CheckError(Exception):
    """This text could not be checked; the message says why, in words for a report."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which engine checks the grammar.

    `name` is the word that `--grammar` takes for it. `version` is that of LanguageTool, or of the embedded engine, whose
    rules have a `data_version` of their own. `url` is the server that was asked for by its URL; None for every other.
    """

    name: Literal["languagetool", "embedded"]
    version: str
    data_version: str | None = None
    url: str | None = None

    @property
    def identifier(self) -> str:
        """Name and versions for machines. The part before the slash is the name; there is no URL in it.

        >>> EngineInfo("embedded", "0.2.8", "0.1.6").identifier
        'embedded/0.2.8+0.1.6'
        """
        versions = "+".join(filter(None, (self.version, self.data_version)))
        return f"{self.name}/{versions}"

    @property
    def title(self) -> str:
        """Name and versions for people, with the URL of a server on another machine."""
        if self.name == "embedded":
            return f"embedded LanguageTool rules (lingotweaker {self.version}, data {self.data_version})"
        where = "" if self.url is None or is_local(self.url) else f" at {self.url}"
        return f"LanguageTool {self.version}{where}"


class Checker(Protocol):
    """An engine that is ready. `threads` is how many texts it takes at a time."""

    @property
    def info(self) -> EngineInfo: ...

    @property
    def threads(self) -> int: ...

    def preload(self) -> None:
        """Load what the first text would load. Starts no thread."""
        ...

    def check(self, text: str) -> list[Match]:
        """Return every match in `text`, in code points. Raises CheckError."""
        ...

    def close(self) -> None:
        """Give back what the engine holds. May be called twice."""
        ...


def is_local(url: str) -> bool:
    """Return whether a URL leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK
