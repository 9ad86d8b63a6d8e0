"""Which settings hold: those of the command line, of the settings file, or the defaults, and where each comes from.

What holds for a run comes from the settings file of the current directory. What can be chosen for a file by itself comes
from the settings file that is nearest to that file, and from those of its overrides that match the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detector.config_file import ConfigFile, Override, find_config, read_config
from detector.errors import ConfigError
from detector.option_types import Row, rows
from detector.options import ENGINES_WITHOUT_SERVER, OPERATING_POINTS, Options, Settings


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on the command line (`asked`) and in a settings file, by the names of `Settings`.

    `overrides` are those of the file that match the path in question, the later ones stronger.
    """

    asked: Mapping[str, Any]
    file: ConfigFile | None = None
    overrides: tuple[Override, ...] = ()

    def settings(self) -> Settings:
        """Return the settings. Raises ConfigError for a value that makes no sense and for contradictions."""
        return Settings(**{name: value for name, (value, _) in self._values().items()})

    def origin(self, row: Row) -> str:
        """Return where the value of an option comes from: `--jobs`, the settings file, one of its overrides, or `default`."""
        return self._values().get(row.name, (None, "default"))[1]

    @property
    def off(self) -> bool:
        """Whether the path in question is not to be read."""
        return any(one.off for one in self.overrides)

    @property
    def by_file(self) -> Options:
        """The options for documents of the path in question: those that can be chosen for some files."""
        settings = self.settings()
        chosen = {name: getattr(settings, name) for name in OPERATING_POINTS}
        return Options(**chosen, grammar="off" if settings.grammar == "off" else "auto")

    def _values(self) -> dict[str, tuple[Any, str]]:
        """Return what was chosen, with its origin.

        An operating point replaces a weaker one, whichever of the three ways each was chosen in. So does a grammar engine
        that needs no server a weaker URL, and a URL a weaker choice of an engine that would not use it.
        """
        held: dict[str, tuple[Any, str]] = {}
        for origin, chosen in self._layers():
            if any(name in chosen for name in OPERATING_POINTS):
                held = {name: value for name, value in held.items() if name not in OPERATING_POINTS}
            if chosen.get("grammar") in ENGINES_WITHOUT_SERVER:
                held.pop("languagetool_url", None)
            if "languagetool_url" in chosen and held.get("grammar", ("",))[0] in ENGINES_WITHOUT_SERVER:
                del held["grammar"]
            held |= {name: (value, origin or f"--{name.replace('_', '-')}") for name, value in chosen.items()}
        return held

    def _layers(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield where something was chosen (nothing for the command line) and what, the strongest last."""
        if self.file:
            yield str(self.file.path), self.file.chosen
            for override in self.overrides:
                yield f"{self.file.path}, overrides[{override.number}]", override.chosen
        yield "", self.asked


@dataclass(frozen=True)
class RunSettings:
    """What was chosen for a run, and for each of its files.

    `fixed`: the settings file was asked for, or none was wanted; otherwise each file has its nearest one.
    """

    command: str
    run: Choice
    fixed: bool = False
    _of_folder: dict[Path, ConfigFile | None] = field(default_factory=dict, repr=False)

    def of_file(self, path: str) -> Choice:
        """Return what was chosen for a file. Raises ConfigError for a settings file that can't be used."""
        absolute = Path(os.path.abspath(path))
        file = self.run.file if self.fixed else self._nearest(absolute if absolute.is_dir() else absolute.parent)
        return Choice(self.run.asked, file, file.overrides_of(path) if file else ())

    def _nearest(self, folder: Path) -> ConfigFile | None:
        if folder not in self._of_folder:
            self._of_folder[folder] = _taken_by(self.command, find_config(folder))
        return self._of_folder[folder]


def choose(
    command: str, asked: Mapping[str, Any], config: Path | None = None, *, no_config: bool = False
) -> RunSettings:
    """Return what was chosen for a command. Options of the settings file that the command does not take are ignored."""
    file = _taken_by(command, choose_config(config, no_config=no_config))
    return RunSettings(command, Choice(asked, file), fixed=no_config or config is not None)


def choose_config(path: Path | None, *, no_config: bool = False) -> ConfigFile | None:
    """Return the settings file of a run: the one asked for, none, or the nearest one."""
    if path is not None and no_config:
        raise ConfigError("--config and --no-config contradict each other")
    if no_config:
        return None
    return find_config(Path.cwd()) if path is None else read_config(path)


def _taken_by(command: str, file: ConfigFile | None) -> ConfigFile | None:
    if file is None:
        return None
    taken = {row.name for row in rows(Settings) if command in row.commands}

    def of_command(chosen: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in chosen.items() if name in taken}

    overrides = tuple(replace(one, chosen=of_command(one.chosen)) for one in file.overrides)
    return replace(file, chosen=of_command(file.chosen), overrides=overrides)
