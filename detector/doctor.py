"""What is installed, what works, and how to mend what does not: facts, collected without loading a model."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from detector.config_file import CONFIG_FILE, OWN_FILE, TABLE
from detector.errors import ConfigError, ModelError
from detector.option_types import rows
from detector.options import Options, Settings
from detector.settings import Choice, choose_config

_REINSTALL = "install the package again; in a checkout: git checkout -- models"
_CALIBRATE = "detector calibrate PATH... --max-fpr R -o FILE"


class Health(StrEnum):
    OK = "ok"
    MISSING = "missing"  # the program works without it, and says so in its reports
    BROKEN = "broken"  # the program does not work, or can't be trusted


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a diagnosis. `remedy` is a command, or words, that mend what is missing or broken."""

    name: str
    health: Health
    detail: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    program: tuple[Fact, ...]
    models: tuple[Fact, ...]
    settings: tuple[Fact, ...]
    grammar: tuple[Fact, ...]

    @property
    def healthy(self) -> bool:
        facts = (*self.program, *self.models, *self.settings, *self.grammar)
        return all(fact.health is not Health.BROKEN for fact in facts)


def diagnose(languagetool_url: str | None = None, config: Path | None = None, *, no_config: bool = False) -> Diagnosis:
    asked = {"languagetool_url": languagetool_url} if languagetool_url else {}
    config_fact, choice = settings_file(asked, config, no_config=no_config)
    chosen = choice.settings()
    return Diagnosis(
        program=(python(), *packages()),
        models=tuple(models()),
        settings=(config_fact, *setting_origins(choice), *operating_point(chosen)),
        grammar=tuple(grammar(chosen.languagetool_url)),
    )


def python() -> Fact:
    return Fact("python", Health.OK, f"{platform.python_version()} on {platform.platform()}, {sys.executable}")


def packages(distribution: str = "unspun") -> Iterator[Fact]:
    """Yield the distribution and its dependencies with their versions, from the metadata of the installation."""
    try:
        yield Fact(distribution, Health.OK, metadata.version(distribution))
    except metadata.PackageNotFoundError:
        yield Fact(distribution, Health.MISSING, "not installed, run from its source", "python -m pip install -e .")
        return
    for requirement in metadata.requires(distribution) or ():
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            yield Fact(name, Health.OK, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Fact(name, Health.BROKEN, "not installed", f'python -m pip install "{requirement}"')


def models() -> Iterator[Fact]:
    """Yield the files that `load()` reads, each compared with the manifest."""
    from detector.model_files import check_file, locate, read_manifest, remedy

    try:
        manifest = read_manifest(locate())
    except ModelError as error:
        yield Fact("model", Health.BROKEN, str(error), _REINSTALL)
        return
    yield Fact("model", Health.OK, f"version {manifest.version}, SHA-256 {manifest.sha256}, in {manifest.folder}")
    for name, digest in manifest.files.items():
        try:
            check_file(manifest, name)
        except ModelError as error:
            yield Fact(name, Health.BROKEN, str(error), remedy(manifest, name) or _REINSTALL)
        else:
            yield Fact(name, Health.OK, f"SHA-256 {digest}")


def settings_file(
    asked: Mapping[str, Any], config: Path | None = None, *, no_config: bool = False
) -> tuple[Fact, Choice]:
    """Return the settings file a command would use here, and what is chosen; of a broken file nothing is taken."""
    try:
        file = choose_config(config, no_config=no_config)
    except ConfigError as error:
        return Fact("config", Health.BROKEN, str(error)), Choice(asked)
    if file is None:
        none = (
            "not asked for" if no_config else f"no {OWN_FILE}, and no {CONFIG_FILE} with a {TABLE} table, here or above"
        )
        return Fact("config", Health.OK, none), Choice(asked)
    return Fact("config", Health.OK, str(file.path)), Choice(asked, file)


def setting_origins(choice: Choice) -> Iterator[Fact]:
    """Yield the value of every setting that a file may choose, and where it comes from."""
    settings = choice.settings()
    for row in rows(Settings):
        if row.in_file:
            origin = choice.origin(row)
            yield Fact(row.key, Health.OK, f"{row.in_words(getattr(settings, row.name))} ({origin})")


def operating_point(options: Options) -> Iterator[Fact]:
    """Yield the thresholds that a command would use here, and the lowest false-positive rate of the model files."""
    from detector.judge.calibration import lowest_shipped_rate, resolve
    from detector.model_files import locate, read_manifest

    try:
        manifest = read_manifest(locate())
    except ModelError:
        return  # reported among the models
    try:
        choice = resolve(options, manifest)
    except (ConfigError, ModelError) as error:
        yield Fact("thresholds", Health.BROKEN, str(error))
    else:
        values = f"spun from {choice.thresholds.spun:g}, suspect from {choice.thresholds.suspect:g}"
        yield Fact("thresholds", Health.OK, f"{values} ({choice.detail})")
    rate = lowest_shipped_rate(manifest)
    if rate is None:
        yield Fact("lowest max-fpr", Health.MISSING, "the model files carry no operating points", _CALIBRATE)
    else:
        yield Fact("lowest max-fpr", Health.OK, f"{rate:g}")


def grammar(url: str | None) -> Iterator[Fact]:
    """Yield the engines and what they need, in the order in which `--grammar auto` would take them."""
    from detector.signals.grammar import describe_engines

    engines = describe_engines(url)
    for engine in engines:
        health = Health.OK if engine.present else Health.MISSING
        yield Fact(engine.name, health, engine.detail, engine.remedy)
    chosen = next((engine for engine in engines if engine.chosen), None)
    if chosen:
        yield Fact("auto", Health.OK, f"takes {chosen.name}")
    elif url:
        yield Fact("auto", Health.BROKEN, f"stops with an error: the server at {url} can't be used")
    else:
        yield Fact("auto", Health.MISSING, "finds no engine: documents are scored without grammar")
