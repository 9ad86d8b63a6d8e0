"""Tries the first stage: what it finds, by spinner and rate, for the share of honest documents that it hands on.

usage: python -m detector.training.evaluate.scan --data DIR --moby words.txt --tables DIR

Documents are those that no part of the detector learned from. The spinner `mythes` is one that no part learned from either.
For the real spun documents the whole detector reads, too, to see how many of those that it finds are handed on.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector import model_files
from detector.engine.detector import load
from detector.judge import gates
from detector.options import Options
from detector.report import Verdict, require_reports
from detector.signals.scan import Scanner
from detector.text.document import Document
from detector.training.data import splits as data
from detector.training.data.dictionaries import load_tables
from detector.training.data.lexicon import Resources, common_words
from detector.training.data.phrase_table import load_phrases
from detector.training.data.records import (
    SIMULATED_RATES,
    Record,
    evaluation_records,
    honest_record,
    split_documents,
)
from detector.training.spinners import Spinner, spin
from detector.training.spinners.corruption import EntitySpinner
from detector.training.spinners.dictionary import DictionarySpinner, PhraseSpinner
from detector.training.spinners.mixture import HELD_OUT_FAMILY

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6)  # of the honest documents, handed on
HONEST = 100  # documents of each source
TIMED_WORDS = 300_000
#: What spins the documents: every family whose table is made without a translator or a language model.
TABLES = ("mythes", "wordnet", "moby", "ppdb", "embedding", "tortured", "article")
READ_IN_FULL = ("wild spun", "spun WMT references")  # registers that the whole detector reads, too

Floats = NDArray[np.float64]


def spun_records(folder: Path, spinners: Mapping[str, Spinner], count: int) -> Iterator[Record]:
    """Yield documents of sources that no encoder saw, `count` of each, spun by each family at each rate."""
    for source in data.SOURCES:
        for text in split_documents(folder, source)[1][:count] if not source.encoder else ():
            before = honest_record(text)
            for family, spinner in sorted(spinners.items()):
                for rate in SIMULATED_RATES:
                    rng = random.Random(f"scan-{source.name}-{text.id}-{family}-{rate}")
                    spun = spin(before.text, [spinner], rate, rng)
                    if spun.edits:
                        name = f"{before.id}~{family}~{rate}"
                        yield Record(name, before.source, before.register, before.group, spun.text, True, family, rate)


def recall(log_odds: Sequence[float], cuts: Sequence[float]) -> list[float]:
    values = np.array(log_odds)
    return [float((values >= cut).mean()) for cut in cuts]


class Evaluation:
    """The records with what the first stage says of each, and the cut-offs that they are tried with."""

    def __init__(self, scanner: Scanner, records: Sequence[Record], shipped: Mapping[str, float]) -> None:
        self.scored: list[tuple[Record, str, float]] = []
        for record in records:
            document = Document.from_text(record.text)
            if gates.check(document).reason is None:
                prose = document.prose.text
                self.scored.append((record, prose, scanner.log_odds([prose])[0]))
        honest = np.sort([value for record, _, value in self.scored if record.genuine])[::-1]
        self.cuts = [float(honest[int(share * len(honest))]) for share in SHARES] + list(shipped.values())
        self.heads = [f"{share:.0%}" for share in SHARES] + list(shipped)

    def rows(self) -> Iterator[tuple[str, list[float]]]:
        """Yield groups of documents with their log-odds."""
        groups: dict[str, list[float]] = defaultdict(list)
        for record, _, value in self.scored:
            if record.genuine:
                groups["honest, all"].append(value)
                groups[f"honest, {record.register}"].append(value)
            elif record.family:
                groups[f"{record.family}, {record.rate:.0%} of words"].append(value)
            else:
                groups[f"spun, {record.register}"].append(value)
        yield from groups.items()

    def table(self) -> Iterator[str]:
        rows = list(self.rows())
        yield f"{'':44}{'n':>6}" + "".join(f"{head:>7}" for head in self.heads)
        yield f"{'log-odds from which it is handed on':44}{'':6}" + "".join(f"{cut:7.2f}" for cut in self.cuts)
        for name, values in rows:
            yield f"{name:44}{len(values):6}" + "".join(f"{share:7.3f}" for share in recall(values, self.cuts))


def against_full(evaluation: Evaluation) -> Iterator[str]:
    """Yield lines on the real spun documents: of those that the whole detector finds, the share that is handed on."""
    chosen = [one for one in evaluation.scored if one[0].register in READ_IN_FULL]
    with load(Options(grammar="off")) as detector:
        reports = list(require_reports(detector.score_documents([record.text for record, _, _ in chosen])))
    found: dict[str, list[float]] = defaultdict(list)
    for (record, _, value), report in zip(chosen, reports, strict=True):
        if report.verdict is Verdict.SPUN:
            found[record.register].append(value)
    for name, values in found.items():
        label = f"called spun by full: {name}"
        yield f"{label:44}{len(values):6}" + "".join(f"{share:7.3f}" for share in recall(values, evaluation.cuts))


def words_per_second(scanner: Scanner, evaluation: Evaluation) -> float:
    """Return words read in a second of one core, of honest documents whose prose is known, the best of three rounds."""
    texts = [prose for record, prose, _ in evaluation.scored if record.genuine]
    counts = [len(Document.from_text(text).words) for text in texts]
    last = int(np.searchsorted(np.cumsum(counts), TIMED_WORDS)) + 1
    seconds = []
    for _ in range(3):
        began = time.process_time()
        scanner.log_odds(texts[:last])
        seconds.append(time.process_time() - began)
    return sum(counts[:last]) / min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--count", type=int, default=8, help="documents of each source that are spun")
    parser.add_argument("--without-full", action="store_true", help="do not let the whole detector read")
    options = parser.parse_args()
    evaluate(options, load_spinners(Resources(options.data, options.moby), options.tables))


def load_spinners(resources: Resources, tables: Path) -> dict[str, Spinner]:
    dictionaries = load_tables(resources, tables, names=TABLES)
    spinners: dict[str, Spinner] = {name: DictionarySpinner(table) for name, table in dictionaries.items()}
    return {
        **spinners,
        "phrase": PhraseSpinner(load_phrases(resources, tables)),
        "entity": EntitySpinner(common_words()),
    }


def evaluate(options: argparse.Namespace, spinners: Mapping[str, Spinner]) -> None:
    """Print the tables."""
    manifest = model_files.read_manifest(model_files.locate())
    settings = manifest.section("scan")
    scanner = Scanner(manifest.checked(settings.text("model")))
    shipped = settings.section("cut_offs").numbers(("scan", "fast"))
    records = [*evaluation_records(options.data, HONEST), *spun_records(options.data, spinners, options.count)]
    evaluation = Evaluation(scanner, records, shipped)
    print("Share of documents handed on, where so many of the honest ones are; then by the shipped cut-offs.")
    print(f"No part of the detector learned from the spinner {HELD_OUT_FAMILY}.\n")
    print("\n".join(evaluation.table()))
    if not options.without_full:
        print("\n".join(against_full(evaluation)))
    print(f"\nThe stage itself, one core: {words_per_second(scanner, evaluation):,.0f} words per second.")


if __name__ == "__main__":
    main()
