"""Measures the last reader on evaluation documents: what is called spun with and without it, and what it costs.

usage: python -m detector.training.evaluate.last_reader --data DIR --moby words.txt --tables DIR [--count N] [--rate R]
       [--without FAMILY]

The documents are those of sources that no encoder saw: N honest ones of each, and of as many the ones that were spun at a rate
of R. Grammar is off. What the last reader is not asked about is the same with and without it, and is read once.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from detector.engine.detector import load
from detector.judge.probability import logit
from detector.model_files import locate, read_manifest
from detector.options import Options
from detector.report import Report, Status, Verdict
from detector.signals.last_reader import NAME
from detector.training.data.lexicon import Resources
from detector.training.data.records import Record, honest_record, simulated_records, split_documents
from detector.training.data.splits import SOURCES
from detector.training.evaluate.scores import interval
from detector.training.fit.measure import document_of
from detector.training.spinners.mixture import load_spinners

RATE = 0.03
COUNT = 20


@dataclass(frozen=True)
class Read:
    """One document's reports without the last reader and with it."""

    record: Record
    without: Report
    with_it: Report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--count", type=int, default=COUNT, help="honest documents of each source")
    parser.add_argument("--rate", type=float, default=RATE, help="share of the words replaced")
    parser.add_argument("--without", action="append", default=[], help="a family of spinners that can't run here")
    options = parser.parse_args()
    spinners = load_spinners(Resources(options.data, options.moby), options.tables, without=options.without)
    spun = (record for record, _ in simulated_records(options.data, spinners, options.count))
    records = [record for record in spun if record.rate == options.rate]
    for source in SOURCES:
        if not source.encoder:
            records += map(honest_record, split_documents(options.data, source)[1][: options.count])
    print("\n".join(measure(records)))


def measure(records: Sequence[Record]) -> Iterator[str]:
    """Yield lines: how many documents are called spun, right and wrong ones, and what asking takes."""
    doubt = read_manifest(locate()).section("last_reader").section("doubt")
    lowest, highest = doubt.number("lowest"), doubt.number("highest")
    read: list[Read] = []
    asked, seconds = 0, 0.0
    with (
        load(options=Options(grammar="off")) as plain,
        load(options=Options(grammar="off", last_reader="lm")) as asking,
    ):
        for record in records:
            started = process_time()
            before = plain.score(document_of(record))
            took = process_time() - started
            after = before
            if before.probability is not None and lowest <= logit(before.probability) <= highest:
                started = process_time()
                after = asking.score(document_of(record))
                seconds += process_time() - started - took
                asked += after.signals[NAME].status is Status.OK
            read.append(Read(record, before, after))
    yield f"{len(read)} documents, {asked} asked about, {seconds / max(asked, 1):.2f} s of one core each"
    for name, there in (
        ("spun", [r for r in read if r.record.spun]),
        ("honest", [r for r in read if not r.record.spun]),
    ):
        for way, reports in (("without", [r.without for r in there]), ("with", [r.with_it for r in there])):
            called = sum(report.verdict is Verdict.SPUN for report in reports)
            low, high = interval(called, len(reports))
            yield f"{name}, {way}: {called} of {len(reports)} called spun [{low:.1%}, {high:.1%}]"
        right = [(_right(r.record, r.without), _right(r.record, r.with_it)) for r in there]
        for way, column in (("without", 0), ("with", 1)):
            found, of = (sum(pair[column][part] for pair in right) for part in (0, 1))
            yield f"{name}, {way}: {of} findings, {found} of swapped words"


def _right(record: Record, report: Report) -> tuple[int, int]:
    """Return how many findings of the wording touch a swap, and how many there are."""
    found = [finding for finding in report.findings if finding.signal == "wording"]
    right = [one for one in found if any(start < one.end and one.start < end for start, end in record.edits)]
    return len(right), len(found)


if __name__ == "__main__":
    main()
