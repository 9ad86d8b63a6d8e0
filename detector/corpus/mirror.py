"""Output folders on other machines. A shard's files are made on this one and sent when all are whole.

What a run needs to go on stays here, in the folder that `--work` names; there is one small object in each folder elsewhere,
`.unspun/owner.json`, which says whose output it holds: nothing is as quick and as sure there as the lock of a folder.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from detector.corpus.locations import is_remote, is_web, printable_path
from detector.corpus.paths import os_problem
from detector.corpus.remote import canonical, check_place, describe, exists, read_whole, remove, upload
from detector.corpus.writers.files import write_whole
from detector.errors import ConfigError, OutputError

_OWNER = ".unspun/owner.json"


@dataclass(frozen=True)
class Mirror:
    """The folders of this machine whose files go elsewhere, each with the address it stands for; all are in `work`.

    `below`: what stands between them and the files, in both places: `attributes/unspun` in a Dolma corpus, say.
    """

    addresses: Mapping[Path, str]
    work: Path = Path()
    below: str = ""

    @property
    def decisive(self) -> dict[str, str]:
        """Return what decides about the result, in the words of the command line."""
        return {f"--{folder.name}": printable_path(address) for folder, address in self.addresses.items()}

    def holds(self, address: str) -> bool:
        """Tell whether a file is in one of the folders."""
        return any(address.startswith(self._within(canonical(folder), "")) for folder in self.addresses.values())

    def check(self) -> None:
        """Refuse what nothing can be written to. Raise ConfigError, OutputError."""
        seen: dict[str, Path] = {}
        for folder, address in self.addresses.items():
            name = f"--{folder.name} {printable_path(address)}"
            if is_web(address):
                raise ConfigError(f"{name}: the web can only be read")
            other = seen.setdefault(canonical(address).rstrip("/"), folder)
            if other is not folder:
                raise ConfigError(f"--{other.name} and --{folder.name} are the same folder: {printable_path(address)}")
            try:
                check_place(address)
            except OSError as error:
                raise OutputError(f"{name}: can't be written ({os_problem(error)})") from None

    def claim(self) -> None:
        """Note in each folder whose output it holds. Raise OutputError where it is another run's, OSError."""
        if not self.addresses:
            return
        mine = _own_name(self.work)
        for address in self.addresses.values():
            place = self._within(address, _OWNER)
            owner = _read_owner(place)
            if owner is None:
                _send(json.dumps(mine).encode(), place)
                owner = _read_owner(place)  # of two who come at once, the second has written over the first
            if owner is None or owner.get("run") != mine["run"]:
                who = f"begun on {owner.get('host')} with --work {owner.get('work')}" if owner else "of another program"
                shown = printable_path(address)
                raise OutputError(
                    f"{shown}: holds the output of a run {who}; give the same --work, choose another folder, or remove"
                    f" {printable_path(place)}"
                )

    def check_free(self, outputs: Sequence[str]) -> None:
        """Refuse to replace a file that this run did not make. Raise OutputError, OSError."""
        for address in self.addresses.values():
            for output in outputs:
                if exists(place := self._within(address, output)):
                    shown = printable_path(place)
                    raise OutputError(f"{shown}: is there, and was not made by this run; choose another folder")

    def publish(self, files: Iterable[Path]) -> None:
        """Send files that are complete, then remove them here. Raise OSError."""
        for file in files:
            folder = next((folder for folder in self.addresses if file.is_relative_to(folder)), None)
            if folder is None:
                continue
            place = _within(self.addresses[folder], file.relative_to(folder).as_posix())
            try:
                upload(file, place)
                if describe(place)["size"] != file.stat().st_size:
                    raise OSError(None, "it did not arrive whole")
            except OSError as error:
                raise OSError(error.errno, os_problem(error), printable_path(place)) from None
            file.unlink()

    def _within(self, address: str, relative: str) -> str:
        return _within(_within(address, self.below) if self.below else address, relative)

    def remove(self, outputs: Iterable[str]) -> None:
        """Remove files that an earlier run wrote. Raise OSError."""
        for output in outputs:
            for address in self.addresses.values():
                remove(self._within(address, output))


def place_folders(given: Mapping[str, str | None], work: Path | None) -> tuple[dict[str, Path], Mirror]:
    """Return the folders of this machine by name, with those in `work` for addresses, and which these are.

    Raise ConfigError where there is an address and no `work`.
    """
    folders, addresses = {}, {}
    for name, folder in given.items():
        if folder is None:
            continue
        folders[name] = Path(folder)
        if is_remote(folder):
            if work is None:
                shown = f"--{name} {printable_path(folder)}"
                raise ConfigError(
                    f"{shown}: what the run needs to go on must be on this machine; say where with --work DIR"
                )
            folders[name] = work / name
            addresses[work / name] = folder
    if work is not None and not addresses:
        raise ConfigError("--work is for outputs that are addresses, such as --kept s3://bucket/kept")
    return folders, Mirror(addresses, work or Path())


def _within(address: str, relative: str) -> str:
    return f"{address.rstrip('/')}/{relative}"


def _own_name(work: Path) -> dict[str, str]:
    """Return what this run is called elsewhere: the same each time it goes on."""
    file = work / ".unspun" / "owner.json"
    try:
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {"run": token_hex(8), "host": socket.gethostname(), "work": os.path.abspath(work)}
        write_whole(file, [json.dumps(found).encode()])
    return found


def _read_owner(place: str) -> dict[str, str] | None:
    """Return what an owner has noted, None where there is nothing, an empty answer for what is no such note."""
    try:
        found = json.loads(read_whole(place))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _send(content: bytes, place: str) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        upload(file.name, place)
