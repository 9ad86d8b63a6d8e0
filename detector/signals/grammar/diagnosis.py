"""Which grammar engines are there and which would run, without starting any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import metadata

from detector.errors import SignalError
from detector.signals.grammar import embedded, languagetool
from detector.signals.grammar.engines import SETUP_COMMAND
from detector.signals.grammar.installation import JAVA_NEEDED, find_installation, find_java
from detector.signals.grammar.server import ServerError, probe


@dataclass(frozen=True, slots=True)
class EngineFact:
    """One engine, or one thing an engine needs.

    `present` is whether it could be used; `remedy` is the command, or words, that bring what is missing; `chosen`
    marks the one engine that `--grammar auto` would take.
    """

    name: str
    present: bool
    detail: str
    remedy: str | None = None
    chosen: bool = False


def describe_engines(url: str | None = None) -> list[EngineFact]:
    """Facts in the order `auto` tries the engines: the server at `url`, LanguageTool here, the embedded rules."""
    library, java, local = _library(), _java(), _installed()
    served = _server(url) if url else None
    embedded_rules = _embedded()
    usable = (
        (served, library.present),
        (local, library.present and java.present),
        (embedded_rules, True),
    )
    chosen = next((fact for fact, ready in usable if fact and fact.present and ready), None)
    facts = (fact for fact in (served, local, library, java, embedded_rules) if fact)
    return [replace(fact, chosen=fact is chosen) for fact in facts]


def _server(url: str) -> EngineFact:
    try:
        return EngineFact(f"LanguageTool at {url}", True, probe(url))
    except ServerError as error:
        return EngineFact(f"LanguageTool at {url}", False, str(error), "start that server, or leave out its URL")


def _installed() -> EngineFact:
    installation = find_installation()
    if installation is None:
        return EngineFact("LanguageTool", False, "not installed", SETUP_COMMAND)
    problem = installation.problem()
    if problem:
        return EngineFact("LanguageTool", False, problem, f"{SETUP_COMMAND} --force")
    return EngineFact("LanguageTool", True, f"{installation.version} in {installation.folder}")


def _library() -> EngineFact:
    try:
        languagetool.require_library()
    except SignalError:
        return EngineFact("language-tool-python", False, "not installed", languagetool.INSTALL)
    return EngineFact("language-tool-python", True, metadata.version("language-tool-python"))


def _java() -> EngineFact:
    java = find_java()
    problem = java.problem()
    if problem:
        return EngineFact(
            "Java", False, problem, f"install a Java runtime, {JAVA_NEEDED} or newer, and put `java` on the PATH"
        )
    return EngineFact("Java", True, f"{java.major}, {java.path}")


def _embedded() -> EngineFact:
    try:
        return EngineFact("embedded rules", True, embedded.title())
    except SignalError:
        return EngineFact("embedded rules", False, "not installed", embedded.INSTALL)
