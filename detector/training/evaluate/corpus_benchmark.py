"""What a run over a corpus costs: memory by its size and by --jobs, two cores against one, reading and writing, a large table.

usage: python -m detector.training.evaluate.corpus_benchmark [BAR...] [--documents 2000 20000] [--records 100000] [--rounds 3]

Without a BAR all are measured. Each is a number that `detector filter` has to keep to:

    size      peak memory with ten times as many documents, as a ratio: 0.9 to 1.1
    jobs      peak memory with --jobs 2 over that with --jobs 1, both encoders and the grammar rules: at most 1.6
    cores     words a second with --jobs 2 on two cores over those with --jobs 1 on one, without starting: at least 1.8
    share     reading and writing of all the seconds of a run with --wording light: under 5 %
    table     a Parquet file of short texts, --speed scan: every id comes out once, in order (--records 1000000 for the bar)

The corpora are made of sentences of `samples`. In that for `size`, one text in ten is long enough to be scored, by the light
encoder alone. Memory is the highest sum over all processes, in which what they share counts once (PSS). Exits with 1 where a
number is not kept to. Needs Linux, and a machine that does nothing else for `cores`: where one job and two took unlike CPU
seconds for the same documents, the ratio of their wall-clock seconds is not believed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from detector.training.evaluate.processes import Cost, adopt_orphans, proportional, run

_SAMPLES = Path(__file__).parents[3] / "samples"
_SCORED = 60  # words, where a text is to be scored at little cost
_SHORT = 12  # words of a text that is not scored
_QUICK = ("--wording", "light", "--grammar", "off")
_WHOLE = ("--wording", "auto", "--grammar", "embedded")
_SCAN = ("--speed", "scan", "--grammar", "off")
_UNLIKE = 0.1  # share by which CPU seconds for the same work differ on a machine that does something else
_GROUP = 10_000  # rows that are made at a time


class Bench:
    """Runs `detector filter` in a scratch folder, over corpora that it makes."""

    def __init__(self, scratch: Path, documents: Sequence[int], records: int, rounds: int) -> None:
        self.scratch, self.documents, self.records, self.rounds = scratch, documents, records, rounds
        self._runs = 0

    def texts(self, number: int, words: Callable[[int], int]) -> Iterator[str]:
        """Yield texts of about as many words as are asked for, the same each time."""
        chosen = random.Random(34)
        sentences = list(_sentences())
        for at in range(number):
            text: list[str] = []
            while len(text) < words(at):
                text += chosen.choice(sentences).split()
            yield " ".join(text)

    def lines(self, name: str, number: int, words: Callable[[int], int]) -> Path:
        path = self.scratch / name
        with path.open("w", encoding="utf-8") as stream:
            for at, text in enumerate(self.texts(number, words)):
                stream.write(json.dumps({"id": f"{at:07}", "text": text}) + "\n")
        return path

    def filter(self, corpus: Path, *options: str, cores: int = 0) -> tuple[Cost, Path]:
        """Filter on so many cores, or all; return what it took, and the folder of `run.json`."""
        self._runs += 1
        folder = self.scratch / f"run-{self._runs}"
        words = [sys.executable, "-m", "detector", "filter", str(corpus), "--no-config", "--progress", "never"]
        words += ["--kept", str(folder / "kept"), "--rejected", str(folder / "rejected"), *options]
        all_cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(all_cores)[: cores or None])
        try:
            return run(words, proportional), folder
        finally:
            os.sched_setaffinity(0, all_cores)


def size(bench: Bench) -> bool:
    peaks = []
    for number in bench.documents:
        corpus = bench.lines(f"size-{number}.jsonl", number, lambda at: _SHORT if at % 10 else _SCORED)
        cost, _ = bench.filter(corpus, *_QUICK)
        peaks.append(cost.memory)
        print(f"size    {number:>9,} documents: {cost.memory / 1e6:,.0f} MB, {cost.wall:,.0f} s", flush=True)
    return _tell("size", peaks[-1] / peaks[0], 0.9, 1.1)


def jobs(bench: Bench) -> bool:
    corpus = bench.lines("jobs.jsonl", 16, lambda at: 300)
    peaks = []
    for number in (1, 2):
        cost, _ = bench.filter(corpus, *_WHOLE, "--jobs", str(number))
        peaks.append(cost.memory)
        print(f"jobs    --jobs {number}: {cost.memory / 1e6:,.0f} MB", flush=True)
    return _tell("jobs", peaks[1] / peaks[0], 0.0, 1.6)


def cores(bench: Bench) -> bool:
    """Lengths are uneven, as they are on the web, so that cores have to share the work well."""
    few, many = 80, 880
    words: Callable[[int], int] = lambda at: 2000 if at % 40 == 39 else 100  # noqa: E731
    part, whole = bench.lines("few.jsonl", few, words), bench.lines("many.jsonl", many, words)
    walls: dict[int, list[float]] = {1: [], 2: []}
    cpus: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(bench.rounds):
        for number in (1, 2):
            begun, done = (bench.filter(c, *_QUICK, "--jobs", str(number), cores=number)[0] for c in (part, whole))
            walls[number].append(done.wall - begun.wall)
            cpus[number].append(done.cpu - begun.cpu)
    one, two = median(walls[1]), median(walls[2])
    cpu_one, cpu_two = median(cpus[1]), median(cpus[2])
    print(f"cores   one: {one:.1f} s, two: {two:.1f} s; CPU {cpu_one:.1f} and {cpu_two:.1f} s")
    kept = _tell("cores", one / two, 1.8)
    if abs(cpu_one - cpu_two) <= _UNLIKE * min(cpu_one, cpu_two):
        return kept
    print(
        "cores   not to be believed: the same work took unlike CPU seconds; try it where nothing else runs, or more --rounds"
    )
    return False


def share(bench: Bench) -> bool:
    corpus = bench.lines("share.jsonl", 200, lambda at: 300)
    _, folder = bench.filter(corpus, *_QUICK)
    seconds = json.loads((folder / "run.json").read_text("utf-8"))["seconds"]
    parts = {name: seconds[name] for name in ("reading", "scoring", "writing")}
    print("share   " + ", ".join(f"{name} {value:.2f} s" for name, value in parts.items()))
    return _tell("share", 1 - parts["scoring"] / sum(parts.values()), 0.0, 0.05)


def table(bench: Bench) -> bool:
    import pyarrow as pa
    from pyarrow import parquet

    corpus = bench.scratch / "table.parquet"
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    texts = bench.texts(bench.records, lambda at: 1 if at % 20 else _SCORED)
    with parquet.ParquetWriter(corpus, schema) as writer:
        for start in range(0, bench.records, _GROUP):
            ids = list(range(start, min(start + _GROUP, bench.records)))
            writer.write_table(pa.table({"id": ids, "text": [next(texts) for _ in ids]}, schema))
    cost, folder = bench.filter(corpus, *_SCAN)
    found = [parquet.read_table(folder / name / "table.parquet")["id"] for name in ("kept", "rejected")]
    in_order = all(ids.to_pylist() == sorted(ids.to_pylist()) for ids in found)
    whole = sorted(id for ids in found for id in ids.to_pylist()) == list(range(bench.records))
    print(f"table   {bench.records:,} records: {cost.wall:,.0f} s, {cost.cpu:,.0f} CPU s, {cost.memory / 1e6:,.0f} MB")
    return _tell("table", float(in_order and whole), 1.0, 1.0)


BARS = {bar.__name__: bar for bar in (size, jobs, cores, share, table)}


def _sentences() -> Iterator[str]:
    for path in sorted(_SAMPLES.glob("news-*.txt")):
        yield from re.split(r"(?<=[.!?])\s+", path.read_text("utf-8").strip())


def _tell(name: str, value: float, low: float, high: float = math.inf) -> bool:
    kept = low <= value <= high
    wanted = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
    print(f"{name:<7} {value:.3f}, wanted {wanted}: {'kept' if kept else 'MISSED'}", flush=True)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bars", nargs="*", choices=[[], *BARS], metavar="BAR")
    parser.add_argument("--documents", type=int, nargs=2, default=(2_000, 20_000), metavar=("FEW", "MANY"))
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), given.documents, given.records, given.rounds)
        kept = [BARS[bar](bench) for bar in given.bars or BARS]
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
