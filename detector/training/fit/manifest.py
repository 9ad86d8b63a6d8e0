"""The manifest beside the model's files: what was chosen when it was fitted, and the hash of each file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detector.model_files import MANIFEST, SCHEMA, hash_files, text_settings
from detector.training.fit.words import (
    PARAPHRASES,
    PHRASES,
    SWAPS,
    files,
)

CLASSIFIER = "verdict.npz"


def write_manifest(folder: Path, version: str, settings: Mapping[str, Any]) -> None:
    """Write `manifest.json` beside the files it names; `version` is the model's own.

    What other stages have added to the manifest that is there (`scan`, `trace`, `last_reader`) stays, with the files that it
    names; where one of these is gone, it does not.
    """
    used = [name for encoder in settings["wording"]["encoders"] for name in files(encoder).values()]
    names = [*dict.fromkeys(used), SWAPS, PHRASES, PARAPHRASES, CLASSIFIER]
    before = json.loads((folder / MANIFEST).read_text("utf-8")) if (folder / MANIFEST).exists() else {}
    own = {"schema", "version", "files", "text", *settings}
    named = {key: files_named(value) & before["files"].keys() for key, value in before.items() if key not in own}
    kept = {key: before[key] for key, found in named.items() if all((folder / name).exists() for name in found)}
    hashes = hash_files(folder, [*names, *(name for key in kept for name in sorted(named[key]))])
    content = {"schema": SCHEMA, "version": version, "files": hashes, "text": text_settings(), **settings, **kept}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def files_named(value: object) -> set[str]:
    """Return all strings in a section of a manifest, among which are the names of its files."""
    if isinstance(value, Mapping):
        return set().union(*map(files_named, value.values()))
    if isinstance(value, list):
        return set().union(*map(files_named, value))
    return {value} if isinstance(value, str) else set()
