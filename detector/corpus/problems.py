"""Errors of the same kind are told once, with their number; too many of them end a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.errors import DetectorError, ErrorLimitError, SourceError, error_type

_SHOWN = 5  # of a kind, in full; what says the same of every record is shown once
_SHOWN_REPEATED = 1


@dataclass
class _Kind:
    number: int = 0
    shown: int = 0
    last: str = ""


class Problems:
    """Counts errors by kind and decides which of them are worth a line of their own.

    `max_errors`: from the error after this many on, `add` raises `ErrorLimitError`; None is no limit.
    """

    def __init__(self, max_errors: int | None = None) -> None:
        self.max_errors = max_errors
        self.total = 0
        self._kinds: dict[str, _Kind] = {}
        self._first = ""

    def add(self, error: DetectorError) -> bool:
        """Count an error; return True if it should be shown now, and False if `remarks` tells of it in the end."""
        self.total += 1
        self._first = self._first or str(error)
        kind = self._kinds.setdefault(_name(error), _Kind())
        kind.number += 1
        shown = kind.number <= (_SHOWN_REPEATED if isinstance(error, SourceError) and error.repeated else _SHOWN)
        if shown:
            kind.shown += 1
        kind.last = error.where if isinstance(error, SourceError) else str(error)
        if self.max_errors is not None and self.total > self.max_errors:
            raise ErrorLimitError(self.max_errors, self._first)
        return shown

    def remarks(self) -> Iterator[str]:
        """Yield a sentence for each kind of which some were not shown."""
        for name, kind in self._kinds.items():
            if more := kind.number - kind.shown:
                yield f"{name}: {more:,} more {'error' if more == 1 else 'errors'} like this, the last at {kind.last}"


def _name(error: DetectorError) -> str:
    return error.kind if isinstance(error, SourceError) else f"{error_type(error)} error"
