"""Speed and memory of the command in two installations or more, measured in one run: one after the other, round by round.

usage: python -m detector.training.evaluate.side_by_side CORPUS.jsonl DETECTOR... [--rounds 3] [--part 5] [--options '…']

Each DETECTOR is the path of a `detector` command; the first one is what the others are compared with. The corpus and its
first `1/part` are scored, so that the difference is free of what starting costs. Everything runs on one core. CPU seconds
are those of all processes that a command starts; those that outlive it are waited for. Memory is the highest sum of what
they hold at one time (resident pages; what processes share is counted in each). Needs Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import tempfile
from pathlib import Path
from statistics import median

from detector.training.evaluate.processes import Cost, adopt_orphans, resident, run

_OPTIONS = "--grammar embedded --wording auto --jobs 1"
_HELP_RUNS = 5


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
                small, large = (run([*score, str(corpus)], resident) for corpus in (part, options.corpus))
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
