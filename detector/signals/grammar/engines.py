"""Choosing the grammar engine: by name, or (`auto`) by what is given and installed.

`auto` takes the server at the URL, where one is given; else LanguageTool, where it is installed with what it needs; else
the embedded rules. What is installed decides, never how a start went: the same command on the same machine gets the same
engine, or a SignalError. An installed LanguageTool that can't be used (no Java, a damaged file) is passed over with a
warning in the log, which Python prints to standard error, and a remark in every report.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from detector.errors import SignalError
from detector.signals import Signal
from detector.signals.grammar import embedded
from detector.signals.grammar.checker import EngineInfo
from detector.signals.grammar.embedded import EmbeddedChecker
from detector.signals.grammar.installation import find_installation, find_java
from detector.signals.grammar.languagetool import LanguageToolChecker, require_library
from detector.signals.grammar.server import LocalServer, ServerError, probe
from detector.signals.grammar.signal import AbsentSignal, GrammarSignal

Engine = Literal["auto", "languagetool", "embedded", "off"]

SETUP_COMMAND = "detector setup languagetool"
_WITHOUT = "or choose the embedded rules (--grammar embedded)"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SharedEngine:
    """An engine chosen once for many processes: workers pass `engine`, `url` and `remark` to `open_grammar`.

    `engine` is never `auto`. `remark` says why LanguageTool was passed over, or why there is no engine at all; `info` is
    None exactly when `engine` is `off`. Holds the LanguageTool server when one was started: close it when the last worker
    has ended. In a forked child, `close` leaves the server to the parent.
    """

    engine: Engine
    url: str | None = None
    remark: str = ""
    info: EngineInfo | None = None
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
    """Choose the engine; start a LanguageTool server where that is the choice and no `url` names a running one.

    Raises SignalError, which says what to do, when the engine that was asked for, or that `auto` chose, can't run here.
    Where nothing is installed at all, `auto` comes to `off`, with the reason as its remark.
    """
    if engine == "auto":
        return _start_automatic(url)
    if engine == "off":
        return SharedEngine("off", remark="switched off")
    if engine == "embedded":
        return SharedEngine("embedded", info=embedded.engine_info())
    return _use_running(url) if url else _start_server()


def open_grammar(engine: Engine, url: str | None = None, remark: str = "") -> Signal:
    """Return the grammar signal, ready to measure, with a server of its own where it needs one.

    `url` is a running LanguageTool server; `remark` is for workers, see `SharedEngine`. Raises SignalError as
    `start_shared` does.
    """
    chosen = start_shared(engine, url)
    remark = remark or chosen.remark
    if chosen.engine == "off":
        return AbsentSignal(remark)
    if chosen.engine == "embedded":
        return GrammarSignal(EmbeddedChecker(), remark)
    assert chosen.url is not None
    assert chosen.info is not None
    try:
        return GrammarSignal(LanguageToolChecker(chosen.url, chosen.info, chosen.server), remark)
    except BaseException:
        chosen.close()
        raise


def expected_engine(engine: Engine, url: str | None = None) -> str | None:
    """Return the identifier of the engine that would check here, without starting it; None where none would.

    Two runs with the same one give the same matches. Raises SignalError where the server at `url` can't be used, or
    `java` gives no answer in time.
    """
    if engine == "off":
        return None
    if url and engine != "embedded":
        running = _use_running(url).info
        return running.identifier if running else None
    installation = None if engine == "embedded" else find_installation()
    if installation and (engine == "languagetool" or not languagetool_problem()):
        return EngineInfo("languagetool", installation.version).identifier
    try:
        return None if engine == "languagetool" else embedded.engine_info().identifier
    except SignalError:
        return None


def languagetool_problem() -> str | None:
    """Return what keeps the installed LanguageTool from being used; None where nothing does, or none is installed.

    Looks at what is installed and starts no server. Raises SignalError where `java` gives no answer in time.
    """
    installation = find_installation()
    if installation is None:
        return None
    if problem := installation.problem() or find_java().problem():
        return problem
    try:
        require_library()
    except SignalError as error:
        return str(error)
    return None


def _start_automatic(url: str | None) -> SharedEngine:
    if url:
        return _use_running(url)
    problem = languagetool_problem()
    if find_installation() and not problem:
        return _start_server()
    remark = f"LanguageTool was passed over: {problem}" if problem else ""
    try:
        chosen = SharedEngine("embedded", remark=remark, info=embedded.engine_info())
    except SignalError as error:
        chosen = SharedEngine("off", remark="; ".join(filter(None, (remark, str(error)))))
    if chosen.remark:
        instead = "the embedded rules check" if chosen.engine == "embedded" else "nothing checks"
        _log.warning("grammar: %s; %s instead", chosen.remark, instead)
    return chosen


def _use_running(url: str) -> SharedEngine:
    require_library()
    try:
        version = probe(url)
    except ServerError as error:
        raise SignalError(
            f"{error}; start that server, correct the URL, or leave it out to use an engine of this machine"
        ) from error
    return SharedEngine("languagetool", url, info=EngineInfo("languagetool", version, url=url))


def _start_server() -> SharedEngine:
    require_library()
    installation = find_installation()
    if installation is None:
        raise SignalError(f"LanguageTool is not installed; run: {SETUP_COMMAND}; {_WITHOUT}")
    try:
        server = LocalServer(installation, find_java())
    except ServerError as error:
        raise SignalError(f"{error}; see `detector doctor`, {_WITHOUT}") from error
    return SharedEngine("languagetool", server.url, info=EngineInfo("languagetool", server.version), server=server)
