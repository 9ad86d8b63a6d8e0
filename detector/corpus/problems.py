"""Errors of the same kind are shown a few times, then counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.errors import DetectorError, SourceError, error_type

_SHOWN = 5  # of a kind, in full; what says the same of every record is shown once
_SHOWN_REPEATED = 1


@dataclass
class _Kind:
    number: int = 0
    shown: int = 0
    last: str = ""


class Problems:
    """Counts errors by kind and decides which of them are worth a line of their own."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def add(self, error: DetectorError, source: str) -> bool:
        """Count an error; return True if it should be shown now, and False if `remarks` counts it at the end.

        `source` is where the record comes from.
        """
        kind = self._kinds.setdefault(_name(error), _Kind())
        kind.number += 1
        shown = kind.number <= (_SHOWN_REPEATED if isinstance(error, SourceError) and error.repeated else _SHOWN)
        if shown:
            kind.shown += 1
        kind.last = error.where if isinstance(error, SourceError) else source
        return shown

    def remarks(self) -> Iterator[str]:
        """Yield a sentence for each kind of which some were not shown."""
        for name, kind in self._kinds.items():
            if more := kind.number - kind.shown:
                yield f"{name}: {more:,} more {'error' if more == 1 else 'errors'} like this, the last at {kind.last}"


def _name(error: DetectorError) -> str:
    return error.kind if isinstance(error, SourceError) else f"{error_type(error)} error"
