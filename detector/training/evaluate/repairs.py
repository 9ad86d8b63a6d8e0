"""What `detector repair` puts back: which share of its edits is right where the original is known, by least probability.

The default of `--min-probability` was chosen on documents that the verdict was fitted on, spun here; what is evaluated on
is only measured. Edits are counted as a user meets them: in documents that are called spun.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detector.engine.detector import load
from detector.options import Options
from detector.report import Report, Verdict
from detector.restore import Replacement, edits, probability
from detector.training.data.records import HELD_OUT, Record, simulated_records
from detector.training.evaluate.scores import Swap, interval, swaps_of
from detector.training.evaluate.wording import with_swaps
from detector.training.fit.measure import document_of
from detector.training.spinners import Spinner

LEAST = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
Known = tuple[Record, tuple[Swap, ...]]


@dataclass
class Repairs:
    """A group: its documents, those called spun, their swaps, and each edit's probability and whether it is right."""

    documents: int = 0
    spun: int = 0
    swaps: int = 0
    edits: list[tuple[float, bool]] = field(default_factory=list)


def fitted_documents(folder: Path, spinners: Mapping[str, Spinner], count: int) -> Iterator[Known]:
    """Yield documents that the verdict was fitted on, of sources no encoder saw, spun by one family each."""
    for record, originals in simulated_records(folder, spinners, count, fitted=True):
        yield record, swaps_of(record, originals)


def evaluation_documents(folder: Path, spinners: Mapping[str, Spinner], count: int) -> Iterator[Known]:
    """Yield the spun documents that nothing was learned from and of which all originals are known."""
    for record, swaps in with_swaps(folder, count, spinners, {}):
        if swaps and record.source != "wild" and HELD_OUT not in record.family:
            yield record, swaps


def evaluate(records: Iterable[Known], options: Options) -> dict[str, Any]:
    """Return the numbers by group of documents, and of all of them."""
    groups: dict[str, Repairs] = defaultdict(Repairs)
    known = list(records)
    with load(options) as detector:
        outcomes = detector.score_documents(document_of(record) for record, _ in known)
        for (record, swaps), outcome in zip(known, outcomes, strict=True):
            if isinstance(outcome, Report):
                for group in (groups[record.family or record.register], groups["all"]):
                    _add(group, record, swaps, outcome)
    return {name: _numbers(group) for name, group in sorted(groups.items())}


def _add(group: Repairs, record: Record, swaps: Sequence[Swap], report: Report) -> None:
    group.documents += 1
    group.swaps += len(swaps)
    if report.verdict is not Verdict.SPUN:
        return
    group.spun += 1
    for finding in report.findings:
        for edit in edits(document_of(record), [finding], 0.0):
            group.edits.append((probability(finding), is_right(edit, record.text, swaps)))


def is_right(edit: Replacement, text: str, swaps: Sequence[Swap]) -> bool:
    """Tell whether an edit makes of a place what stood there, whatever the case; it is wrong where nothing was swapped."""
    over = [swap for swap in swaps if swap.start < edit.end and edit.start < swap.end]
    if not over or over[0].start < edit.start or over[-1].end > edit.end:
        return False
    original, position = "", edit.start
    for swap in over:
        original += text[position : swap.start] + swap.original
        position = swap.end
    original += text[position : edit.end]
    return original.lower().split() == edit.after.lower().split()


def _numbers(group: Repairs) -> dict[str, Any]:
    rows = []
    for least in LEAST:
        right = [is_right for of_edit, is_right in group.edits if of_edit >= least]
        low, high = interval(sum(right), len(right))
        share = sum(right) / len(right) if right else None
        put_back = sum(right) / max(group.swaps, 1)
        row = {"least": least, "edits": len(right), "right": share, "low": low, "high": high, "put_back": put_back}
        rows.append(row)
    return {"documents": group.documents, "spun": group.spun, "swaps": group.swaps, "by_least": rows}


def print_result(result: Mapping[str, Any]) -> None:
    for name, group in result.items():
        print(f"{name}: {group['spun']} of {group['documents']} documents called spun, {group['swaps']} swaps")
        print("  from   edits  right  95 % interval  swaps put back")
        for row in group["by_least"]:
            right = "    –" if row["right"] is None else f"{row['right']:.3f}"
            put_back = f"{row['put_back']:.3f}"
            print(f"  {row['least']:.1f}  {row['edits']:6}  {right}  [{row['low']:.2f}, {row['high']:.2f}]  {put_back}")
