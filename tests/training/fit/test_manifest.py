"""The manifest that the verdict's fit writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.training.fit import manifest
from detector.training.fit.words import PARAPHRASES, PHRASES, SWAPS


@pytest.mark.parametrize("there", [True, False])
def test_what_other_stages_added_stays_with_its_files(tmp_path: Path, there: bool) -> None:
    names = (SWAPS, PHRASES, PARAPHRASES, manifest.CLASSIFIER, *(("scan.npz", "trace.json") if there else ()))
    for name in names:
        (tmp_path / name).write_text(name)
    added: dict[str, Any] = {
        "scan": {"model": "scan.npz", "cut_offs": {"scan": -1.0}},
        "trace": {"classifier": "trace.json"},
    }
    old = {"version": "old", "verdict": {"x": 1}, "reader": {"doubt": [0.5]}, **added}
    old["files"] = {"scan.npz": "a", "trace.json": "b", "gone.npz": "c"}
    (tmp_path / "manifest.json").write_text(json.dumps(old))
    manifest.write_manifest(tmp_path, "new", {"wording": {"encoders": {}}, "verdict": {}})
    written = json.loads((tmp_path / "manifest.json").read_text())
    assert written["version"] == "new"
    assert {key: written.get(key) for key in added} == (added if there else dict.fromkeys(added))
    assert set(written["files"]) == set(names)
    assert written["reader"] == {"doubt": [0.5]}  # it names no file
    assert written["verdict"] == {}
