"""A lock on an output folder: a plain file that names the process that writes there, so that a second one is refused.

Plain files are all that every file system has, network ones included. A lock whose process is gone (killed, power cut)
is taken over where that can be known: on the same machine.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from detector.errors import OutputError


@contextmanager
def lock(path: Path, folder: str) -> Iterator[bool]:
    """Hold the lock in a block; yield whether it was taken over from a run that is gone.

    `folder` is what it protects, for a message. Raise OutputError where somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "started": _start_of(os.getpid()), "token": token_hex(8)}
    taken_over = False
    while not _create(path, mine):
        holder = _holder(path)
        if holder is None:
            continue  # it was given back meanwhile
        if not _is_gone(holder):
            raise _refused(path, folder, holder)
        _remove_stale(path, holder, folder)
        taken_over = True
    try:
        yield taken_over
    finally:
        if (_holder(path) or {}).get("token") == mine["token"]:
            with suppress(OSError):
                path.unlink()


def _create(path: Path, content: dict[str, Any]) -> bool:
    """Create the lock with its content, or return False if there is one. A link is never seen half-written."""
    own = path.with_name(f"{path.name}.{content['token']}")
    own.write_text(json.dumps(content), encoding="utf-8")
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            with open(path, "x", encoding="utf-8") as stream:
                json.dump(content, stream)
        except FileExistsError:
            return False
    finally:
        own.unlink()
    return True


def _holder(path: Path) -> dict[str, Any] | None:
    """Return what the lock says, an empty answer for one that says nothing, None where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_gone(holder: dict[str, Any]) -> bool:
    """Tell whether the process is known not to run any more. Of another machine nothing is known."""
    pid = holder.get("pid")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int):
        return False
    if pid == os.getpid():  # a container that was started again: the first process has the same number each time
        return bool(holder.get("started") != _start_of(pid))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is somebody else's
        pass
    started = _start_of(pid)
    return bool(started and holder.get("started") and started != holder["started"])


def _start_of(pid: int) -> str:
    """Return what tells a process from a later one with the same number; nothing where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return ""
    return f"{boot} {after_name.split()[19]}"  # field 22 of proc(5): clock ticks from the boot to the start


def _remove_stale(path: Path, holder: dict[str, Any], folder: str) -> None:
    """Remove a lock that is stale. Of several who see that at once, one gets it."""
    aside = path.with_name(f"{path.name}.{token_hex(8)}")
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return
    found = _holder(aside) or {}
    if found.get("token") != holder.get("token"):  # another one was quicker, and this is its lock
        os.rename(aside, path)
        raise _refused(path, folder, found)
    aside.unlink()


def _refused(path: Path, folder: str, holder: dict[str, Any]) -> OutputError:
    who = f"process {holder['pid']} on {holder.get('host')}" if "pid" in holder else "another process"
    return OutputError(f"{folder}: {who} writes there; if it does not run any more, remove {path}")
