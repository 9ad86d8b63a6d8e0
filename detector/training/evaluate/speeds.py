"""What the speeds overlook: which spun documents `full` finds, and how many of them `fast` and `scan` do.

usage: python -m detector.training.evaluate.speeds --data DIR --moby words.txt --tables DIR [--speeds fast scan] [--count 8]
           [--honest 60] [--grammar off]

All speeds read the same documents, which no part of the detector learned from. `lost` is in points of recall: documents that
are called spun by `full` less those by the other, of a hundred. Grammar moves next to no verdict; without it this takes a
quarter of an hour.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from detector.engine.detector import load
from detector.options import GrammarEngine, Options, Speed
from detector.report import Verdict, require_reports
from detector.training.data.lexicon import Resources
from detector.training.data.records import Record, evaluation_records
from detector.training.evaluate.scan import load_spinners, spun_records

FULL = "full"
SWAPS, WILD = "TextAttack swaps", "wild spun"
LIGHT_RATE, HEAVY_RATE = 0.06, 0.25  # of `SIMULATED_RATES`

#: A verdict for each document, in order.
Verdicts = Sequence[Verdict]


def groups_of(record: Record) -> list[str]:
    """Return the lines of the table that a document counts in."""
    if record.genuine:
        return ["honest, all", f"honest, {record.register}"]
    if record.family:
        return [f"{record.rate:.0%} of words", f"{record.family}, {record.rate:.0%} of words"]
    return [f"spun, {record.register}"] if record.spun else [record.register]


def read(texts: Sequence[str], speed: Speed, grammar: GrammarEngine) -> list[Verdict]:
    """Return the verdict on each text at a speed."""
    with load(Options(speed=speed, grammar=grammar)) as detector:
        return [report.verdict for report in require_reports(detector.score_documents(texts))]


def table(records: Sequence[Record], verdicts: Mapping[str, Verdicts]) -> Iterator[str]:
    """Yield a line for each group: how many are called spun, and spun or suspect, at each speed."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        if verdicts[FULL][number] is not Verdict.UNSCORED:
            for group in groups_of(record):
                numbers[group].append(number)
    others = [speed for speed in verdicts if speed != FULL]
    heads = [f"{'called spun':>9}", *(f"{speed:>8}{'lost':>7}" for speed in others)]
    yield f"{'':44}{'n':>6}  " + "  ".join(heads) + "   spun or suspect: " + ", ".join(verdicts)
    for group in sorted(numbers, key=lambda name: (not name.startswith("honest"), " of words" in name, name)):
        some = numbers[group]
        spun = {speed: count(found, some, Verdict.SPUN) for speed, found in verdicts.items()}
        cells = [f"{spun[FULL]:11}"]
        cells += [f"{spun[speed]:8}{100 * (spun[FULL] - spun[speed]) / len(some):7.1f}" for speed in others]
        either = [count(found, some, Verdict.SPUN, Verdict.SUSPECT) for found in verdicts.values()]
        yield f"{group:44}{len(some):6}  " + "  ".join(cells) + "   " + ", ".join(map(str, either))


def kept(records: Sequence[Record], verdicts: Mapping[str, Verdicts]) -> Iterator[str]:
    """Yield, for each other speed, what it calls spun of what `full` does, by kind of spinning."""
    kinds = {
        "found in the wild": [r.spun and r.register == WILD for r in records],
        "word swaps of TextAttack": [r.spun and r.register == SWAPS for r in records],
        f"{LIGHT_RATE:.0%} of words, by all families": [bool(r.family) and r.rate == LIGHT_RATE for r in records],
        f"{HEAVY_RATE:.0%} of words, by all families": [bool(r.family) and r.rate == HEAVY_RATE for r in records],
    }
    for name, chosen in kinds.items():
        some = [n for n, here in enumerate(chosen) if here and verdicts[FULL][n] is Verdict.SPUN]
        shares = (
            f"{speed} {count(found, some, Verdict.SPUN) / len(some):.3f}"
            for speed, found in verdicts.items()
            if speed != FULL and some
        )
        yield f"of {len(some)} that full calls spun, {name}: " + ", ".join(shares)


def count(verdicts: Verdicts, numbers: Sequence[int], *wanted: Verdict) -> int:
    return sum(verdicts[number] in wanted for number in numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--speeds", nargs="+", choices=("fast", "scan"), default=["fast", "scan"])
    parser.add_argument("--count", type=int, default=8, help="documents of each source that are spun")
    parser.add_argument("--honest", type=int, default=60, help="honest documents of each source")
    parser.add_argument("--grammar", choices=("off", "embedded"), default="off")
    options = parser.parse_args()
    spinners = load_spinners(Resources(options.data, options.moby), options.tables)
    records = [
        *evaluation_records(options.data, options.honest),
        *spun_records(options.data, spinners, options.count),
    ]
    texts = [record.text for record in records]
    verdicts = {speed: read(texts, speed, options.grammar) for speed in (FULL, *options.speeds)}
    print("\n".join([*table(records, verdicts), "", *kept(records, verdicts)]))


if __name__ == "__main__":
    main()
