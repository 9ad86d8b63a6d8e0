"""Tries the shipped detector on documents no part of it has learned from, and prints what it says.

usage: python -m detector.training.evaluate --data DIR --work DIR [--grammar languagetool|embedded|off] [--json FILE]

Honest documents come from groups that neither the encoder nor the classifier was fitted on; real spun ones are never
fitted on at all.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from detector.config import Options
from detector.engine import load
from detector.report import Finding, Report, Verdict
from detector.sources import plain_document
from detector.training import data
from detector.training.records import RELATIVES, Record, evaluation_records


@dataclass(frozen=True)
class Scored:
    record: Record
    report: Report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=30, help="honest documents of each source")
    parser.add_argument("--grammar", choices=("auto", "languagetool", "embedded", "off"), default="auto")
    parser.add_argument("--wording", choices=("light", "auto", "deep"), default="deep")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    records = list(evaluation_records(options.data, options.count))
    began = time.perf_counter()
    choice = Options(grammar=options.grammar, wording=options.wording, jobs=options.jobs)
    with load(choice) as detector:
        reports = list(detector.score_documents(plain_document(r.text, r.id, r.source) for r in records))
        result: dict[str, Any] = {
            "model": detector.model.sha256,
            "grammar": options.grammar,
            "wording": options.wording,
        }
    words = sum(report.words for report in reports)
    seconds = time.perf_counter() - began
    scored = [Scored(*pair) for pair in zip(records, reports, strict=True) if pair[1].probability is not None]
    result |= {
        "documents": len(records),
        "unscored": dict(
            Counter(r.source for r, p in zip(records, reports, strict=True) if p.verdict is Verdict.UNSCORED)
        ),
        "registers": registers(scored),
        "spun": spun_sets(scored),
        "findings": findings(scored),
        "marked": marked(options.data, scored),
        "seeds": seeds(options.data, choice),
    }
    print_result(result)
    print(f"{words:,} words in {seconds:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def interval(hits: int, count: int) -> tuple[float, float]:
    """Clopper-Pearson, 95 %."""
    low = float(beta.ppf(0.025, hits, count - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, count - hits)) if hits < count else 1.0
    return low, high


def registers(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """False positives by register of honest text."""
    groups: dict[str, list[Report]] = defaultdict(list)
    for item in scored:
        if not item.record.spun:
            groups[item.record.register].append(item.report)
    groups["all"] = [report for reports in groups.values() for report in reports]
    result = {}
    for name, reports in groups.items():
        spun = sum(report.verdict is Verdict.SPUN for report in reports)
        suspect = sum(report.verdict is Verdict.SUSPECT for report in reports)
        low, high = interval(spun, len(reports))
        result[name] = {"documents": len(reports), "spun": spun, "suspect": suspect, "low": low, "high": high}
    return result


def spun_sets(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """For each set of real spun text: verdicts, AUROC and recall at 1 % false positives against all honest documents."""
    honest = np.array([_odds(item.report) for item in scored if not item.record.spun])
    sources = {item.record.register for item in scored if item.record.spun}
    result = {}
    for name in sorted(sources):
        reports = [item.report for item in scored if item.record.register == name]
        odds = np.array([_odds(report) for report in reports])
        labels = np.concatenate([np.ones(len(odds)), np.zeros(len(honest))])
        counts = Counter(str(report.verdict) for report in reports)
        result[name] = {
            "documents": len(reports),
            **{verdict: counts[verdict] for verdict in ("spun", "suspect", "clean")},
            "auroc": float(roc_auc_score(labels, np.concatenate([odds, honest]))),
            "recall_at_1_percent": float((odds > np.quantile(honest, 0.99)).mean()),
            "recall_at_0.1_percent": float((odds > np.quantile(honest, 0.999)).mean()),
        }
    return result


def _odds(report: Report) -> float:
    probability = min(max(report.probability or 0.0, 1e-9), 1 - 1e-9)
    return float(np.log(probability / (1 - probability)))


def findings(scored: Sequence[Scored]) -> dict[str, float]:
    """False findings of swapped words per 1,000 words of honest prose, by register."""
    words: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for item in scored:
        if not item.record.spun and item.record.register not in RELATIVES:
            for name in (item.record.register, "all"):
                words[name] += item.report.words
                found[name] += len(_swaps(item.report))
    return {name: 1000 * found[name] / words[name] for name in words}


def _swaps(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.signal == "wording"]


def marked(folder: Path, scored: Iterable[Scored]) -> dict[str, float]:
    """Phrases people marked in the wild documents: how many a finding touches, and for how many the original is named."""
    rows = {str(row["id"]): row for row in data.rows(folder / "spun/wild.jsonl.gz")}
    phrases = touched = first = fifth = 0
    for item in scored:
        if item.record.source != "wild":
            continue
        for mark in rows[item.record.id].get("tortured") or ():
            start = item.record.text.lower().find(mark["phrase"].lower())
            if start < 0:
                continue
            phrases += 1
            end = start + len(mark["phrase"])
            over = [f for f in _swaps(item.report) if f.start < end and start < f.end]
            touched += bool(over)
            wanted = set(mark["expected"].lower().split()) - set(mark["phrase"].lower().split())
            named = [[set(s.text.lower().split()) & wanted for s in f.suggestions] for f in over]
            first += any(n[:1] and n[0] for n in named)
            fifth += any(any(n) for n in named)
    share = max(phrases, 1)
    return {
        "phrases": phrases,
        "touched": touched / share,
        "original_top_1": first / share,
        "original_top_5": fifth / share,
    }


def seeds(folder: Path, options: Options) -> dict[str, dict[str, Any]]:
    with load(options) as detector:
        result = {}
        for path in sorted((folder / "seeds").glob("*.txt")):
            report = detector.score(path.read_text(encoding="utf-8"))
            windows = [w.probability for w in report.windows if w.probability is not None]
            result[path.stem] = {
                "verdict": str(report.verdict),
                "probability": report.probability,
                "strongest_window": max(windows, default=None),
                "swapped": len(_swaps(report)),
            }
        return result


def print_result(result: dict[str, Any]) -> None:
    print(f"{result['documents']} documents, wording {result['wording']}, grammar {result['grammar']}")
    print(f"unscored: {result['unscored']}")
    print("\nhonest text by register: documents, called spun, suspect, false-positive rate with 95 % interval")
    for name, row in sorted(result["registers"].items(), key=lambda item: (item[0] == "all", item[0])):
        rate = row["spun"] / row["documents"]
        print(
            f"  {name:36} {row['documents']:5} {row['spun']:4} {row['suspect']:4}"
            f"  {rate:6.1%} [{row['low']:.1%}, {row['high']:.1%}]  {result['findings'].get(name, 0):.2f} findings/1,000"
        )
    print("\nspun text: documents, spun, suspect, clean, AUROC, recall at 1 % and 0.1 % false positives")
    for name, row in result["spun"].items():
        print(
            f"  {name:36} {row['documents']:5} {row['spun']:4} {row['suspect']:4} {row['clean']:4}"
            f"  {row['auroc']:.4f}  {row['recall_at_1_percent']:.3f}  {row['recall_at_0.1_percent']:.3f}"
        )
    print("\nmarked phrases:", {k: round(v, 3) for k, v in result["marked"].items()})
    print("seeds:", json.dumps(result["seeds"]))


if __name__ == "__main__":
    main()
