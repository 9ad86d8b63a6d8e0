"""The embedded engine: LanguageTool's English rules in Rust (lingotweaker), no Java and no server.

One engine answers one process at a time; more cores are used by more processes.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

from detector.errors import SignalError
from detector.signals.grammar.checker import CheckError
from detector.signals.grammar.matches import Match, encodable, read_embedded

DISTRIBUTIONS = ("lingotweaker", "lingotweaker-data-en")
#: Takes seconds for every `b1llion` of a scanned page, and counts for nothing (see `features`).
SLOW_RULES = ("NUMBERS_IN_WORDS",)
INSTALL = f"python -m pip install {' '.join(DISTRIBUTIONS)}"


class EmbeddedChecker:
    """Loads its rules when it is made (about a second). Raises SignalError when that can't be done."""

    threads = 1

    def __init__(self) -> None:
        self._engine = _load()
        self.title = title()

    def check(self, text: str) -> list[Match]:
        text = encodable(text)
        try:
            return read_embedded(self._engine.check(text), text)
        except Exception as error:
            raise CheckError(f"{self.title} broke on this text: {error}") from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a panic in Rust is no Exception
                raise
            raise CheckError(f"{self.title} broke on this text: {error}") from error

    def close(self) -> None:
        pass


def title() -> str:
    """Name and versions. Raises SignalError, naming the command that helps, when a distribution is not installed."""
    try:
        engine, data = (metadata.version(name) for name in DISTRIBUTIONS)
    except metadata.PackageNotFoundError as error:
        raise SignalError(f"the embedded grammar engine is not installed ({error.name}); run: {INSTALL}") from error
    return f"embedded LanguageTool rules (lingotweaker {engine}, data {data})"


def _load() -> Any:
    title()
    try:
        import lingotweaker_data_en  # type: ignore[import-untyped]
        import lt_py  # type: ignore[import-untyped]

        return lt_py.Engine("en-US", data_dir=lingotweaker_data_en.data_dir(), disabled_rules=list(SLOW_RULES))
    except Exception as error:
        raise SignalError(f"the embedded grammar engine does not start: {error}") from error
