"""What an option is: the values it takes, its words for a person, and the commands that take it.

`options.py` is the table itself: each field of its dataclasses is one `Row`, made by `option()`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from detector.errors import ConfigError

Value = TypeVar("Value")
Table = TypeVar("Table")


@dataclass(frozen=True, slots=True)
class Kind:
    """The values an option takes.

    `fits` tests a value that TOML or Python gave; `wanted` completes "must be …". `parse` makes a value of one word of
    the command line and raises ValueError where that can't be. `choices` are the names to choose from, if there are any.
    """

    wanted: str
    fits: Callable[[Any], bool]
    parse: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    is_flag: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One option. `default` is None where the program decides; `default_in_words` then says how.

    `risk` completes the help: what the option costs, or what goes wrong with a bad value. `in_file` tells whether a
    settings file may choose it, `by_file` whether that may be for some files of a run. `required` names the commands
    that can't do without it.
    """

    name: str
    default: Any
    kind: Kind
    help: str
    commands: frozenset[str]
    group: str
    metavar: str | None = None
    risk: str | None = None
    default_in_words: str | None = None
    short: str | None = None
    in_file: bool = True
    by_file: bool = False
    required: Collection[str] = ()

    @property
    def key(self) -> str:
        """The name as a settings file spells it; with two hyphens before it, the option of the command line."""
        return self.name.replace("_", "-")

    @property
    def full_help(self) -> str:
        """Help, risk and default, as sentences."""
        default = self.default_in_words or (None if self.default in (None, False, ()) else str(self.default))
        sentences = [self.help, self.risk, f"Default: {default}." if default else None]
        return " ".join(sentence for sentence in sentences if sentence)

    def in_words(self, value: Any) -> str:
        """Return a value for a person."""
        if value is None:
            return self.default_in_words or "not set"
        if isinstance(value, tuple):
            return ", ".join(map(str, value)) or "nothing"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def check(self, value: Any) -> None:
        """Raise ConfigError when the option does not take this value."""
        if value is None and self.default is None:
            return
        if not self.kind.fits(value):
            raise ConfigError(f"{self.key} must be {self.kind.wanted}, not {value!r}")


def option(
    default: Value,
    kind: Kind,
    help: str,
    commands: Iterable[str],
    group: str,
    **more: Any,
) -> Value:
    """Return a dataclass field that declares a row of the table; `more` are further fields of `Row`."""
    made: Any = field(
        default=default,
        metadata={"row": lambda name: Row(name, default, kind, help, frozenset(commands), group, **more)},
    )
    return made  # type: ignore[no-any-return]  # a dataclass reads a field where the type checker reads its default


def rows(table: type) -> tuple[Row, ...]:
    """Return the options of a dataclass of the table, in the order in which help shows them."""
    return tuple(declared.metadata["row"](declared.name) for declared in fields(table))


def documented(table: type[Table]) -> type[Table]:
    """Add to the docstring of a dataclass what its options are."""
    listed = "\n".join(f"    - `{row.name}`: {row.full_help}" for row in rows(table))
    table.__doc__ = f"{(table.__doc__ or '').rstrip()}\n\n{listed}\n"
    return table


# --- kinds ------------------------------------------------------------------------------------------------------------


def one_of(*names: str) -> Kind:
    return Kind(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names, choices=names)


def number(wanted: str, fits: Callable[[float], bool]) -> Kind:
    """Return the kind of a number in a range; `wanted` names the range in words."""
    return Kind(wanted, lambda value: _is_number(value) and not math.isnan(value) and fits(value), float)


def whole_number_from(lowest: int) -> Kind:
    return Kind(
        f"a whole number from {lowest} on",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= lowest,
        int,
    )


def number_or_auto(lowest: int) -> Kind:
    """Return the kind of a whole number that the program can choose, too."""
    whole = whole_number_from(lowest)
    return Kind(
        f"{whole.wanted}, or auto",
        lambda value: value == "auto" or whole.fits(value),
        lambda word: word if word == "auto" else int(word),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_path(value: object) -> bool:
    return _is_text(value) or (hasattr(value, "__fspath__") and _is_text(str(value)))


TEXT = Kind("a string that is not empty", _is_text)
PATH = Kind("a path that is not empty", _is_path)
FLAG = Kind("true or false", lambda value: isinstance(value, bool), is_flag=True)
TEXTS = Kind(
    "a list of strings that are not empty",
    lambda value: isinstance(value, list | tuple) and all(map(_is_text, value)),
    is_list=True,
)
