"""Look into the wheels of a release: what has to be there is there, what has no place in it is not, and PyPI would take them.

usage: python check_wheel.py WHEEL...     `unspun` and `unspun-models-deep`, or a whole `unspun`
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

LIMIT = 100_000_000  # bytes; PyPI refuses a larger file
MANIFEST = "detector/models/manifest.json"
REQUIRED = ("detector/__init__.py", "detector/py.typed", "detector/cli/app.py", MANIFEST)
MODELS = ("detector/models/", "unspun_models_deep/")  # where model files may be
PACKAGES = ("detector/", "unspun_models_deep/")
FORBIDDEN = {
    r"/training/": "training code",
    r"\.(png|svg|pdf)$": "a plot",
    r"/(TRAINING\.md|experiments/|.*\.log$)": "a log",
    r"(^|/)tests?/": "tests",
    r"(^|/)(samples|docs|findings|work|\.ci)/": "what belongs to the repository alone",
    r"\.(pyc|pkl|pickle|joblib)$": "compiled or pickled",
}


def problems(paths: Iterable[Path]) -> list[str]:
    """Say, each in a sentence, what is wrong with wheels that are installed together."""
    found = []
    hashes: dict[str, str] = {}
    texts: dict[str, str] = {}
    for path in paths:
        if (size := path.stat().st_size) >= LIMIT:
            found.append(f"{path.name} has {size:,} bytes; PyPI takes less than {LIMIT:,}")
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                hashes[name] = hashlib.sha256(content).hexdigest()
                if name == MANIFEST or name.endswith(".dist-info/METADATA"):
                    texts[name] = content.decode()
    found += [f"{name} is missing" for name in REQUIRED if name not in hashes]
    for name in hashes:
        if not name.startswith(PACKAGES) and ".dist-info/" not in name:
            found.append(f"{name} stands outside the packages")
        found += [f"{name} is {what}" for pattern, what in FORBIDDEN.items() if re.search(pattern, name)]
    manifest = json.loads(texts.pop(MANIFEST, '{"files": {}, "version": ""}'))
    for name, digest in manifest["files"].items():
        copies = [hashes[folder + name] for folder in MODELS if folder + name in hashes]
        if copies != [digest]:
            found.append(f"{name} is " + (f"there {len(copies)} times, or another file" if copies else "missing"))
    if any(name.startswith("unspun_models_deep/") for name in hashes):
        requirement = f"Requires-Dist: unspun-models-deep=={manifest['version']}"
        if not any(requirement in text.splitlines() for text in texts.values()):
            found.append(f"no wheel has the line {requirement}")
    return found


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]]
    if found := problems(paths):
        sys.exit("\n".join(found))
    for path in paths:
        print(f"{path.name}: {path.stat().st_size:,} bytes of {LIMIT:,} that PyPI takes")


if __name__ == "__main__":
    main()
