"""What this machine can take: how many workers its cores and its memory allow, within the limits of a container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from detector.options import Options

#: Bytes of a worker that reads with both encoders and has opened the grammar rules.
MEMORY_OF_A_WORKER = 1_100_000_000
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")  # of a container; version 2 of control groups


def workers(options: Options) -> int:
    """Return how many processes score: the number asked for, or what cores and free memory allow; 1 at least."""
    if options.jobs != "auto":
        return options.jobs
    memory = free_memory()
    by_memory = usable_cores() if memory is None else memory // MEMORY_OF_A_WORKER
    return max(1, min(usable_cores(), by_memory))


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def free_memory() -> int | None:
    """Return the bytes of memory that are free for new processes; None where the system does not say."""
    return min(_free(), default=None)


def _free() -> Iterator[int]:
    with suppress(OSError, ValueError, StopIteration):
        line = next(line for line in _MEMINFO.read_text().splitlines() if line.startswith("MemAvailable:"))
        yield int(line.split()[1]) * 1024
    with suppress(OSError, ValueError):
        limit = (_CGROUP / "memory.max").read_text().strip()
        if limit != "max":
            yield max(0, int(limit) - int((_CGROUP / "memory.current").read_text()))
