"""The value of a field by its name, which may be a path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MISSING: Final = object()  # what equals nothing: the value of a field that is not there


def look_up(fields: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field, or MISSING where there is no such field.

    >>> look_up({"meta": {"url": "a"}}, "meta.url"), look_up({"meta.url": "b", "meta": {"url": "a"}}, "meta.url")
    ('a', 'b')
    """
    if name in fields:
        return fields[name]
    dot = name.rfind(".")
    while dot > 0:
        inner = fields.get(name[:dot])
        if isinstance(inner, Mapping) and (value := look_up(inner, name[dot + 1 :])) is not MISSING:
            return value
        dot = name.rfind(".", 0, dot)
    return MISSING
