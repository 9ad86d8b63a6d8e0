"""Look into a wheel: what has to be there is there, what has no place in a release is not, and PyPI would take it.

usage: python check_wheel.py WHEEL
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

LIMIT = 100 * 1024 * 1024  # bytes; PyPI refuses a larger file
PACKAGE = "detector/"
REQUIRED = ("detector/__init__.py", "detector/py.typed", "detector/models/manifest.json", "detector/cli/app.py")
FORBIDDEN = {
    r"/training/": "training code",
    r"\.(png|svg|pdf)$": "a plot",
    r"/(TRAINING\.md|experiments/|.*\.log$)": "a log",
    r"(^|/)tests?/": "tests",
    r"(^|/)(samples|docs|findings|work|\.ci)/": "what belongs to the repository alone",
    r"\.(pyc|pkl|pickle|joblib)$": "compiled or pickled",
}


def problems(path: Path) -> list[str]:
    """Say, each in a sentence, what is wrong with the wheel."""
    found = []
    size = path.stat().st_size
    if size >= LIMIT:
        found.append(f"it has {size:,} bytes; PyPI takes less than {LIMIT:,}")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        required = set(REQUIRED)
        if "detector/models/manifest.json" in names:
            manifest = json.loads(archive.read("detector/models/manifest.json"))
            required |= {f"detector/models/{name}" for name in manifest["files"]}
    found += [f"{name} is missing" for name in sorted(required - set(names))]
    for name in names:
        if not name.startswith(PACKAGE) and ".dist-info/" not in name:
            found.append(f"{name} stands outside the package")
        found += [f"{name} is {what}" for pattern, what in FORBIDDEN.items() if re.search(pattern, name)]
    return found


def main() -> None:
    path = Path(sys.argv[1])
    if found := problems(path):
        sys.exit("\n".join(f"{path.name}: {problem}" for problem in found))
    with zipfile.ZipFile(path) as archive:
        count = len(archive.namelist())
    print(f"{path.name}: {count} files, {path.stat().st_size:,} bytes of {LIMIT:,} that PyPI takes")


if __name__ == "__main__":
    main()
