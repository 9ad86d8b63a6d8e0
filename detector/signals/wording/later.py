"""What is opened when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Self, TypeVar

Opened = TypeVar("Opened")


class Later(Generic[Opened]):
    """Calls `open` when `get` is first called. Pickles without what it opened.

    Two threads that are first at the same time may both open it; one of the results is kept.
    """

    def __init__(self, open: Callable[[], Opened]) -> None:
        self._open = open
        self._opened: Opened | None = None

    @classmethod
    def opened(cls, open: Callable[[], Opened]) -> Self:
        """Return one that is open."""
        made = cls(open)
        made.get()
        return made

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    def get(self) -> Opened:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def __getstate__(self) -> dict[str, object]:
        return {"_open": self._open, "_opened": None}
