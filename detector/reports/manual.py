"""The manual page in roff, made from the commands and their options.

Text is protected from being read as a request: a backslash, a hyphen, and a full stop or an apostrophe at the start of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from detector import __version__
from detector.errors import EXIT_ERROR, EXIT_OK, EXIT_SPUN
from detector.options import GROUPS

_FILES = (
    (
        "detector.toml, pyproject.toml",
        "Settings; the nearest one of the current directory and above, and for each file the nearest to it.",
    ),
    (".gitignore", "What git ignores is left out of directories."),
)
_ENVIRONMENT = (
    ("NO_COLOR", "Any value switches colours off; FORCE_COLOR switches them on where standard output is no terminal."),
    ("COLUMNS", "Width of the help and of reports for people."),
    ("LTP_PATH", "Folder in which LanguageTool is installed."),
    ("PRE_COMMIT_FROM_REF", "What --diff-base auto compares with, instead of the last commit."),
)
_EXIT_CODES = (
    (EXIT_OK, "All went well; of check: no document is spun."),
    (EXIT_SPUN, "check found a spun document."),
    (EXIT_ERROR, "Something could not be read or scored, or the command could not run. This goes before 1."),
)


def make_manual(group: Any) -> str:
    """Return the page for a group of commands, which are those of typer, with what their help says."""
    return "\n".join(_lines(group)) + "\n"


def _lines(group: Any) -> Iterator[str]:
    yield f'.TH DETECTOR 1 "" "unspun {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"detector {_text('-')} {_text(_first_sentence(group.help))}"
    yield ".SH SYNOPSIS"
    yield from (".B detector", r"\fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]...")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(group.help)
    yield ".SH COMMANDS"
    for name, command in _commands(group):
        yield from _command(name, command)
    for title, entries in (("EXIT STATUS", _EXIT_CODES), ("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT)):
        yield f".SH {title}"
        for term, meaning in entries:
            yield from (".TP", rf"\fB{_text(str(term))}\fR", _text(meaning))


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the commands that the help shows, with their names; those of a group by two names."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def _command(name: str, command: Any) -> Iterator[str]:
    parameters = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    usage = " ".join(map(_usage, arguments))
    yield f".SS detector {_text(name)} {usage}".rstrip()
    yield from _paragraphs(command.help or "")
    for argument in arguments:
        if argument.help:
            yield from (".TP", rf"\fI{_text(_name(argument))}\fR", _text(argument.help))
    options = [one for one in parameters if one.param_type_name == "option"]
    for option in sorted(options, key=_place_in_help):
        yield from (".TP", _option(option), _text(option.help or ""))


def _place_in_help(option: Any) -> int:
    panel = getattr(option, "rich_help_panel", None)
    return GROUPS.index(panel) if panel in GROUPS else len(GROUPS) if panel else -1


def _usage(argument: Any) -> str:
    name = rf"\fI{_text(_name(argument))}\fR" + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper()).strip("{}[].")


def _option(option: Any) -> str:
    names = sorted((*option.opts, *option.secondary_opts), key=lambda name: name.startswith("--"))
    shown = ", ".join(rf"\fB{_text(name)}\fR" for name in names)
    return shown if option.is_flag else rf"{shown} \fI{_text(option.metavar or 'VALUE')}\fR"


def _paragraphs(help: str) -> Iterator[str]:
    for paragraph in help.strip().split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))


def _first_sentence(help: str) -> str:
    return help.split(".", maxsplit=1)[0].strip().lower()


def _text(text: str) -> str:
    """Return text for roff.

    >>> print(_text(".gitignore, --jobs N, a\\\\b"))
    \\&.gitignore, \\-\\-jobs N, a\\eb
    """
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    escaped = re.sub(r"[^\x00-\x7f]", lambda found: rf"\[u{ord(found[0]):04X}]", escaped)
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)
