"""Spinners that nobody has met: what is found of documents that they spun, at each rate, by the shipped model.

usage: python -m detector.training.evaluate.unseen --data DIR [--tables DIR] [--count N] [--jobs N] [--json FILE]

The documents are those for evaluation of the sources that no encoder saw. Whole sentences that came back from other
languages are shown apart: their words were not swapped, they were translated, and no recall of them is asked for.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from detector.engine.detector import Detector, load
from detector.options import Options
from detector.report import Report
from detector.training.data import splits as data
from detector.training.data.lexicon import Resources
from detector.training.data.records import Record, honest_record, split_documents
from detector.training.evaluate.verdict import score_records, verdict_shares
from detector.training.spinners import Spinner, spin
from detector.training.spinners.unseen import unseen_spinners

RATES = (0.05, 0.1, 0.2)
WORDS = 230  # of a document at most
AS_IT_IS = "as they are"


def unseen_records(folder: Path, spinners: Mapping[str, Spinner], count: int) -> Iterator[Record]:
    """Yield documents of each source no encoder saw, as they are and put through each spinner at each rate."""
    for source in data.SOURCES:
        for text in split_documents(folder, source)[1][:count] if not source.encoder else ():
            before = honest_record(text, WORDS)
            yield before
            for family, spinner in spinners.items():
                for rate in RATES:
                    rng = random.Random(f"unseen-{source.name}-{text.id}-{family}")
                    result = spin(before.text, [spinner], rate, rng)
                    if result.edits:
                        name = f"{before.id}~{family}~{rate:.0%}"
                        yield replace(before, id=name, text=result.text, spun=True, family=family, rate=rate)


def measure(detector: Detector, records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """Return the verdicts by family and rate."""
    groups: dict[str, list[Report]] = defaultdict(list)
    for one in score_records(detector, records):
        if one.report.probability is not None:
            family = one.record.family
            groups[f"{family}, {one.record.rate:.0%}" if family else AS_IT_IS].append(one.report)
    return {name: verdict_shares(reports) for name, reports in groups.items()}


def print_result(result: Mapping[str, Mapping[str, Any]]) -> None:
    print("documents, called spun, spun or suspect")
    for name, row in result.items():
        print(f"  {name:36} {row['documents']:5}  {row['spun']:.3f}  {row['spun_or_suspect']:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation data")
    parser.add_argument("--tables", type=Path, default=Path("work/tables"), help="where the spinners' tables are kept")
    parser.add_argument("--count", type=int, default=4, help="documents of each source")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    spinners = unseen_spinners(Resources(options.data, Path()), options.tables)
    records = list(unseen_records(options.data, spinners, options.count))
    with load(Options(grammar="embedded", jobs=options.jobs)) as detector:
        result = measure(detector, records)
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
