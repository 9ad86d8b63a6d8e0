"""Which settings hold: those of the command line, of the settings file, or the defaults, and where each comes from.

The settings file is the nearest `pyproject.toml` with a `[tool.detector]` table, from the current directory upwards.
Only the command line looks for it; `detector.load()` takes what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import ConfigError
from detector.option_types import Row, rows
from detector.options import ENGINES_WITHOUT_SERVER, OPERATING_POINTS, Settings

CONFIG_FILE = "pyproject.toml"
TABLE = "[tool.detector]"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A settings file and what it chooses, by the names of `Settings`."""

    path: Path
    chosen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on the command line (`asked`) and in a settings file, by the names of `Settings`."""

    asked: Mapping[str, Any]
    file: ConfigFile | None = None

    def settings(self) -> Settings:
        """Return the settings. Raises ConfigError for a value that makes no sense and for contradictions."""
        return Settings(**self._from_file(), **self.asked)

    def origin(self, row: Row) -> str:
        """Return where the value of an option comes from: `--jobs`, the path of the settings file, or `default`."""
        if row.name in self.asked:
            return f"--{row.key}"
        return str(self.file.path) if self.file and row.name in self._from_file() else "default"

    def _from_file(self) -> dict[str, Any]:
        """Return the choices of the file that the command line leaves open.

        An operating point replaces the file's, whichever of the three ways each was chosen in. So does a grammar engine
        that needs no server the file's URL, and a URL an engine of the file that would not use it.
        """
        file = {
            name: value for name, value in (self.file.chosen if self.file else {}).items() if name not in self.asked
        }
        if any(name in self.asked for name in OPERATING_POINTS):
            file = {name: value for name, value in file.items() if name not in OPERATING_POINTS}
        if self.asked.get("grammar") in ENGINES_WITHOUT_SERVER:
            file.pop("languagetool_url", None)
        if "languagetool_url" in self.asked and file.get("grammar") in ENGINES_WITHOUT_SERVER:
            del file["grammar"]
        return file


def choose(command: str, asked: Mapping[str, Any], config: Path | None = None, *, no_config: bool = False) -> Choice:
    """Return what was chosen for a command. Options of the settings file that the command does not take are ignored."""
    file = choose_config(config, no_config=no_config)
    if file:
        taken = {row.name for row in rows(Settings) if command in row.commands}
        file = ConfigFile(file.path, {name: value for name, value in file.chosen.items() if name in taken})
    return Choice(asked, file)


def choose_config(path: Path | None, *, no_config: bool = False) -> ConfigFile | None:
    """Return the settings file of a command: the one asked for, none, or the nearest one."""
    if path is not None and no_config:
        raise ConfigError("--config and --no-config contradict each other")
    if no_config:
        return None
    return find_config(Path.cwd()) if path is None else read_config(path)


def find_config(folder: Path) -> ConfigFile | None:
    """Return the nearest `pyproject.toml` with a table for us, in a folder or above it; None where there is none.

    Raises ConfigError for one that is not TOML: whether it has the table is unknown.
    """
    for parent in (folder, *folder.parents):
        path = parent / CONFIG_FILE
        try:
            table = _table(path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except OSError as error:
            raise _unreadable(path, error) from error
        if table is not None:
            return ConfigFile(path, _chosen(table, path))
    return None


def read_config(path: Path) -> ConfigFile:
    """Read the file that was asked for. Raises ConfigError when it can't be read or has no table for us."""
    try:
        table = _table(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if table is None:
        raise ConfigError(f"{path}: has no {TABLE} table")
    return ConfigFile(path, _chosen(table, path))


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path}: can't be read ({error.strerror or error}); --no-config goes without")


def _table(path: Path) -> object | None:
    import tomllib

    with path.open("rb") as stream:
        try:
            content = tomllib.load(stream)
        except ValueError as error:  # bytes that are not UTF-8, too
            raise ConfigError(f"{path}: is not TOML ({error}); --no-config goes without") from error
    tool = content.get("tool")
    return tool.get("detector") if isinstance(tool, dict) else None


def _chosen(table: object, path: Path) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.detector must be a table")
    known = {row.key: row for row in rows(Settings) if row.in_file}
    chosen: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{path}: {TABLE} has the unknown key {key!r}; known are {', '.join(known)}")
        row = known[key]
        chosen[row.name] = tuple(value) if row.kind.is_list and isinstance(value, list) else value
    try:
        Settings(**chosen)
    except ConfigError as error:
        raise ConfigError(f"{path}: {TABLE} {error}") from error
    for name in ("calibration", "allow", "baseline"):
        if name in chosen:
            chosen[name] = path.parent / chosen[name]
    return chosen
