"""Put the model files into the wheel of `unspun`.

All of them, so that `pip install .` and the pre-commit hook need nothing else. With `DETECTOR_RELEASE=1` in the environment
those of `models/deep/pyproject.toml` are left out and the distribution that has them is required instead: PyPI takes 100 MB
a file. An editable installation reads them where they are.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ModelFiles(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        folder = Path(self.root, "models")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        names = {"manifest.json", "README.md", *manifest["files"]}
        if os.environ.get("DETECTOR_RELEASE") == "1":
            deep = tomllib.loads((folder / "deep" / "pyproject.toml").read_text(encoding="utf-8"))
            names -= {Path(path).name for path in deep["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]}
            build_data["dependencies"].append(f"{deep['project']['name']}=={manifest['version']}")
        build_data["force_include"] |= {str(folder / name): f"detector/models/{name}" for name in sorted(names)}
