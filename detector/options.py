"""What a user can choose for a run: one typed object, and the settings file that can fill it.

The settings file is the nearest `pyproject.toml` with a `[tool.detector]` table, from the current directory upwards.
Only the command line looks for it; `detector.load()` takes what it is given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from detector.errors import ConfigError

GrammarEngine = Literal["auto", "languagetool", "embedded", "off"]
WordingDepth = Literal["light", "auto", "deep"]
GRAMMAR_ENGINES: tuple[GrammarEngine, ...] = get_args(GrammarEngine)
WORDING_DEPTHS: tuple[WordingDepth, ...] = get_args(WordingDepth)

CONFIG_FILE = "pyproject.toml"
TABLE = "[tool.detector]"
DOCUMENT_TIMEOUT = 300.0  # seconds; the longest documents are read in part and take a tenth of it
_OPERATING_POINTS = ("threshold", "max_fpr", "calibration")  # ways to choose a threshold: one at most


@dataclass(frozen=True, slots=True)
class Options:
    """`threshold`: probability from which a document is called spun; None takes the model's own. `jobs`: worker processes.

    `wording`: which encoder reads: the light one, the deep one, or (auto) the deep one where the light one is in doubt.
    `max_fpr`, instead of a threshold: the share of honest documents that may be called spun, by the documents the model
    was tried on. `calibration`, instead of both: a file of `detector calibrate`, with a threshold for text of your own.
    """

    grammar: GrammarEngine = "auto"
    languagetool_url: str | None = None
    wording: WordingDepth = "auto"
    threshold: float | None = None
    jobs: int = 1
    max_fpr: float | None = None
    calibration: str | os.PathLike[str] | None = None
    document_timeout: float = DOCUMENT_TIMEOUT

    def __post_init__(self) -> None:
        for name, value, known in (
            ("grammar", self.grammar, GRAMMAR_ENGINES),
            ("wording", self.wording, WORDING_DEPTHS),
        ):
            if value not in known:
                raise ConfigError(f"{name} must be one of {', '.join(known)}, not {value!r}")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ConfigError(f"the threshold must be from 0 to 1, not {self.threshold}")
        if self.max_fpr is not None and not 0 < self.max_fpr < 1:
            raise ConfigError(f"the false-positive rate must be above 0 and below 1, not {self.max_fpr}")
        if not self.document_timeout >= 0:
            raise ConfigError(f"the time limit of a document must be 0 or more seconds, not {self.document_timeout}")
        if self.jobs < 1:
            raise ConfigError(f"there must be at least one worker, not {self.jobs}")
        require_one_operating_point(self)


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen on the command line or in a settings file; None where nothing was."""

    grammar: GrammarEngine | None = None
    languagetool_url: str | None = None
    wording: WordingDepth | None = None
    threshold: float | None = None
    max_fpr: float | None = None
    calibration: Path | None = None
    jobs: int | None = None
    text_field: str | None = None
    id_field: str | None = None

    def __post_init__(self) -> None:
        require_one_operating_point(self)
        if self.languagetool_url is not None and self.grammar in ("embedded", "off"):
            raise ConfigError(f"languagetool-url and grammar {self.grammar!r} contradict each other")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys something was chosen for, as a settings file spells them."""
        return tuple(map(_key, self._given()))

    def over(self, file: Settings) -> Settings:
        """These, and of the file's what they leave open.

        An operating point replaces the file's, whichever of the three ways each was chosen in. So does a grammar engine
        that needs no server the file's URL, and a URL an engine of the file that would not use it.
        """
        if any(getattr(self, name) is not None for name in _OPERATING_POINTS):
            file = file.without_operating_point()
        if self.grammar in ("embedded", "off"):
            file = replace(file, languagetool_url=None)
        if self.languagetool_url is not None and file.grammar in ("embedded", "off"):
            file = replace(file, grammar=None)
        return replace(file, **self._given())

    def without_operating_point(self) -> Self:
        return replace(self, threshold=None, max_fpr=None, calibration=None)

    def options(self) -> Options:
        names = {field.name for field in fields(Options)}
        return Options(**{name: value for name, value in self._given().items() if name in names})

    def _given(self) -> dict[str, Any]:
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value is not None}


def require_one_operating_point(choice: Options | Settings) -> None:
    given = [_key(name) for name in _OPERATING_POINTS if getattr(choice, name) is not None]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} exclude each other: each chooses the threshold")


# --- the settings file ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfigFile:
    path: Path
    settings: Settings


def choose_config(path: Path | None, *, no_config: bool = False) -> ConfigFile | None:
    """The settings file of a command: the one asked for, none, or the nearest one."""
    if path is not None and no_config:
        raise ConfigError("--config and --no-config contradict each other")
    if no_config:
        return None
    return find_config(Path.cwd()) if path is None else read_config(path)


def find_config(folder: Path) -> ConfigFile | None:
    """The nearest `pyproject.toml` with a table for us, in a folder or above it; None where there is none.

    Raises ConfigError for one that is not TOML: whether it has the table can't be told.
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
            return ConfigFile(path, _settings(table, path))
    return None


def read_config(path: Path) -> ConfigFile:
    """The file that was asked for. Raises ConfigError when it can't be read or has no table for us."""
    try:
        table = _table(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if table is None:
        raise ConfigError(f"{path}: has no {TABLE} table")
    return ConfigFile(path, _settings(table, path))


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


def _settings(table: object, path: Path) -> Settings:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.detector must be a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            raise ConfigError(f"{path}: {TABLE} has the unknown key {key!r}; known are {', '.join(_KEYS)}")
        fits, wanted = _KEYS[key]
        if not fits(value):
            raise ConfigError(f"{path}: {TABLE} {key} must be {wanted}, not {value!r}")
        values[key.replace("-", "_")] = value
    if "calibration" in values:
        values["calibration"] = path.parent / values["calibration"]
    try:
        return Settings(**values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {TABLE} {error}") from error


def _key(name: str) -> str:
    return name.replace("_", "-")


def _one_of(choices: tuple[str, ...]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in choices, f"one of {', '.join(choices)}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_NAME: tuple[Callable[[Any], bool], str] = (
    lambda value: isinstance(value, str) and bool(value.strip()),
    "a string that is not empty",
)
# What each key takes: a test, and the words for it.
_KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "grammar": _one_of(GRAMMAR_ENGINES),
    "languagetool-url": _NAME,
    "wording": _one_of(WORDING_DEPTHS),
    "threshold": (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    "max-fpr": (lambda value: _is_number(value) and 0 < value < 1, "a number above 0 and below 1"),
    "calibration": _NAME,
    "jobs": (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1,
        "a whole number from 1 on",
    ),
    "text-field": _NAME,
    "id-field": _NAME,
}
