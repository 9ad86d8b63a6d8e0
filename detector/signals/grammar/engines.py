"""Choosing the grammar engine: by name, or the first of a configured URL, LanguageTool here and the embedded rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal, Self

from detector.errors import SignalError
from detector.signals import Signal
from detector.signals.grammar import embedded
from detector.signals.grammar.embedded import EmbeddedChecker
from detector.signals.grammar.installation import find_installation, find_java
from detector.signals.grammar.languagetool import LanguageToolChecker, require_library
from detector.signals.grammar.server import LocalServer, ServerError, is_local, probe
from detector.signals.grammar.signal import AbsentSignal, GrammarSignal

Engine = Literal["auto", "languagetool", "embedded", "off"]

SETUP_COMMAND = "detector setup languagetool"


@dataclass(frozen=True)
class SharedEngine:
    """An engine chosen once for many processes: workers pass `engine`, `url` and `remark` to `open_grammar`.

    `engine` is never `auto`; `remark` says why something better was passed over, or why there is none at all. Holds the
    LanguageTool server when one was started: close it when the last worker has ended.
    """

    engine: Engine
    url: str | None = None
    remark: str = ""
    version: str | None = field(default=None, repr=False)
    server: LocalServer | None = field(default=None, repr=False)

    def close(self) -> None:
        if self.server:
            self.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def start_shared(engine: Engine, url: str | None = None) -> SharedEngine:
    """Chooses the engine, and starts a LanguageTool server where that is the choice and no `url` names a running one.

    Raises SignalError when an engine asked for by name can't run here. `auto` always comes to a choice, if need be
    `off` with the reason as its remark.
    """
    if engine == "off":
        return SharedEngine("off", remark="switched off")
    if engine == "embedded":
        return _embedded()
    if engine == "languagetool":
        return _running(url) if url else _started()
    passed_over: list[str] = []
    for candidate in _candidates(url):
        try:
            return replace(candidate(), remark="; ".join(passed_over))
        except SignalError as error:
            passed_over.append(str(error))
    return SharedEngine("off", remark="; ".join(passed_over))


def open_grammar(engine: Engine, url: str | None = None, remark: str = "") -> Signal:
    """The grammar signal, ready to measure, with a server of its own where it needs one.

    `url` is a running LanguageTool server; `remark` is for workers, see `SharedEngine`. Raises SignalError when an
    engine asked for by name can't run here; under `auto` the signal then reports itself skipped with the reason.
    """
    chosen = start_shared(engine, url)
    remark = remark or chosen.remark
    if chosen.engine == "languagetool" and chosen.url:
        where = "" if is_local(chosen.url) else f" at {chosen.url}"  # a port chosen at random would differ every run
        title = f"LanguageTool {chosen.version}{where}"
        return GrammarSignal(LanguageToolChecker(chosen.url, title, chosen.server), remark)
    if chosen.engine == "off":
        return AbsentSignal(remark)
    try:
        return GrammarSignal(EmbeddedChecker(), remark)
    except SignalError as error:
        if engine != "auto":
            raise
        return AbsentSignal("; ".join(filter(None, (remark, str(error)))))


def _candidates(url: str | None) -> Iterator[Callable[[], SharedEngine]]:
    """What `auto` tries, in order. A LanguageTool that isn't installed is nothing to be missed."""
    if url:
        yield lambda: _running(url)
    if find_installation():
        yield _started
    yield _embedded


def _running(url: str) -> SharedEngine:
    require_library()
    try:
        return SharedEngine("languagetool", url, version=probe(url))
    except ServerError as error:
        raise SignalError(str(error)) from error


def _started() -> SharedEngine:
    require_library()
    installation = find_installation()
    if installation is None:
        raise SignalError(f"LanguageTool is not installed; run: {SETUP_COMMAND}")
    try:
        server = LocalServer(installation, find_java())
    except ServerError as error:
        raise SignalError(str(error)) from error
    return SharedEngine("languagetool", server.url, version=server.version, server=server)


def _embedded() -> SharedEngine:
    embedded.title()
    return SharedEngine("embedded")
