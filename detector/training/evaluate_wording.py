"""What the wording signal alone finds: spun documents, swapped words, and the words that stood there before.

Real spun text, and honest documents nothing was fitted on, as they are and through every simulated spinner (families that
the encoders never saw among them). Nothing here is learned from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from detector import models
from detector.config import WordingDepth
from detector.document import WORD
from detector.report import Finding
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.training import data
from detector.training.card import all_features
from detector.training.measure import document_of
from detector.training.records import RELATIVES, Record, evaluation_records, simulated_records
from detector.training.spinners import Spinner
from detector.verdict import Judge

_CHUNK = 16
Numbers = dict[str, float]


@dataclass(frozen=True)
class Swap:
    """A place where something else stood before: code points of the text, and what stood there if it is known."""

    start: int
    end: int
    original: str


@dataclass(frozen=True)
class Read:
    """A record, what is known to be swapped in it, and what the signal said."""

    record: Record
    swaps: tuple[Swap, ...]
    measurement: WordingMeasurement
    log_odds: float  # of the document, by its wording alone

    @property
    def label(self) -> str:
        return self.record.family or self.record.register


def evaluate(folder: Path, depth: WordingDepth, count: int, spinners: Mapping[str, Spinner]) -> dict[str, Any]:
    """Numbers of one wording depth; `count` honest documents of each source."""
    manifest = models.verify(models.locate())
    records = list(with_swaps(folder, count, spinners))
    signal = WordingSignal(manifest, threads=2, depth=depth)
    judge = Judge(manifest, all_features())
    read: list[Read] = []
    for at in range(0, len(records), _CHUNK):
        some = records[at : at + _CHUNK]
        for (record, swaps), measurement in zip(some, signal.measure([document_of(r) for r, _ in some]), strict=True):
            if isinstance(measurement, WordingMeasurement) and measurement.evidence is not None:
                read.append(Read(record, swaps, measurement, judge.log_odds(measurement.features)))
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
        "false_findings_per_1000": false_findings(read),
    }


def with_swaps(folder: Path, count: int, spinners: Mapping[str, Spinner]) -> Iterator[tuple[Record, tuple[Swap, ...]]]:
    """Every record with the places where something else stood before."""
    marks = {str(row["id"]): row.get("tortured") or () for row in data.rows(folder / "spun/wild.jsonl.gz")}
    before = {row["pair_id"]: row["text"] for row in data.rows(folder / "spun/detectrl_human_original.jsonl.gz")}
    for record in evaluation_records(folder, count):
        if record.source == "wild":
            yield record, tuple(marked(record.text, marks[record.id]))
        elif record.source == "detectrl_word":
            yield record, tuple(differences(before[record.group], record.text))
        else:
            yield record, ()
    for record, originals in simulated_records(folder, spinners, count):
        swaps = (Swap(*span, original) for span, original in zip(record.edits, originals, strict=True))
        yield replace(record, family=f"simulated: {record.family}"), tuple(swaps)


def marked(text: str, marks: Sequence[Mapping[str, str]]) -> Iterator[Swap]:
    """Phrases that people marked, at their first place in the text."""
    for mark in marks:
        start = text.lower().find(mark["phrase"].lower())
        if start >= 0:
            yield Swap(start, start + len(mark["phrase"]), mark["expected"].lower())


def differences(before: str, after: str) -> Iterator[Swap]:
    """Words of `after` that stand where others stood in `before`."""
    old, new = list(WORD.finditer(before)), list(WORD.finditer(after))
    left, right = ([m.group().lower() for m in words] for words in (old, new))
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "replace" and j - i == m - k:
            yield from (Swap(new[k + n].start(), new[k + n].end(), left[i + n]) for n in range(m - k))


def spun_numbers(group: Sequence[Read], honest: Any) -> Numbers:
    odds = np.array([one.log_odds for one in group])
    labels = np.concatenate([np.ones(len(odds)), np.zeros(len(honest))])
    numbers = {
        "documents": float(len(group)),
        "auroc": float(roc_auc_score(labels, np.concatenate([odds, honest]))),
        "recall_at_1_percent": float((odds > np.quantile(honest, 0.99)).mean()),
        "recall_at_0.1_percent": float((odds > np.quantile(honest, 0.999)).mean()),
    }
    complete = [one for one in group if one.record.source != "wild"]  # people mark some of the swaps in a text, not all
    if complete:
        truth, scores = zip(*(words(one) for one in complete), strict=True)
        numbers["word_ap"] = float(average_precision_score(np.concatenate(truth), np.concatenate(scores)))
    return numbers | naming(group)


def words(one: Read) -> tuple[Any, Any]:
    """For each word whether it was swapped, and its log-odds."""
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


def naming(group: Sequence[Read]) -> Numbers:
    """How many swaps a finding touches, and for how many the original is named first or among the first five."""
    swaps = touched = first = fifth = 0
    for one in group:
        found = [f for f in one.measurement.findings if f.suggestions]
        for swap in one.swaps:
            swaps += 1
            over = [f for f in found if f.start < swap.end and swap.start < f.end]
            touched += bool(over)
            rank = named(over, swap, one.record.text[swap.start : swap.end])
            first += rank == 0
            fifth += rank is not None
    if not swaps:
        return {}
    return {
        "swaps": float(swaps),
        "touched": touched / swaps,
        "original_top_1": first / swaps,
        "original_top_5": fifth / swaps,
    }


def named(findings: Sequence[Finding], swap: Swap, there: str) -> int | None:
    """The best rank at which a suggestion holds a word of the original that does not stand there anyway."""
    wanted = set(swap.original.lower().split()) - set(there.lower().split())
    ranks = [
        rank
        for finding in findings
        for rank, suggestion in enumerate(finding.suggestions[:5])
        if wanted & set(suggestion.text.lower().split())
    ]
    return min(ranks, default=None)


def false_findings(read: Sequence[Read]) -> Numbers:
    """Findings per 1,000 words of honest prose, by register."""
    count: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for one in read:
        if not one.record.spun and one.record.register not in RELATIVES:
            for name in (one.record.register, "all"):
                count[name] += len(one.measurement.evidence or ())
                found[name] += len(one.measurement.findings)
    return {name: 1000 * found[name] / count[name] for name in sorted(count)}


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
