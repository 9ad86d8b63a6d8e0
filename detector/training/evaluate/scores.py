"""Numbers that both evaluations print: documents told apart, swaps found and named, findings where nothing was swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from detector.report import Finding
from detector.text.segments import WORD
from detector.training.data import splits as data
from detector.training.data.records import RELATIVES, Record

Numbers = dict[str, float]


@dataclass(frozen=True)
class Swap:
    """A place where something else stood before: code points of the text, and what stood there."""

    start: int
    end: int
    original: str


def swaps_of(record: Record, originals: Sequence[str]) -> tuple[Swap, ...]:
    """Return the edits of a record that was spun here, with the original of each."""
    return tuple(Swap(*span, original) for span, original in zip(record.edits, originals, strict=True))


def marked_by_people(folder: Path) -> dict[str, tuple[Mapping[str, str], ...]]:
    """Return, for each wild document by id, the phrases that people marked, with what they stand for."""
    return {str(row["id"]): tuple(row.get("tortured") or ()) for row in data.rows(folder / "spun/wild.jsonl.gz")}


def marked(text: str, marks: Iterable[Mapping[str, str]]) -> Iterator[Swap]:
    """Yield the marked phrases at their first place in the text."""
    for mark in marks:
        start = text.lower().find(mark["phrase"].lower())
        if start >= 0:
            yield Swap(start, start + len(mark["phrase"]), mark["expected"].lower())


def differences(before: str, after: str) -> Iterator[Swap]:
    """Yield words of `after` that stand where others stood in `before`."""
    old, new = list(WORD.finditer(before)), list(WORD.finditer(after))
    left, right = ([m.group().lower() for m in words] for words in (old, new))
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "replace" and j - i == m - k:
            yield from (Swap(new[k + n].start(), new[k + n].end(), left[i + n]) for n in range(m - k))


def interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Clopper-Pearson)."""
    low = float(beta.ppf(0.025, hits, count - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, count - hits)) if hits < count else 1.0
    return low, high


def separation(spun: NDArray[np.float64], honest: NDArray[np.float64]) -> Numbers:
    """Return how well the log-odds of spun documents stand out from those of honest ones."""
    labels = np.concatenate([np.ones(len(spun)), np.zeros(len(honest))])
    return {
        "auroc": float(roc_auc_score(labels, np.concatenate([spun, honest]))),
        "recall_at_1_percent": float((spun > np.quantile(honest, 0.99)).mean()),
        "recall_at_0.1_percent": float((spun > np.quantile(honest, 0.999)).mean()),
    }


def naming_scores(documents: Iterable[tuple[str, Sequence[Swap], Sequence[Finding]]]) -> Numbers:
    """Return how many swaps a finding touches, and for how many the original is named."""
    swaps = touched = first = fifth = 0
    for text, of_text, findings in documents:
        for swap in of_text:
            swaps += 1
            over = [f for f in findings if f.start < swap.end and swap.start < f.end]
            touched += bool(over)
            rank = best_rank(over, swap, text[swap.start : swap.end])
            first += rank == 0
            fifth += rank is not None
    share = max(swaps, 1)
    return {
        "swaps": swaps,
        "touched": touched / share,
        "original_top_1": first / share,
        "original_top_5": fifth / share,
    }


def best_rank(findings: Sequence[Finding], swap: Swap, there: str) -> int | None:
    """Return the best rank of a suggestion with a word of the original that does not stand there anyway, None if there
    is none."""
    wanted = set(swap.original.lower().split()) - set(there.lower().split())
    ranks = [
        rank
        for finding in findings
        for rank, suggestion in enumerate(finding.suggestions[:5])
        if wanted & set(suggestion.text.lower().split())
    ]
    return min(ranks, default=None)


def false_findings(read: Iterable[tuple[Record, int, Sequence[Finding]]]) -> Numbers:
    """Return findings of swapped words per 1,000 words of honest prose, by register.

    `read` are records with their words and findings.
    """
    count: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for record, words, findings in read:
        if not record.spun and record.register not in RELATIVES:
            for name in (record.register, "all"):
                count[name] += words
                found[name] += len(findings)
    return {name: 1000 * found[name] / count[name] for name in sorted(count)}
