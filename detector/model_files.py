"""The model files: where they are, and whether they are the ones their manifest describes.

`manifest.json` names every file with its SHA-256, the features the classifier was fitted on, and the numbers that were
chosen with it (thresholds, the reading of a word's evidence). Nothing is loaded before its hash has been checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from detector.errors import ModelError

SCHEMA = 1  # of the manifest; raised when an older program could not use newer files
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    folder: Path
    sha256: str  # of the manifest itself, and so of everything it names
    version: str
    files: Mapping[str, str]  # name -> SHA-256
    settings: Mapping[str, Any]

    def path(self, name: str) -> Path:
        return self.folder / name


def locate() -> Path:
    """The folder of model files: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).parent
    for folder in (package / "models", package.parent / "models"):
        if (folder / MANIFEST).is_file():
            return folder
    raise ModelError(f"{package / 'models' / MANIFEST}: not found; reinstall the package")


def read_manifest(folder: Path) -> Manifest:
    """The manifest alone; the files it names are not looked at."""
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror or error})") from error
    try:
        content = cast(dict[str, Any], json.loads(raw))
        schema, version, files = content.pop("schema"), content.pop("version"), content.pop("files")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a manifest ({error!r})") from error
    if schema != SCHEMA:
        raise ModelError(f"{path}: has schema {schema}, this program reads {SCHEMA}; install the version it came with")
    return Manifest(folder, hashlib.sha256(raw).hexdigest(), str(version), files, content)


def check_file(manifest: Manifest, name: str) -> None:
    """Raises ModelError unless the file is there and is the one the manifest means."""
    path = manifest.path(name)
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror or error})") from error
    if found != manifest.files[name]:
        raise ModelError(f"{path}: is not the file the manifest names (SHA-256 {found[:12]}…); reinstall the package")


def verify(folder: Path) -> Manifest:
    """The manifest of a folder whose files are all there and unaltered."""
    manifest = read_manifest(folder)
    for name in manifest.files:
        check_file(manifest, name)
    return manifest
