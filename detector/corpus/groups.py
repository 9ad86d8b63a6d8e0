"""Groups of records: the value of a field, or the host of the record's address (`host`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from detector.corpus.look_up import look_up

HOST = "host"  # what `group_by` may be instead of a field
_URL_FIELDS = ("url", "meta.url", "metadata.url", "source_url", "id")  # where a host is looked for


def fields_of_groups(group_by: str | None) -> tuple[str, ...]:
    """Return the fields of a record that have to be looked at."""
    return () if group_by is None else _URL_FIELDS if group_by == HOST else (group_by,)


def group_in(fields: Mapping[str, Any], id: str, group_by: str | None) -> str | None:
    """Return the group of a record from its fields; an empty name where they do not tell it, None without `group_by`.

    >>> group_in({"url": "https://example.org/a"}, "7", "host"), group_in({"meta": {"lang": "en"}}, "7", "meta.lang")
    ('example.org', 'en')
    """
    if group_by is None:
        return None
    if group_by != HOST:
        value = look_up(fields, group_by)
        return str(value) if isinstance(value, str | int | float) else ""
    for name in _URL_FIELDS:
        value = look_up(fields, name)
        if isinstance(value, str) and (host := host_of(value)):
            return host
    return host_of(id)


def host_of(url: str) -> str:
    """Return the host of an address, in lower case; nothing for what is no address.

    >>> host_of("https://Example.org:8080/a"), host_of("corpus.jsonl:7")
    ('example.org', '')
    """
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
