"""What the grammar signal asks of an engine, whichever it is."""

from __future__ import annotations

from typing import Protocol

from detector.signals.grammar.matches import Match


class CheckError(Exception):
    """This text could not be checked; the message says why, in words for a report."""


class Checker(Protocol):
    """An engine that is ready. `title` names it with its version; `threads` is how many texts it takes at a time."""

    @property
    def title(self) -> str: ...

    @property
    def threads(self) -> int: ...

    def check(self, text: str) -> list[Match]:
        """Every match in `text`, in code points. Raises CheckError."""
        ...

    def close(self) -> None:
        """Give back what the engine holds. May be called twice."""
        ...
