"""What this machine can take: how many workers its cores and its memory allow, within the limits of a container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from detector.engine.fork_server import can_fork
from detector.options import Options

#: Bytes of a worker that reads with both encoders and has opened the grammar rules.
MEMORY_OF_A_WORKER = 1_100_000_000
#: The same where workers are forked: what they share, and what each has for itself.
MEMORY_SHARED, MEMORY_OF_ITS_OWN = 900_000_000, 250_000_000
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")  # of a container; version 2 of control groups


def workers(options: Options, *, shared: bool | None = None) -> int:
    """Return how many processes score: the number asked for, or what cores and free memory allow; 1 at least.

    `shared`: whether they share the memory of the models; by default where the platform can.
    """
    if options.jobs != "auto":
        return options.jobs
    memory = free_memory()
    if memory is None:
        return usable_cores()
    if can_fork() if shared is None else shared:
        by_memory = (memory - MEMORY_SHARED) // MEMORY_OF_ITS_OWN
    else:
        by_memory = memory // MEMORY_OF_A_WORKER
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
