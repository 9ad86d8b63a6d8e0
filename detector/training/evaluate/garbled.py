"""Texts that lost their meaning on the way: what is called garbled of them, and of honest texts that are odd by themselves.

usage: python -m detector.training.evaluate.garbled --data DIR [--count N] [--jobs N] [--wording auto]

Documents that the verdict was fitted on are sent through another language and back as a whole, on each of Apertium's journeys;
the honest ones are of the sources whose writing is odd. Each is cut at 140 words. Needs Apertium.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from detector.engine.detector import load
from detector.options import Options
from detector.report import Report
from detector.training.data import splits as data
from detector.training.data.records import Record, honest_record, split_documents
from detector.training.evaluate.verdict import score_records
from detector.training.spinners.apertium import JOURNEYS, round_trip

WORDS = 140
SENT = ("wikinews_2019_2020", "ud_ewt", "gum", "okfn_site", "bbc_2225", "allsides_news", "18f_blog", "digitalgov_news",
        "openstax", "wikipedia_vital_summaries", "us_presidential_speeches")  # fmt: skip
ODD = ("machine translation", "machine translation (low resource)", "human translation", "learner", "non-native web", "OCR",
       "historical", "student essay", "drama, verse, web", "African English news")  # fmt: skip
LIMITS = (100.0, 150.0, 200.0, 250.0)  # words per 1,000 that may well be swapped
BACK = "there and back"


def honest_records(folder: Path, count: int) -> Iterator[Record]:
    for source in data.SOURCES:
        if source.register in ODD:
            yield from (honest_record(text, WORDS) for text in split_documents(folder, source)[0][:count])


def round_trips(folder: Path) -> Iterator[Record]:
    """Yield a document of each source on each journey. A journey on which one is lost is left out."""
    sources = [source for source in data.SOURCES if source.name in SENT]
    for number, journey in enumerate(JOURNEYS):
        drawn = [split_documents(folder, source)[0][number : number + 1] for source in sources]
        sent = [honest_record(text, WORDS) for texts in drawn for text in texts]
        text = round_trip("\n\n".join(" ".join(record.text.split()) for record in sent), journey)
        back = text.strip("\n").split("\n\n")
        if len(back) == len(sent):
            name = journey[0]
            for record, words in zip(sent, back, strict=True):
                yield replace(record, id=f"{record.id}~{name}", register=BACK, text=words, spun=True, family=name)


def print_result(reports: Sequence[tuple[str, Report]]) -> None:
    groups: dict[str, list[Report]] = defaultdict(list)
    for register, report in reports:
        groups[register].append(report)
        if register != BACK:
            groups["all honest"].append(report)
    limits = ", ".join(f"{limit:.0f}" for limit in LIMITS)
    print(f"documents, called clean, suspect, spun, garbled; with {limits} odd words per 1,000")
    for name, those in groups.items():
        verdicts = Counter(str(report.verdict) for report in those)
        garbled = sum(report.grounds is not None and report.grounds.garbled for report in those)
        rates = [report.measures.get("wording.words_over_10", 0.0) for report in those]
        over = "".join(f" {sum(rate >= limit for rate in rates):4}" for limit in LIMITS)
        shown = "".join(f" {verdicts[verdict]:4}" for verdict in ("clean", "suspect", "spun"))
        print(f"  {name:36} {len(those):5}{shown} {garbled:4}  {over}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of training data")
    parser.add_argument("--count", type=int, default=14, help="honest documents of each source")
    parser.add_argument("--wording", choices=("light", "auto", "deep"), default="auto")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    records = [*round_trips(options.data), *honest_records(options.data, options.count)]
    with load(Options(grammar="embedded", wording=options.wording, jobs=options.jobs)) as detector:
        scored = [one for one in score_records(detector, records) if one.report.probability is not None]
    print_result([(one.record.register, one.report) for one in scored])


if __name__ == "__main__":
    main()
