"""Unspun beside others, on the same documents: a published list of phrases, and the measures that others report.

usage: python -m detector.training.evaluate.peers --data DIR [--count N] [--jobs N] [--json FILE]

The list is that of published tortured phrases in the data folder, looked up in two ways: anywhere in the small letters, each
phrase once (as qtan-tran's tortured-phrase-classifier does), and between the edges of words, wherever it stands. By noun chunk
(Martel, Lentschat and Labbé 2024), a chunk counts as spun where a swap touches it; chunks are runs of words that a dictionary
knows as nouns or adjectives, up to the last that may be a noun. Of the wild documents people marked some swaps only: what is
found of the others counts as wrong there. The synonym attacks are those of FGWS (news, in small letters, tokenised): whole
documents, beside their originals; those under 40 words have no score and are left out.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score, roc_auc_score

from detector.engine.detector import Detector, load
from detector.options import Options
from detector.report import Grade, Report, Verdict, require_reports
from detector.text.document import Document
from detector.text.offsets import Span
from detector.text.segments import WORD
from detector.training.data import splits as data
from detector.training.data.lexicon import FUNCTION_WORDS, analyses
from detector.training.data.tortured import tortured_rows
from detector.training.evaluate.findings import Known, documents, f1, joined
from detector.training.evaluate.scores import Swap

COUNT = 10
RATES = (0.01, 0.05, 0.1)  # of originals called spun, at which what is found of the attacks is told
METHODS = ("list, anywhere", "list, whole words", "unspun, likely", "unspun, all")
_SETS = {"wild": "wild, as marked", "wikinews_2019_2020": "news, by hand", "detectrl_word": "TextAttack"}


@dataclass(frozen=True)
class Hits:
    """What a method finds in one document: places with a score each, and whether it calls the document spun."""

    spans: Mapping[Span, float]
    called: bool


class PhraseList:
    """A list of phrases, in small letters."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.phrases = sorted({phrase for phrase in phrases if phrase})
        found = "|".join(re.escape(phrase) for phrase in sorted(self.phrases, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<!\w)(?:{found})(?!\w)")

    def anywhere(self, text: str) -> Hits:
        """Look for each phrase anywhere, within words, too; its first place counts."""
        small = text.lower()
        places = ((small.find(phrase), len(phrase)) for phrase in self.phrases)
        return _listed(Span(start, start + length) for start, length in places if start >= 0)

    def whole_words(self, text: str) -> Hits:
        return _listed(Span(*match.span()) for match in self._pattern.finditer(text.lower()))


def _listed(spans: Iterable[Span]) -> Hits:
    found = dict.fromkeys(spans, 1.0)
    return Hits(found, bool(found))


def reported(report: Report, grades: Sequence[Grade]) -> Hits:
    wording = (finding for finding in report.findings if finding.grade in grades)
    spans = {Span(finding.start, finding.end): finding.score for finding in wording}
    return Hits(spans, report.verdict is Verdict.SPUN)


def noun_chunks(text: str) -> Iterator[Span]:
    """Yield runs of words that may be nouns or adjectives, up to the last that may be a noun.

    >>> text = "He denied the large arms deal of yesterday"
    >>> [text[start:end] for start, end in noun_chunks(text)]
    ['large arms deal', 'yesterday']
    """
    run: list[tuple[int, int, bool]] = []
    last = 0
    for match in [*WORD.finditer(text), None]:
        kinds = _kinds(match.group().lower()) if match else frozenset()
        if not match or not kinds or (run and text[last : match.start()] not in (" ", "-")):
            nouns = [number for number, (_, _, noun) in enumerate(run) if noun]
            if nouns:
                yield Span(run[0][0], run[nouns[-1]][1])
            run = []
        if match:
            last = match.end()
            if kinds:
                run.append((match.start(), match.end(), "NOUN" in kinds))


def _kinds(word: str) -> frozenset[str]:
    if word in FUNCTION_WORDS:
        return frozenset()
    read = analyses(word)
    verb_only = any(tag in ("VBD", "VBZ") for _, _, tag in read) and not any(pos == "NOUN" for _, pos, _ in read)
    return frozenset() if verb_only else frozenset(pos for _, pos, _ in read if pos in ("NOUN", "ADJ"))


def touches(span: Span, others: Iterable[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def measure(known: Sequence[Known], hits: Sequence[Hits]) -> dict[str, float]:
    """Return what a method finds of the swaps of spun documents: of whole documents, by noun chunk, by span, by word."""
    counts: dict[str, int] = defaultdict(int)
    gains: list[float] = []
    for (record, swaps), found in zip(known, hits, strict=True):
        phrases = [Span(swap.start, swap.end) for swap in joined(swaps, record.text)]
        counts["called"] += found.called
        for chunk in noun_chunks(record.text):
            counts[f"chunk {touches(chunk, phrases)} {touches(chunk, found.spans)}"] += 1
        counts["found"] += len(found.spans)
        counts["phrases"] += len(phrases)
        counts["right"] += sum(touches(span, phrases) for span in found.spans)
        counts["touched"] += sum(touches(phrase, found.spans) for phrase in phrases)
        counts["exact"] += len(set(phrases) & set(found.spans))
        if phrases:
            gains.append(_ndcg(record.text, swaps, found))
    chunks = counts["chunk True True"]
    overlap = counts["right"] / max(counts["found"], 1), counts["touched"] / max(counts["phrases"], 1)
    exact = counts["exact"] / max(counts["found"], 1), counts["exact"] / max(counts["phrases"], 1)
    return {
        "documents": len(known),
        "called": counts["called"],
        "chunk_recall": chunks / max(chunks + counts["chunk True False"], 1),
        "chunk_precision": chunks / max(chunks + counts["chunk False True"], 1),
        "overlapping_f1": f1(*overlap),
        "exact_f1": f1(*exact),
        "ndcg": float(np.mean(gains)) if gains else float("nan"),
    }


def _ndcg(text: str, swaps: Sequence[Swap], found: Hits) -> float:
    """Return the normalised discounted cumulative gain of a document's words, those that are shown ranked by their score."""
    words = [Span(*match.span()) for match in WORD.finditer(text)]
    truth = [[float(touches(word, (Span(swap.start, swap.end) for swap in swaps))) for word in words]]
    scores = [[max((s for span, s in found.spans.items() if touches(word, [span])), default=0.0) for word in words]]
    return float(ndcg_score(truth, scores))


def attacked(detector: Detector, folder: Path, listed: PhraseList, count: int) -> dict[str, dict[str, float]]:
    """Return how well each method tells the documents of synonym attacks from their originals."""
    rows = list(data.rows(folder / "spun/fgws_prioritized.jsonl.gz"))
    chosen = sorted({row["pair_id"] for row in rows}, key=lambda pair: data.share(f"peers-{pair}"))[:count]
    rows = [row for row in rows if row["pair_id"] in chosen]
    reports = list(
        require_reports(detector.score_documents(Document.from_text(row["text"], id=row["id"]) for row in rows))
    )
    scored = [pair for pair in zip(rows, reports, strict=True) if pair[1].probability is not None]
    labels = np.array([row["kind"] != "original" for row, _ in scored])
    values = {
        "list, anywhere": np.array([float(len(listed.anywhere(row["text"]).spans)) for row, _ in scored]),
        "unspun": np.array([report.probability or 0.0 for _, report in scored]),
    }
    return {name: {"documents": len(scored), **_told_apart(labels, value)} for name, value in values.items()}


def _told_apart(labels: NDArray[np.bool_], values: NDArray[np.float64]) -> dict[str, float]:
    honest = values[~labels]
    numbers = {"auroc": float(roc_auc_score(labels, values))}
    for rate in RATES:
        limit = np.sort(honest)[::-1][int(rate * len(honest))]
        numbers[f"recall_at_{rate:g}"] = float((values[labels] > limit).mean())
    return numbers


def compare(folder: Path, count: int, options: Options) -> dict[str, Any]:
    """Return the numbers of all methods."""
    known = [pair for pair in documents(folder, count, None, Path(), ()) if not pair[0].spun or pair[1]]
    listed = PhraseList(phrase for _, phrase, _ in tortured_rows(folder))
    with load(options) as detector:
        scored = detector.score_documents(Document.from_text(r.text, id=r.id, source=r.source) for r, _ in known)
        reports = list(require_reports(scored))
        fgws = attacked(detector, folder, listed, 6 * count)
    texts = [record.text for record, _ in known]
    hits = {
        "list, anywhere": [listed.anywhere(text) for text in texts],
        "list, whole words": [listed.whole_words(text) for text in texts],
        "unspun, likely": [reported(report, (Grade.LIKELY,)) for report in reports],
        "unspun, all": [reported(report, tuple(Grade)) for report in reports],
    }
    honest = [number for number, (record, _) in enumerate(known) if not record.spun]
    result: dict[str, Any] = {"sets": {}, "honest": {}, "fgws": fgws}
    for source, title in _SETS.items():
        chosen = [n for n, (record, _) in enumerate(known) if record.spun and record.source == source]
        result["sets"][title] = {
            method: measure([known[n] for n in chosen], [hits[method][n] for n in chosen]) for method in METHODS
        }
    words = sum(report.words for report, (record, _) in zip(reports, known, strict=True) if not record.spun)
    for method in METHODS:
        of = [hits[method][n] for n in honest]
        per_thousand = 1000 * sum(len(one.spans) for one in of) / max(words, 1)
        called = sum(one.called for one in of)
        result["honest"][method] = {"documents": len(of), "called": called, "per_thousand": per_thousand}
    return result


def print_result(result: Mapping[str, Any]) -> None:
    print(
        "spun documents: how many, called spun; by noun chunk recall and precision; F1 of the spans, overlapping and exact;"
    )
    print("NDCG of the words")
    for title, methods in result["sets"].items():
        print(f"  {title}")
        for name, row in methods.items():
            shares = ("chunk_recall", "chunk_precision", "overlapping_f1", "exact_f1", "ndcg")
            numbers = "  ".join(f"{row[share]:.3f}" for share in shares)
            print(f"    {name:20} {row['documents']:5} {row['called']:5}  {numbers}")
    print("\nhonest documents: how many, called spun (a list: with a hit), hits per 1,000 words")
    for name, row in result["honest"].items():
        print(f"    {name:20} {row['documents']:5} {row['called']:5}  {row['per_thousand']:.2f}")
    rates = ", ".join(f"{rate:.0%}" for rate in RATES)
    print(f"\nsynonym attacks of FGWS and their originals: documents, AUROC, recall at {rates} of the originals")
    for name, row in result["fgws"].items():
        recalls = "  ".join(f"{row[f'recall_at_{rate:g}']:.3f}" for rate in RATES)
        print(f"    {name:20} {row['documents']:5}  {row['auroc']:.3f}  {recalls}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--count", type=int, default=COUNT, help="honest documents of each source, and six times the attacks"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    result = compare(options.data, options.count, Options(grammar="off", jobs=options.jobs))
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
