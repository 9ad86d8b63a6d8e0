"""Speed and memory of the command in two installations or more, measured in one run: one after the other, round by round.

usage: python -m detector.training.evaluate.side_by_side CORPUS.jsonl DETECTOR... [--rounds 3] [--part 5] [--options '…']

Each DETECTOR is the path of a `detector` command; the first one is what the others are compared with. The corpus and its
first `1/part` are scored, so that the difference is free of what starting costs. Everything runs on one core. CPU seconds
are those of all processes that a command starts; those that outlive it are waited for. Memory is the highest sum of what
they hold at one time (resident pages; what processes share is counted in each). Needs Linux.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_OPTIONS = "--grammar embedded --wording auto --jobs 1"
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_LOOK = 0.1  # seconds between two looks at the memory
_HELP_RUNS = 5
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Cost:
    """Of one run of a command: CPU seconds, wall-clock seconds, and bytes at the peak, of all its processes."""

    cpu: float
    wall: float
    memory: int


def run(command: Sequence[str], *, share: bool = False) -> Cost:
    """Run a command to its end, and that of its children. Exits with its message where it fails.

    `share`: count what processes share once, by giving each its part of it (PSS); that takes longer to look at.
    """
    before, began, others = _cpu_of_children(), time.perf_counter(), _children_of(os.getpid())
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory_below(_children_of(os.getpid()) - others, _proportional if share else _resident))
            time.sleep(_LOOK)
        wall = time.perf_counter() - began
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{shlex.join(command)}: exit code {process.returncode}\n{errors.read().decode(errors='replace')}")
    while left_behind := _children_of(os.getpid()) - others:
        for child in left_behind:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
    return Cost(_cpu_of_children() - before, wall, peak)


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends, so that its time is counted here."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _children_of(process: int) -> set[int]:
    try:
        lists = [path.read_text("ascii") for path in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:  # it has ended meanwhile
        return set()
    return {int(child) for some in lists for child in some.split()}


def _memory_below(processes: set[int], memory_of: Callable[[int], int]) -> int:
    """Return what processes and their descendants hold, in bytes."""
    total, waiting = 0, list(processes)
    while waiting:
        process = waiting.pop()
        with suppress(OSError):  # it has ended meanwhile: the next look counts the others
            total += memory_of(process)
        waiting += _children_of(process)
    return total


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * _PAGE


def _proportional(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("detectors", nargs="+", metavar="DETECTOR")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", type=int, default=5)
    parser.add_argument("--options", default=_OPTIONS, help=f"for `score`; by default {_OPTIONS}")
    options = parser.parse_args()
    adopt_orphans()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lines = options.corpus.read_text("utf-8").splitlines()
    words = [len(json.loads(line)["text"].split()) for line in lines]
    few = max(1, len(lines) // options.part)
    with tempfile.TemporaryDirectory() as scratch:
        part = Path(scratch) / "part.jsonl"
        part.write_text("\n".join(lines[:few]) + "\n", "utf-8")
        helps = {one: [run([one, "--help"]).wall for _ in range(_HELP_RUNS)] for one in options.detectors}
        runs: dict[str, list[tuple[Cost, Cost]]] = {one: [] for one in options.detectors}
        for _ in range(options.rounds):
            for one in options.detectors:
                score = [one, "score", "--format", "jsonl", *shlex.split(options.options)]
                small, large = run([*score, str(part)]), run([*score, str(options.corpus)])
                runs[one].append((small, large))
    print(f"{len(lines)} documents, {sum(words):,} words, {options.rounds} rounds, {options.options}; one core")
    print("medians: CPU seconds with starting, words per CPU second without it, MB at the peak, seconds for --help")
    first = 0.0
    for one in options.detectors:
        cpu = median(large.cpu for _, large in runs[one])
        speed = sum(words[few:]) / median(large.cpu - small.cpu for small, large in runs[one])
        memory = max(large.memory for _, large in runs[one]) / 1e6
        first = first or speed
        print(f"  {cpu:7.1f}  {speed:8,.0f} {speed / first:6.2f}x  {memory:6,.0f}  {min(helps[one]):.2f}  {one}")


if __name__ == "__main__":
    main()
