"""The settings file: where it is found, and what it chooses, for a run and for some of its files.

It is the nearest `detector.toml`, or `pyproject.toml` with a `[tool.detector]` table, from a folder upwards to the root of
its repository. In `detector.toml` the keys stand at the top, or in the same table. `[[tool.detector.overrides]]` chooses for
the files that its patterns match:

    [[tool.detector.overrides]]
    files = ["legal/", "*.min.md"]
    threshold = 0.99

The program's commands look for it; `detector.load()` takes what it is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.corpus.ignore import IgnorePatterns, is_pattern
from detector.errors import ConfigError
from detector.option_types import TEXTS, rows
from detector.options import Settings

OWN_FILE, CONFIG_FILE = "detector.toml", "pyproject.toml"
TABLE = "[tool.detector]"
OVERRIDES = "overrides"
_FILES, _OFF = "files", "off"


@dataclass(frozen=True, slots=True)
class Override:
    """What a settings file chooses for some files, by the names of `Settings`.

    `number` counts the overrides of a file from 1. `off`: the files are not read.
    """

    number: int
    patterns: IgnorePatterns
    off: bool
    chosen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A settings file and what it chooses, by the names of `Settings`. Patterns of overrides count from the folder `base`."""

    path: Path
    chosen: Mapping[str, Any]
    overrides: tuple[Override, ...] = ()
    base: Path = Path()

    def overrides_of(self, path: str) -> tuple[Override, ...]:
        """Return the overrides whose patterns match a file, in their order. It need not exist."""
        relative = os.path.relpath(os.path.abspath(path), self.base).replace(os.sep, "/")
        if relative.startswith("../"):
            return ()
        return tuple(one for one in self.overrides if one.patterns.match_with_parents(relative, folder=False))


def find_config(folder: Path) -> ConfigFile | None:
    """Return the nearest settings file in a folder or above it, up to the root of a repository; None where there is none.

    Raises ConfigError for one that is not TOML: whether it has the table is unknown.
    """
    for parent in (folder, *folder.parents):
        for name in (OWN_FILE, CONFIG_FILE):
            path = parent / name
            try:
                table = _table(path)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            except OSError as error:
                raise _unreadable(path, error) from error
            if table is not None:
                return _config(table, path, parent)
        if os.path.lexists(parent / ".git"):
            return None
    return None


def read_config(path: Path) -> ConfigFile:
    """Read the file that was asked for. Raises ConfigError when it can't be read or has no table for us.

    The patterns of its overrides count from the current directory: the file may stand anywhere.
    """
    try:
        table = _table(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if table is None:
        raise ConfigError(f"{path}: has no {TABLE} table")
    return _config(table, path, Path.cwd())


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path}: can't be read ({error.strerror or error}); --no-config goes without")


def _table(path: Path) -> object | None:
    import tomllib

    with path.open("rb") as stream:
        try:
            content = tomllib.load(stream)
        except (ValueError, RecursionError) as error:  # bytes that are not UTF-8, too
            raise ConfigError(f"{path}: is not TOML ({error}); --no-config goes without") from error
    tool = content.get("tool")
    if path.name == OWN_FILE and tool is None:
        return content
    return tool.get("detector") if isinstance(tool, dict) else None


def _config(table: object, path: Path, base: Path) -> ConfigFile:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.detector must be a table")
    own = {key: value for key, value in table.items() if key != OVERRIDES}
    known = [row.key for row in rows(Settings) if row.in_file]
    chosen = _chosen(own, path, f"{TABLE} ", known, more=(OVERRIDES,))
    return ConfigFile(path, chosen, tuple(_overrides(table.get(OVERRIDES, []), path)), base)


def _overrides(tables: object, path: Path) -> Iterator[Override]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{path}: overrides must be tables, each under [[tool.detector.{OVERRIDES}]]")
    known = [row.key for row in rows(Settings) if row.by_file]
    for number, table in enumerate(tables, 1):
        where = f"{OVERRIDES}[{number}] "
        files, off = table.get(_FILES), table.get(_OFF, False)
        if not TEXTS.fits(files) or not files:
            raise ConfigError(f"{path}: {where}files must be {TEXTS.wanted}, such as ['legal/'], not {files!r}")
        if wrong := [pattern for pattern in files if not is_pattern(pattern)]:
            raise ConfigError(f"{path}: {where}files: {wrong[0]!r} is not a pattern as in a .gitignore")
        if not isinstance(off, bool):
            raise ConfigError(f"{path}: {where}off must be true or false, not {off!r}")
        own = {key: value for key, value in table.items() if key not in (_FILES, _OFF)}
        chosen = _chosen(own, path, where, known, more=(_FILES, _OFF))
        if chosen.get("grammar", "off") != "off":
            raise ConfigError(f"{path}: {where}grammar can only be 'off' for some files: a run has one engine")
        yield Override(number, IgnorePatterns(files), off, chosen)


def _chosen(
    table: Mapping[str, Any], path: Path, where: str, known: list[str], more: tuple[str, ...]
) -> dict[str, Any]:
    """Return the choices of a table by the names of `Settings`, checked. `more` are keys that the caller has read."""
    by_key = {row.key: row for row in rows(Settings)}
    chosen: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            only = ", which holds for a run and not for some files" if key in by_key and by_key[key].in_file else ""
            raise ConfigError(
                f"{path}: {where}has the unknown key {key!r}{only}; known are {', '.join((*known, *more))}"
            )
        row = by_key[key]
        chosen[row.name] = tuple(value) if row.kind.is_list and isinstance(value, list) else value
    try:
        Settings(**chosen)
    except ConfigError as error:
        raise ConfigError(f"{path}: {where}{error}") from error
    for name in ("calibration", "allow", "baseline"):
        if name in chosen:
            chosen[name] = path.parent / chosen[name]
    return chosen
