"""Tell which grammar engines are there and which would run, without starting any."""

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
    """Return facts in the order in which `auto` looks: the server at `url`, LanguageTool here, the embedded rules.

    None is chosen where `auto` would stop with an error, as it does when the server at `url` can't be used.
    """
    library, java, local = _describe_library(), _describe_java(), _describe_installation()
    served = _describe_server(url) if url else None
    embedded_rules = _describe_embedded()
    chosen: EngineFact | None
    if served:
        chosen = served if served.present and library.present else None
    elif local.present and library.present and java.present:
        chosen = local
    else:
        chosen = embedded_rules if embedded_rules.present else None
    facts = (fact for fact in (served, local, library, java, embedded_rules) if fact)
    return [replace(fact, chosen=fact is chosen) for fact in facts]


def _describe_server(url: str) -> EngineFact:
    try:
        return EngineFact(f"LanguageTool at {url}", True, probe(url))
    except ServerError as error:
        return EngineFact(f"LanguageTool at {url}", False, str(error), "start that server, or leave out its URL")


def _describe_installation() -> EngineFact:
    installation = find_installation()
    if installation is None:
        return EngineFact("LanguageTool", False, "not installed", SETUP_COMMAND)
    problem = installation.problem()
    if problem:
        return EngineFact("LanguageTool", False, problem, f"{SETUP_COMMAND} --force")
    return EngineFact("LanguageTool", True, f"{installation.version} in {installation.folder}")


def _describe_library() -> EngineFact:
    try:
        languagetool.require_library()
    except SignalError:
        return EngineFact("language-tool-python", False, "not installed", languagetool.INSTALL)
    return EngineFact("language-tool-python", True, metadata.version("language-tool-python"))


def _describe_java() -> EngineFact:
    try:
        java = find_java()
    except SignalError as error:
        return EngineFact("Java", False, str(error), "try again when the machine is less busy")
    problem = java.problem()
    if problem:
        return EngineFact(
            "Java", False, problem, f"install a Java runtime, {JAVA_NEEDED} or newer, and put `java` on the PATH"
        )
    return EngineFact("Java", True, f"{java.major}, {java.path}")


def _describe_embedded() -> EngineFact:
    try:
        return EngineFact("embedded rules", True, embedded.engine_info().title)
    except SignalError:
        return EngineFact("embedded rules", False, "not installed", embedded.INSTALL)
