"""What processes cost: CPU seconds and memory of a command, or of a process that runs, with all that it started.

Needs Linux, which tells in /proc which processes a process has started. What has ended meanwhile counts as nothing.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_LOOK = 0.1  # seconds between two looks at the memory
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Cost:
    """Of one run of a command: CPU seconds, wall-clock seconds, and bytes at the peak, of all its processes."""

    cpu: float
    wall: float
    memory: int


def run(command: Sequence[str], memory: Callable[[int], int] | None = None, accepted: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end, and that of its children. Exit with its message where its exit code is not accepted.

    `memory` tells the bytes that a process holds; the peak is the highest sum of them. Without it the peak is 0.
    """
    before, began, others = _cpu_of_children(), time.perf_counter(), children_of(os.getpid())
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        peak = 0
        while memory and process.poll() is None:
            peak = max(peak, sum(map(memory, _started_since(others))))
            time.sleep(_LOOK)
        process.wait()
        wall = time.perf_counter() - began
        if process.returncode not in accepted:
            errors.seek(0)
            sys.exit(f"{shlex.join(command)}: exit code {process.returncode}\n{errors.read().decode(errors='replace')}")
    while left_behind := children_of(os.getpid()) - others:
        for child in left_behind:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
    return Cost(_cpu_of_children() - before, wall, peak)


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends, so that its time is counted here."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def children_of(process: int) -> set[int]:
    try:
        lists = [path.read_text("ascii") for path in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return set()
    return {int(child) for some in lists for child in some.split()}


def with_descendants(process: int) -> Iterator[int]:
    """Yield a process, and all that it has started and that these have started."""
    yield process
    for child in children_of(process):
        yield from with_descendants(child)


def cpu_seconds(process: int) -> float:
    """Return the CPU seconds that all threads of a process have taken, to the nanosecond."""
    with suppress(OSError):
        return time.clock_gettime((~process << 3) | 2)  # the number of its clock, as clock_getcpuclockid makes it
    return 0.0


def resident(process: int) -> int:
    """Return the bytes that a process holds; what processes share counts in each."""
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * _PAGE
    return 0


def proportional(process: int) -> int:
    """Return the bytes that a process holds, of what processes share its part (PSS); that takes longer to look at."""
    return _kilobytes(process, "smaps_rollup", "Pss:")


def highest_resident(process: int) -> int:
    """Return the most bytes that a process has held."""
    return _kilobytes(process, "status", "VmHWM:")


def _kilobytes(process: int, file: str, name: str) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{process}/{file}").read_text("utf-8", errors="replace").splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
    return 0


def _started_since(others: set[int]) -> Iterator[int]:
    for child in children_of(os.getpid()) - others:
        yield from with_descendants(child)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
