"""Tables of Delta Lake, Iceberg and Hudi, whose folders hold more than their rows.

A log says which of the files in the folder belong to the table now. The others stay for earlier versions: rows that were
deleted or replaced. Whoever reads all files reads those, too, and whoever replaces a file breaks the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_PROBLEM = (
    "is a table of {kind}; rows that were deleted from it are in its folder, too: export it first, or name the files"
)
# Files of the logs: what stands before them is the folder of the table.
_LOGS = {
    "Delta Lake": re.compile(r"(?:(.*)/)?_delta_log/[^/]+"),
    "Hudi": re.compile(r"(?:(.*)/)?\.hoodie/hoodie\.properties"),
    "Iceberg": re.compile(r"(?:(.*)/)?metadata/(?:v\d+|\d{5,}-[0-9a-f]{8}-[0-9a-f-]+)(?:\.gz)?\.metadata\.json"),
}


def lake_problem(folder: str, names: Iterable[str]) -> str | None:
    """Say what is wrong with reading all files of a folder on this machine, of which the names of its entries are known."""
    logs = {"_delta_log", ".hoodie", "metadata"}.intersection(names)
    try:
        files = [f"{log}/{path.name}" for log in logs for path in Path(folder, log).iterdir()]
    except OSError:
        return None
    return next(iter(lakes_among(files).values()), None)


def lakes_among(files: Iterable[str]) -> dict[str, str]:
    """Return the folders of tables, with what is wrong with reading all of their files. `files` are all files of a place.

    >>> list(lakes_among(["a/b/_delta_log/00.json", "a/b/part-0.parquet", "c/d.parquet"]))
    ['a/b']
    """
    found: dict[str, str] = {}
    for file in files:
        for kind, log in _LOGS.items():
            if match := log.fullmatch(file):
                found[match[1] or ""] = _PROBLEM.format(kind=kind)
    return found
