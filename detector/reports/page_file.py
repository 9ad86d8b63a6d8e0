"""The page of a profile as a file, written whole or not at all. Of what is there already, only such a page is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detector.errors import OutputError
from detector.reports.destination import open_destination
from detector.reports.page import make_page

_MARK = "default-src 'none'; style-src 'unsafe-inline'"
_HEAD = 400  # characters


def write_page(profile: Mapping[str, Any], path: Path, title: str) -> None:
    """Raise OutputError where the file can't be written or holds something else."""
    if path.is_file() and not _is_ours(path):
        raise OutputError(f"--html {path}: this file is there already and holds no such page; choose another one")
    with open_destination(path, for_machines=True, option="--html ") as stream:
        stream.write(make_page(profile, title))


def _is_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return not head or _MARK in head
