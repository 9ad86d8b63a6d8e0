"""The embedded engine: LanguageTool's English rules in Rust (lingotweaker), no Java and no server.

One engine answers one process at a time; more cores are used by more processes. A forked child may use its parent's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import metadata
from typing import Any

from detector.errors import SignalError
from detector.signals.grammar.checker import CheckError, EngineInfo
from detector.signals.grammar.matches import Match, read_embedded, replace_surrogates

DISTRIBUTIONS = ("lingotweaker", "lingotweaker-data-en")
# Takes seconds for every `b1llion` of a scanned page, and counts for nothing (see `features`). The engine does not switch
# off every rule that is named here (EN_A_VS_AN stays, for one); what must not count is left out by `features.find_group`.
SLOW_RULES = ("NUMBERS_IN_WORDS",)
INSTALL = f"python -m pip install {' '.join(DISTRIBUTIONS)}"


class EmbeddedChecker:
    """Loads its rules when it first checks a text: that takes a second and 340 MB, which a clean document never needs.

    Raises SignalError when it is not installed, or can't be imported.
    """

    threads = 1

    def __init__(self) -> None:
        self.info = engine_info()
        self._open = _opener()
        self._engine: Any = None

    def check(self, text: str) -> list[Match]:
        text = replace_surrogates(text)
        try:
            if self._engine is None:
                self._engine = self._open()
            return read_embedded(self._engine.check(text), text)
        except Exception as error:
            raise self._broken(error) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a panic in Rust is no Exception
                raise
            raise self._broken(error) from error

    def preload(self) -> None:
        with suppress(CheckError):
            self.check("")

    def close(self) -> None:
        pass

    def _broken(self, error: BaseException) -> CheckError:
        return CheckError(f"{self.info.title} broke on this text ({type(error).__name__}: {error})")


def engine_info() -> EngineInfo:
    """Return the versions. Raises SignalError, naming the command that helps, when a distribution is not installed."""
    try:
        engine, data = (metadata.version(name) for name in DISTRIBUTIONS)
    except metadata.PackageNotFoundError as error:
        raise SignalError(f"the embedded grammar engine is not installed ({error.name}); run: {INSTALL}") from error
    return EngineInfo("embedded", engine, data)


def _opener() -> Callable[[], Any]:
    try:
        import lingotweaker_data_en  # type: ignore[import-untyped]
        import lt_py  # type: ignore[import-untyped]

        return partial(lt_py.Engine, "en-US", data_dir=lingotweaker_data_en.data_dir(), disabled_rules=list(SLOW_RULES))
    except Exception as error:
        raise SignalError(
            f"the embedded grammar engine does not start ({type(error).__name__}: {error}); run: {INSTALL} --force-reinstall"
        ) from error
