"""Tries the shipped detector on documents no part of it has learned from: the numbers of `detector evaluate verdict`.

Honest documents come from groups that neither the encoder nor the classifier was fitted on; real spun ones are never
fitted on at all.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from detector.engine.detector import Detector, load
from detector.judge import gates
from detector.options import Options
from detector.report import Finding, Report, Verdict, require_reports
from detector.text.document import Document
from detector.training.data import splits as data
from detector.training.data.by_hand import by_hand_records, translated_by_hand
from detector.training.data.records import Record, evaluation_records, simulated_records
from detector.training.evaluate.scores import (
    Swap,
    false_findings,
    interval,
    marked,
    marked_by_people,
    naming_scores,
    separation,
    swaps_of,
)
from detector.training.spinners import Spinner

ABSTAINED = 400  # documents of each source that are asked whether they are scored


@dataclass(frozen=True)
class Scored:
    record: Record
    report: Report


def evaluate(folder: Path, options: Options, count: int, spinners: Mapping[str, Spinner]) -> dict[str, Any]:
    """Return all numbers of the evaluation.

    It has `count` honest documents of each source, all real spun ones and their relatives, simulated spins, news spun
    by hand, and translated by hand.
    """
    records = list(evaluation_records(folder, count))
    records += [record for record, _ in simulated_records(folder, spinners, count)]
    by_hand = list(by_hand_records(folder))
    records += [record for record, _ in by_hand]
    swaps = {record.id: swaps_of(record, originals) for record, originals in by_hand}
    began = time.perf_counter()
    with load(options) as detector:
        pairs, translated = (score_records(detector, some) for some in (records, list(translated_by_hand())))
        seeds = {path.stem: detector.score(path.read_text("utf-8")) for path in sorted(folder.glob("seeds/*.txt"))}
        model = detector.model.sha256
    seconds = time.perf_counter() - began
    marks = marked_by_people(folder)
    scored = [one for one in pairs if one.report.probability is not None]
    return {
        "model": model,
        "grammar": options.grammar,
        "wording": options.wording,
        "documents": len(records),
        "words": sum(one.report.words for one in pairs),
        "seconds": round(seconds),
        "unscored": unscored(pairs),
        "abstained": abstained(folder),
        "registers": false_positives(scored),
        "spun": spun_sets(scored),
        "simulated": simulated([one for one in scored if one.record.id not in swaps]),
        "by hand": spun_by_hand([one for one in scored if one.record.id in swaps], swaps),
        "translated by hand": false_positives(translated),
        "stricter": register_thresholds(scored),
        "lengths": lengths(scored),
        "findings": false_findings((one.record, one.report.words, _swaps(one.report)) for one in scored),
        "marked": naming_scores(
            (one.record.text, tuple(marked(one.record.text, marks[one.record.id])), _swaps(one.report))
            for one in scored
            if one.record.source == "wild"
        ),
        "seeds": {name: seed(report) for name, report in seeds.items()},
    }


def score_records(detector: Detector, records: Sequence[Record]) -> list[Scored]:
    reports = require_reports(
        detector.score_documents(Document.from_text(r.text, id=r.id, source=r.source) for r in records)
    )
    return [Scored(*pair) for pair in zip(records, reports, strict=True)]


def unscored(pairs: Sequence[Scored]) -> dict[str, dict[str, int]]:
    """Return, for each source, how many documents were not scored, by reason."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in pairs:
        if one.report.verdict is Verdict.UNSCORED and not one.record.family:
            counts[one.record.source][one.report.reason or ""] += 1
    return {source: dict(reasons) for source, reasons in counts.items()}


def abstained(folder: Path) -> dict[str, dict[str, Any]]:
    """Return, for each register, how many documents there are as they come, short ones too, and how many get no score,
    by reason."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    paths = [(source.path, source.register) for source in data.SOURCES]
    for path, register in [*paths, *((path, register) for path, _, register in data.EVALUATION)]:
        for row in islice(data.rows(folder / f"{path}.jsonl.gz"), ABSTAINED):
            counts[register][gates.check(Document.from_text(row["text"])).reason or ""] += 1
    return {
        register: {"documents": of.total(), "reasons": {reason: n for reason, n in of.items() if reason}}
        for register, of in sorted(counts.items())
    }


def false_positives(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """Return verdicts on honest text, by register, with the interval of the false-positive rate."""
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
    """Return, for each set of real spun text, verdicts, AUROC and recall at 1 % false positives against all honest
    documents."""
    honest = np.array([_odds(item.report) for item in scored if not item.record.spun])
    sources = {item.record.register for item in scored if item.record.spun and not item.record.family}
    result = {}
    for name in sorted(sources):
        reports = [item.report for item in scored if item.record.register == name and not item.record.family]
        counts = Counter(str(report.verdict) for report in reports)
        result[name] = {
            "documents": len(reports),
            **{verdict: counts[verdict] for verdict in ("spun", "suspect", "clean")},
            **separation(np.array([_odds(report) for report in reports]), honest),
        }
    return result


def _odds(report: Report) -> float:
    probability = min(max(report.probability or 0.0, 1e-9), 1 - 1e-9)
    return float(np.log(probability / (1 - probability)))


def _swaps(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.signal == "wording"]


def simulated(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Return, by family and by rate, how many simulated spins are called spun, and how many at least suspect."""
    groups: dict[str, list[Report]] = defaultdict(list)
    for item in scored:
        if item.record.family:
            groups[item.record.family].append(item.report)
            groups[f"{item.record.rate:.0%} of words"].append(item.report)
    return {name: verdict_shares(reports) for name, reports in sorted(groups.items())}


def spun_by_hand(scored: Sequence[Scored], swaps: Mapping[str, Sequence[Swap]]) -> dict[str, dict[str, float]]:
    """Return, for each part of them, what is called spun, and what of the swaps (by id of the record) is found and named."""
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in scored:
        groups[one.record.family].append(one)
    return {
        name: verdict_shares([one.report for one in group])
        | naming_scores((one.record.text, swaps[one.record.id], _swaps(one.report)) for one in group)
        for name, group in groups.items()
    }


GROUP_RATE = 0.02  # of each register's honest documents, the most that should be called spun


def register_thresholds(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """Return, for each register of which more than `GROUP_RATE` are called spun, the threshold above which no more are.

    Beside it stands what of each set of real spun text lies above that threshold.
    """
    honest: dict[str, list[float]] = defaultdict(list)  # what is called spun has its probability, all else has none
    spun: dict[str, list[float]] = defaultdict(list)
    for one in scored:
        if not one.record.family:
            of = spun if one.record.spun else honest
            is_spun = one.report.verdict is Verdict.SPUN
            of[one.record.register].append((one.report.probability or 0) if is_spun else 0)
    result = {}
    for name, probabilities in sorted(honest.items()):
        limit = sorted(probabilities, reverse=True)[int(GROUP_RATE * len(probabilities))]
        if limit > 0:
            found = {kind: sum(p > limit for p in those) / len(those) for kind, those in sorted(spun.items())}
            result[name] = {"above": limit, "spun": found}
    return result


LENGTHS = (0, 100, 200, 400, 10**9)  # words


def lengths(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Return verdicts on real spun documents, by length."""
    groups: dict[str, list[Report]] = {}
    for low, high in pairwise(LENGTHS):
        name = f"{low} to {high} words" if high < LENGTHS[-1] else f"{low} words and more"
        there = [i.report for i in scored if i.record.spun and not i.record.family and low <= i.report.words < high]
        if there:
            groups[name] = there
    return {name: verdict_shares(reports) for name, reports in groups.items()}


def verdict_shares(reports: Sequence[Report]) -> dict[str, float]:
    return {
        "documents": len(reports),
        "spun": sum(report.verdict is Verdict.SPUN for report in reports) / len(reports),
        "spun_or_suspect": sum(report.verdict is not Verdict.CLEAN for report in reports) / len(reports),
    }


def seed(report: Report) -> dict[str, Any]:
    windows = [w.probability for w in report.windows if w.probability is not None]
    return {
        "verdict": str(report.verdict),
        "probability": report.probability,
        "strongest_window": max(windows, default=None),
        "swapped": len(_swaps(report)),
    }


def print_result(result: dict[str, Any]) -> None:
    print(f"{result['documents']} documents, wording {result['wording']}, grammar {result['grammar']}")
    print(f"unscored: {result['unscored']}")
    print("\nno score, of the documents of each source as they come, short ones too")
    for name, row in result["abstained"].items():
        share = sum(row["reasons"].values()) / row["documents"]
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(row["reasons"].items()))
        print(f"  {name:36} {row['documents']:5}  {share:6.1%}  {reasons}")
    print("\nhonest text by register: documents, called spun, suspect, false-positive rate with 95 % interval")
    for name, row in sorted(result["registers"].items(), key=lambda item: (item[0] == "all", item[0])):
        rate = row["spun"] / row["documents"]
        print(
            f"  {name:36} {row['documents']:5} {row['spun']:4} {row['suspect']:4}"
            f"  {rate:6.1%} [{row['low']:.1%}, {row['high']:.1%}]  {result['findings'].get(name, 0):.2f} findings/1,000"
        )
    print("\nhonest text translated by hand, word for word: documents, called spun, suspect")
    for name, row in result["translated by hand"].items():
        print(f"  {name:36} {row['documents']:5} {row['spun']:4} {row['suspect']:4}")
    print("\nspun text: documents, spun, suspect, clean, AUROC, recall at 1 % and 0.1 % false positives")
    for name, row in result["spun"].items():
        print(
            f"  {name:36} {row['documents']:5} {row['spun']:4} {row['suspect']:4} {row['clean']:4}"
            f"  {row['auroc']:.4f}  {row['recall_at_1_percent']:.3f}  {row['recall_at_0.1_percent']:.3f}"
        )
    print(
        f"\nto call at most {GROUP_RATE:.0%} of a register spun: above which probability, and what is still called spun"
    )
    for name, row in result["stricter"].items():
        found = ", ".join(f"{kind} {share:.3f}" for kind, share in row["spun"].items())
        print(f"  {name:36} {row['above']:.3f}  {found}")
    for title in ("simulated", "lengths"):
        print(f"\n{title}: documents, called spun, spun or suspect")
        for name, row in result[title].items():
            print(f"  {name:36} {row['documents']:5}  {row['spun']:.3f}  {row['spun_or_suspect']:.3f}")
    print("\nspun by hand: documents, called spun, spun or suspect; swaps, touched, original first, among five")
    for name, row in result["by hand"].items():
        documents = f"{row['documents']:5}  {row['spun']:.3f}  {row['spun_or_suspect']:.3f}"
        found = f"{row['touched']:.3f}  {row['original_top_1']:.3f}  {row['original_top_5']:.3f}"
        print(f"  {name:36} {documents}  {row['swaps']:5}  {found}")
    print("\nmarked phrases:", {k: round(v, 3) for k, v in result["marked"].items()})
    print("seeds:", json.dumps(result["seeds"]))
    print(f"{result['words']:,} words in {result['seconds']} s")
