"""Editing one object on a line of JSON where it stands: what is not edited keeps its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from detector.restore import Replacement

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)  # numbers of any length
_SPACE = re.compile(r"[ \t\r\n]*")
# What stands for one code point in a string.
_UNIT = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[^\\]", re.DOTALL)


class _Member(NamedTuple):
    """A member of an object: its name, and where name and value begin and the value ends."""

    name: str
    start: int
    value: int
    end: int


def edit_text(line: bytes, field: str, edits: Sequence[Replacement]) -> bytes:
    """Return the line with a text edited. `field` is looked up as `look_up` does.

    Raise ValueError if the edits were not made for this text.
    """
    text = line.decode("utf-8", "surrogateescape")
    found = _find(text, text.index("{"), field)
    if found is None or text[found.value] != '"':
        raise ValueError(f"no text in {field!r}")
    literal = edit_literal(text[found.value + 1 : found.end - 1], edits)
    return (text[: found.value + 1] + literal + text[found.end - 1 :]).encode("utf-8", "surrogateescape")


def remove_field(line: bytes, name: str) -> bytes:
    """Return the line without the members of this name, if there are any."""
    text = line.decode("utf-8", "surrogateescape")
    members = list(_members(text, text.index("{")))
    for at in reversed(range(len(members))):
        if members[at].name == name:
            following = members[at + 1].start if at + 1 < len(members) else members[at].end
            start, end = (members[at - 1].end, members[at].end) if at else (members[at].start, following)
            text = text[:start] + text[end:]
            del members[at]
    return text.encode("utf-8", "surrogateescape")


def edit_literal(literal: str, edits: Sequence[Replacement]) -> str:
    """Return what stands between the quotes of a string, edited. New text is escaped if all else is.

    Raise ValueError if the edits were not made for this text.
    """
    units = [match.start() for match in _UNIT.finditer(literal)] + [len(literal)]
    parts, position = [], 0
    for edit in edits:
        start, end = units[edit.start], units[edit.end]
        if json.loads(f'"{literal[start:end]}"') != edit.before:
            raise ValueError(f"the edit of {edit.before!r} at {edit.start} was not made for this text")
        parts += [literal[position:start], json.dumps(edit.after, ensure_ascii=literal.isascii())[1:-1]]
        position = end
    return "".join(parts) + literal[position:]


def _find(text: str, start: int, name: str) -> _Member | None:
    members = {member.name: member for member in _members(text, start)}  # of a key that comes twice, the last counts
    if name in members:
        return members[name]
    dot = name.rfind(".")
    while dot > 0:
        inner = members.get(name[:dot])
        if inner and text[inner.value] == "{" and (found := _find(text, inner.value, name[dot + 1 :])):
            return found
        dot = name.rfind(".", 0, dot)
    return None


def _members(text: str, start: int) -> Iterator[_Member]:
    """Yield the members of the object that begins at a brace; it is known to be JSON."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        name, end = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        _, value_end = _DECODER.raw_decode(text, value)
        yield _Member(name, at, value, value_end)
        at = _skip(text, value_end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
