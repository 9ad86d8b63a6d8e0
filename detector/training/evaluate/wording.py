"""What the wording signal alone finds: spun documents, swapped words, and the words that stood there before.

Real spun text, and honest documents nothing was fitted on, as they are and through every simulated spinner (families that
the encoders never saw among them). Nothing here is learned from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from detector import model_files
from detector.judge.verdict import Judge
from detector.options import WordingDepth
from detector.report import Finding
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.training.data import splits as data
from detector.training.data.by_hand import by_hand_records
from detector.training.data.records import HELD_OUT, Record, evaluation_records, held_out_records, simulated_records
from detector.training.evaluate.scores import (
    Numbers,
    Swap,
    differences,
    false_findings,
    marked,
    marked_by_people,
    naming_scores,
    separation,
    swaps_of,
)
from detector.training.fit.judged_features import MEASURED
from detector.training.fit.measure import document_of
from detector.training.spinners import Spinner

_CHUNK = 16


@dataclass(frozen=True)
class Read:
    """A record, what is known to be swapped in it, and what the signal said."""

    record: Record
    swaps: tuple[Swap, ...]
    measurement: WordingMeasurement
    log_odds: float  # of the document, by its wording alone
    findings: tuple[Finding, ...]

    @property
    def label(self) -> str:
        return self.record.family or self.record.register


def evaluate(records: Sequence[tuple[Record, tuple[Swap, ...]]], depth: WordingDepth) -> dict[str, Any]:
    """Return the numbers of one wording depth on records with their swaps."""
    manifest = model_files.verify(model_files.locate())
    signal = WordingSignal(manifest, threads=2, depth=depth)
    judge = Judge(manifest, MEASURED)
    read: list[Read] = []
    for at in range(0, len(records), _CHUNK):
        some = records[at : at + _CHUNK]
        for (record, swaps), measurement in zip(some, signal.measure([document_of(r) for r, _ in some]), strict=True):
            if isinstance(measurement, WordingMeasurement) and measurement.evidence is not None:
                log_odds = judge.log_odds(measurement.features)
                findings = measurement.find(document_of(record), log_odds)
                read.append(Read(record, swaps, measurement, log_odds, findings))
    honest = np.array([one.log_odds for one in read if not one.record.spun])
    groups: dict[str, list[Read]] = defaultdict(list)
    for one in read:
        if one.record.spun:
            groups[one.label].append(one)
    return {
        "model": manifest.sha256,
        "wording": depth,
        "honest_documents": len(honest),
        "spun": {name: spun_numbers(group, honest) for name, group in sorted(groups.items())},
        "false_findings_per_1000": false_findings(
            (one.record, len(one.measurement.evidence or ()), one.findings) for one in read
        ),
    }


def with_swaps(
    folder: Path, count: int, spinners: Mapping[str, Spinner], alone: Mapping[str, Spinner]
) -> Iterator[tuple[Record, tuple[Swap, ...]]]:
    """Yield every record with the places where something else stood before.

    These are `count` honest documents of each source, all real spun ones and simulated spins. `alone` are spinners that
    each get all the documents that the others share.
    """
    marks = marked_by_people(folder)
    before = {row["pair_id"]: row["text"] for row in data.rows(folder / "spun/detectrl_human_original.jsonl.gz")}
    for record in evaluation_records(folder, count):
        if record.source == "wild":
            yield record, tuple(marked(record.text, marks[record.id]))
        elif record.source == "detectrl_word":
            yield record, tuple(differences(before[record.group], record.text))
        else:
            yield record, ()
    each = (simulated_records(folder, {name: spinner}, count) for name, spinner in alone.items())
    phrases = held_out_records(folder, spinners.get("tortured"), count)
    for record, originals in chain(simulated_records(folder, spinners, count), *each, phrases):
        yield replace(record, family=f"simulated: {record.family}"), swaps_of(record, originals)
    for record, originals in by_hand_records(folder):
        yield record, swaps_of(record, originals)


def spun_numbers(group: Sequence[Read], honest: NDArray[np.float64]) -> Numbers:
    numbers = {"documents": len(group)} | separation(np.array([one.log_odds for one in group]), honest)
    # Of the wild ones people marked some of the swaps, of the references none; around phrases held out others are swapped.
    complete = [one for one in group if one.swaps and one.record.source != "wild" and HELD_OUT not in one.label]
    if complete:
        truth, scores = zip(*(words(one) for one in complete), strict=True)
        numbers["word_ap"] = float(average_precision_score(np.concatenate(truth), np.concatenate(scores)))
    if any(one.swaps for one in group):
        numbers |= naming_scores((one.record.text, one.swaps, one.findings) for one in group)
    return numbers


def words(one: Read) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Return, for each word, whether it was swapped, and its log-odds."""
    evidence = one.measurement.evidence
    assert evidence is not None
    document = document_of(one.record)
    spans = [document.locate(int(s), int(e)) for s, e in zip(evidence.starts, evidence.ends, strict=True)]
    swapped = np.zeros(len(spans), dtype=bool)
    starts = np.array([span.start for span in spans])
    for swap in one.swaps:
        first, last = np.searchsorted(starts, [swap.start, swap.end])
        swapped[first:last] = True
    return swapped, evidence.log_odds


COLUMNS = {
    "documents": "docs",
    "auroc": "AUROC",
    "recall_at_1_percent": "at 1%",
    "recall_at_0.1_percent": "at .1%",
    "word_ap": "word AP",
    "touched": "touched",
    "original_top_1": "top 1",
    "original_top_5": "top 5",
}


def print_result(result: Mapping[str, Any]) -> None:
    print(f"wording {result['wording']}, {result['honest_documents']} honest documents")
    print("  " + " " * 30 + "".join(f"{title:>9}" for title in COLUMNS.values()))
    for name, numbers in result["spun"].items():
        cells = (f"{numbers[key]:9.0f}" if key == "documents" else _cell(numbers.get(key)) for key in COLUMNS)
        print(f"  {name:30}" + "".join(cells))
    print("false findings per 1,000 words of honest prose")
    for name, rate in result["false_findings_per_1000"].items():
        print(f"  {name:36} {rate:6.2f}")


def _cell(value: float | None) -> str:
    return "        –" if value is None else f"{value:9.3f}"
