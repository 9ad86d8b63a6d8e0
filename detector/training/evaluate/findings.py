"""What the findings of swapped words are worth: how many are right, how many of the swaps they show, and what they accuse.

usage: python -m detector.training.evaluate.findings --data DIR [--moby words.txt] [--tables DIR] [--count N]
       [--without FAMILY] [--wording light|auto|deep] [--json FILE]

On documents that nothing was fitted on: N honest ones of each source; news spun by hand and 6 N word swaps of TextAttack, of
which every swap is known; with `--moby` others spun by each simulated spinner; and the wild ones, of which people marked some.
A finding is right where it touches a swap. Precision is that of findings in documents called
spun, as elsewhere the verdict takes them back.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from detector.engine.detector import load
from detector.options import Options
from detector.report import Finding, Grade, Report, Verdict, require_reports
from detector.text.document import Document
from detector.training.data import splits as data
from detector.training.data.by_hand import by_hand_records
from detector.training.data.lexicon import Resources
from detector.training.data.records import RELATIVES, Record, evaluation_records, simulated_records
from detector.training.evaluate.scores import (
    Swap,
    differences,
    interval,
    marked,
    marked_by_people,
    naming_scores,
    swaps_of,
)
from detector.training.spinners.mixture import load_spinners

COUNT = 20  # honest documents of each source, and spun ones of each source that no encoder saw
PAIRS = 6  # of each of these, documents of TextAttack
_GRADES = {"likely": (Grade.LIKELY,), "all": tuple(Grade)}
_BELIEF = (0.2, 0.35, 0.5, 0.7, 0.85, 1.0)

Known = tuple[Record, tuple[Swap, ...]]


@dataclass(frozen=True)
class Found:
    """A document with the swaps that are known in it, in order, and the report on it."""

    record: Record
    swaps: tuple[Swap, ...]
    report: Report

    @property
    def findings(self) -> list[Finding]:
        return [finding for finding in self.report.findings if finding.signal == "wording"]

    @property
    def name(self) -> str:
        return self.record.family or self.record.register


def documents(folder: Path, count: int, moby: Path | None, tables: Path, without: Sequence[str]) -> Iterator[Known]:
    """Yield the documents to evaluate on; those whose swaps are not all known are wild."""
    marks = marked_by_people(folder)
    before = {row["pair_id"]: row["text"] for row in data.rows(folder / "spun/detectrl_human_original.jsonl.gz")}
    pairs = 0
    for record in evaluation_records(folder, count):
        if record.source == "wild":
            yield record, tuple(marked(record.text, marks[record.id]))
        elif record.source == "detectrl_word" and pairs < PAIRS * count:
            pairs += 1
            yield record, tuple(differences(before[record.group], record.text))
        elif not record.spun and record.register not in RELATIVES:
            yield record, ()
    spinners = load_spinners(Resources(folder, moby), tables, without=without) if moby else {}
    for record, originals in [*simulated_records(folder, spinners, count), *by_hand_records(folder)]:
        yield record, swaps_of(record, originals)


def joined(swaps: Iterable[Swap], text: str) -> list[Swap]:
    """Return the swaps with those that only a space or a hyphen parts as one: a phrase was replaced.

    >>> joined([Swap(3, 8, "arms"), Swap(9, 14, "deal")], "an wings offer")
    [Swap(start=3, end=14, original='arms deal')]
    """
    phrases: list[Swap] = []
    for swap in sorted(swaps, key=lambda swap: swap.start):
        if phrases and text[phrases[-1].end : swap.start] in (" ", "-"):
            last = phrases.pop()
            phrases.append(Swap(last.start, swap.end, f"{last.original} {swap.original}"))
        else:
            phrases.append(swap)
    return phrases


def of_group(found: Sequence[Found]) -> dict[str, Any]:
    """Return the numbers of spun documents of which all swaps are known, by grade."""
    called = [one for one in found if one.report.verdict is Verdict.SPUN]
    numbers: dict[str, Any] = {"documents": len(found), "called": len(called)}
    for name, grades in _GRADES.items():
        shown = right = exact = swaps = touched = 0
        for one in called:
            phrases = joined(one.swaps, one.record.text)
            findings = [finding for finding in one.findings if finding.grade in grades]
            spans = {(swap.start, swap.end) for swap in phrases}
            shown += len(findings)
            right += sum(any(_touch(finding, swap) for swap in phrases) for finding in findings)
            exact += sum((finding.start, finding.end) in spans for finding in findings)
            swaps += len(phrases)
            touched += sum(any(_touch(finding, swap) for finding in findings) for swap in phrases)
        precision, recall = right / max(shown, 1), touched / max(swaps, 1)
        strict, strict_recall = exact / max(shown, 1), exact / max(swaps, 1)
        numbers[name] = {
            "findings": shown,
            "precision": precision,
            "interval": interval(right, shown) if shown else (0.0, 1.0),
            "phrases": swaps,
            "recall": recall,
            "f1": f1(precision, recall),
            "exact_precision": strict,
            "exact_recall": strict_recall,
            "exact_f1": f1(strict, strict_recall),
        }
    return numbers


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _touch(finding: Finding, swap: Swap) -> bool:
    return finding.start < swap.end and swap.start < finding.end


def belief(found: Sequence[Found]) -> list[dict[str, float]]:
    """Return, by the probability given, how many findings in documents called spun there are and how many are right."""
    pairs = [
        (finding.score, any(_touch(finding, swap) for swap in one.swaps))
        for one in found
        if one.report.verdict is Verdict.SPUN
        for finding in one.findings
    ]
    rows = []
    for low, high in pairwise(_BELIEF):
        right = [is_right for score, is_right in pairs if low <= score < high or score == high == 1]
        rows.append({"low": low, "high": high, "findings": len(right), "right": sum(right) / max(len(right), 1)})
    return rows


def accused(found: Sequence[Found]) -> dict[str, dict[str, float]]:
    """Return findings per 1,000 words of honest documents by register: all, likely, in documents called spun."""
    groups: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        groups[one.record.register].append(one)
    groups["all"] = list(found)
    result = {}
    for name, some in groups.items():
        words = max(sum(one.report.words for one in some), 1)
        likely = sum(finding.grade is Grade.LIKELY for one in some for finding in one.findings)
        called = [one for one in some if one.report.verdict is Verdict.SPUN]
        result[name] = {
            "documents": len(some),
            "called": len(called),
            "words": words,
            "all": 1000 * sum(len(one.findings) for one in some) / words,
            "likely": 1000 * likely / words,
            "in_called": 1000 * sum(len(one.findings) for one in called) / words,
        }
    return result


def evaluate(known: Sequence[Known], options: Options) -> dict[str, Any]:
    """Return all numbers."""
    with load(options) as detector:
        reports = require_reports(
            detector.score_documents(Document.from_text(r.text, id=r.id, source=r.source) for r, _ in known)
        )
        found = [Found(*pair, report) for pair, report in zip(known, reports, strict=True)]
        model = detector.model.sha256
    groups: dict[str, list[Found]] = defaultdict(list)
    wild = [one for one in found if one.record.source == "wild"]
    for one in found:
        if one.swaps and one.record.source != "wild":
            groups[one.name].append(one)
    complete = [one for group in groups.values() for one in group]
    return {
        "model": model,
        "wording": options.wording,
        "documents": len(found),
        "spun": {name: of_group(group) for name, group in [*sorted(groups.items()), ("all", complete)]},
        "belief": belief(complete),
        "wild": naming_scores((one.record.text, one.swaps, one.findings) for one in wild),
        "honest": accused([one for one in found if not one.record.spun]),
    }


def print_result(result: dict[str, Any]) -> None:
    print(f"{result['documents']} documents, wording {result['wording']}")
    print(
        "\nspun documents, and of those called spun: findings, right, 95 % interval; phrases replaced, touched, F1; exact F1"
    )
    for name, group in result["spun"].items():
        print(f"  {name:32} {group['documents']:4} documents, {group['called']:4} called spun")
        for grade in _GRADES:
            row = group[grade]
            low, high = row["interval"]
            print(
                f"    {grade:8} {row['findings']:6} {row['precision']:6.3f} [{low:.2f}, {high:.2f}]"
                f" {row['phrases']:6} {row['recall']:6.3f} {row['f1']:6.3f} {row['exact_f1']:6.3f}"
            )
    print("\nprobability given: findings, right")
    for row in result["belief"]:
        print(f"  {row['low']:.2f} to {row['high']:.2f}  {row['findings']:6}  {row['right']:.3f}")
    wild = result["wild"]
    print(
        f"\nwild documents: {wild['swaps']:.0f} marked phrases, touched {wild['touched']:.3f},"
        f" original first {wild['original_top_1']:.3f}, among five {wild['original_top_5']:.3f}"
    )
    print(
        "\nhonest documents: how many, called spun; findings per 1,000 words, likely ones, those of documents called spun"
    )
    for name, row in sorted(result["honest"].items(), key=lambda item: (item[0] == "all", item[0])):
        print(
            f"  {name:36} {row['documents']:5} {row['called']:4}"
            f"  {row['all']:6.2f} {row['likely']:6.2f} {row['in_called']:6.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path)
    parser.add_argument("--tables", type=Path, default=Path("work/tables"))
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--without", action="append", default=[], help="a family of spinners that can't run here")
    parser.add_argument("--wording", choices=("light", "auto", "deep"), default="auto")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    known = list(documents(options.data, options.count, options.moby, options.tables, options.without))
    result = evaluate(known, Options(grammar="off", wording=options.wording, jobs=options.jobs))
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
