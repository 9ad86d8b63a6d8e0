"""How well `detector trace` finds families that are hidden among passages nobody spun, and what it says of honest pairs.

    python -m detector.training.evaluate.trace --data DIR --tables DIR --documents 50000 --spinners mythes,phrase,roundtrip-es

Sources are left out of what the classifier was fitted on, and so are the spinners MyThes (Debian's mythes-en-us) and the
round trips (Apertium); phrases were fitted on, of other sources. Of every second family the source is not there. Ordinary
MinHash of words (datasketch) runs on the same documents. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np

from detector import model_files
from detector.corpus.options import ReadOptions
from detector.corpus.reading import read
from detector.reports.traced import write_json_lines
from detector.text.document import Document
from detector.trace.candidates import find_candidates
from detector.trace.comparing import Comparer
from detector.trace.indexing import Indexer
from detector.trace.marks import Marker
from detector.trace.pairs import Verdict
from detector.trace.sidecar import Sidecar
from detector.trace.texts import ComparedText
from detector.trace.tracing import Library, Result
from detector.training.data.passages import passages
from detector.training.data.trace_pairs import (
    HONEST,
    LEFT_OUT_SOURCES,
    NEVER_FITTED,
    clean_texts,
    honest_pairs,
    text_attacks,
)
from detector.training.evaluate.trace_baselines import BASELINES, baseline, marks_baseline
from detector.training.spinners import Spinner, Spun, spin
from detector.training.spinners.families import Places, make_chain
from detector.training.spinners.roundtrip import RoundTripSpinner

RATES = (0.05, 0.1, 0.2, 0.4)
LIGHT_RATE, LIGHT_WORDS = 0.03, (250, 350)
NEAR_COPY = 0.9  # of the words of a pair that are the same: near-copies, which no bar counts


COPIES, SIBLINGS, ALONE = "copies", "siblings, source there", "siblings, source gone"


@dataclass(frozen=True)
class Made:
    """A pair that is hidden: documents by number; `b` was spun from `a`, or both from a third where `kind` says siblings."""

    a: int
    b: int
    spinner: str
    rate: float
    kind: str = COPIES
    spun: Spun | None = None


def hide(texts: list[str], sources: Sequence[tuple[str, str]], spinners: Mapping[str, Spinner]) -> list[Made]:
    """Add what spinners make of sources to the texts, and every second source; return the pairs.

    Each spinner makes two copies of each source at each rate.
    """
    made: list[Made] = []
    for position, (id, text) in enumerate(sources):
        source, is_there = len(texts), position % 2 == 0
        if is_there:
            texts.append(text)
        for name, spinner in spinners.items():
            for rate in RATES:
                first, second = (spin(text, [spinner], rate, random.Random(f"{id}-{rate}-{n}")) for n in range(2))
                if min(len(first.edits), len(second.edits)) < 3:
                    continue
                texts += [first.text, second.text]
                number = len(texts) - 2
                if is_there:
                    made += [
                        Made(source, number, name, rate, spun=first),
                        Made(source, number + 1, name, rate, spun=second),
                    ]
                made.append(Made(number, number + 1, name, rate, SIBLINGS if is_there else ALONE))
    return made


def named(source: str, swaps: Sequence[Mapping[str, Any]], spun: Spun) -> tuple[int, int]:
    """Return of how many words put in a swap names what stood there, and how many swaps were aligned."""
    right = total = 0
    document = Document.from_text(spun.text)  # swaps count characters of the prose, edits those of the text
    places = [document.locate(swap["b"]["start"], swap["b"]["end"]) for swap in swaps]
    for edit in spun.edits:
        for swap, place in zip(swaps, places, strict=True):
            if place.start <= edit.start and edit.end <= place.end:
                total += 1
                original = source[edit.source_start : edit.source_end].lower()
                right += original in swap["a"]["text"].lower()
                break
    return right, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the spinners' tables are kept")
    parser.add_argument(
        "--documents", type=int, default=10_000, help="clean ones, among which families are hidden; 0: none"
    )
    parser.add_argument("--sources", type=int, default=10, help="texts of each left-out source that are spun")
    parser.add_argument("--pairs", type=int, default=150, help="honest pairs of each kind; 0: none")
    parser.add_argument("--kinds", help="of honest pairs, with commas between them; by default all")
    parser.add_argument("--spinners", default="mythes", help="names, with commas between them")
    options = parser.parse_args()
    places = Places(data=options.data, tables=options.tables)
    spinners = {name: make_chain([name], places).swapping[0] for name in options.spinners.split(",")}
    for spinner in spinners.values():
        if isinstance(spinner, RoundTripSpinner):  # a text is sent on its journey once, however often it is spun
            spinner.translate = lru_cache(spinner.translate)
    comparer = Comparer(model_files.read_manifest(model_files.locate()))
    if options.documents:
        _print_families(options, spinners, comparer)
    if options.pairs:
        _print_light(options.data, comparer, {name: spinners[name] for name in list(spinners)[:1]})
        _print_honest(options.data, comparer, options.pairs, options.kinds.split(",") if options.kinds else None)


def _print_families(options: argparse.Namespace, spinners: Mapping[str, Spinner], comparer: Comparer) -> None:
    texts = passages(options.data, for_fit=False)[: options.documents]
    clean = len(texts)
    sources = list(clean_texts(options.data, LEFT_OUT_SOURCES, options.sources))
    made = hide(texts, sources, spinners)
    print(
        f"{clean:,} clean passages, {len(texts) - clean:,} documents of {len(sources)} families, spun by {options.spinners}"
    )
    with TemporaryDirectory(prefix="unspun-trace-") as folder, _trace(texts, comparer, Path(folder)) as result:
        _print_found(texts, made, result)
        _print_clean(clean, result)
    for title, settings in BASELINES.items():
        started = process_time()
        _print_baseline(f"MinHash of {title} (datasketch)", made, baseline(texts, *settings), clean, started)
    started = process_time()
    _print_baseline("MinHash of marks, Jaccard .4 (rensa)", made, marks_baseline(texts), clean, started)


def _trace(texts: Sequence[str], comparer: Comparer, folder: Path) -> Result:
    """Trace the texts as the command does; print how long each step takes."""
    path = folder / "corpus.jsonl"
    path.write_text("".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts)), "utf-8")
    started = process_time()
    words = sum(len(record.document.words) for record in read([str(path)]) if record.document)
    tokenized = process_time()
    sidecar = Sidecar.create(folder / "signatures")
    Indexer(sidecar, ReadOptions()).add([str(path)])
    signed = process_time()
    parts = sidecar.parts()
    candidates = sum(1 for _ in find_candidates(parts))
    joined = process_time()
    result = Result(Library(parts))
    result.fill(comparer)
    compared = process_time()
    with open(folder / "found.jsonl", "w", encoding="utf-8") as stream:
        write_json_lines(result, stream)
    written = process_time()
    size = sum(file.stat().st_size for file in (folder / "signatures").rglob("*.npy"))
    join = joined - signed
    took = {
        "reading and tokenizing": tokenized - started,
        "signing (reads, too)": signed - tokenized,
        "join": join,
        f"comparing, of {candidates:,} candidates": compared - joined - join,
        "writing": written - compared,
    }
    print(f"{words:,} words; columns of {size / len(texts):,.0f} bytes a document", end="; ")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB, with the texts themselves")
    for name, seconds in took.items():
        print(f"  {name:40} {seconds:7.1f} s  {words / max(seconds, 1e-9):12,.0f} words/s")
    total = written - tokenized - join
    print(f"  end to end: {total:.1f} s, {total / (tokenized - started):.2f} times reading and tokenizing")
    return result


def _print_found(texts: Sequence[str], made: Sequence[Made], result: Result) -> None:
    pairs = {(int(one["a"]["id"]), int(one["b"]["id"])): one for one in result.pairs()}
    family_of = {member: family for family in result.families for member in family.members}
    cells: dict[tuple[str, str, float], list[tuple[bool, ...]]] = defaultdict(list)
    names: dict[tuple[str, float], list[int]] = defaultdict(lambda: [0, 0])
    for one in made:
        pair, family = pairs.get((one.a, one.b)), family_of.get(one.a)
        are_family = family is not None and family is family_of.get(one.b)
        is_spun = pair is not None and pair["relation"].startswith("spun")
        if one.kind is COPIES:
            right = pair is not None and pair["original"] == "a"
            directed = pair is not None and pair["direction"] > 0
        else:  # two of a large family are not compared: what the family says of both is what they are
            implied = family is not None and family.original not in (one.a, one.b) and pair is None and are_family
            is_spun = is_spun or implied
            right = implied or (pair is not None and pair["relation"] == "spun siblings")
            directed = family is not None and (one.kind is SIBLINGS or family.original is None)
        cells[one.spinner, one.kind, one.rate].append((pair is not None or are_family, is_spun, right, directed))
        if pair is not None and one.spun is not None:
            for at, number in enumerate(named(texts[one.a], pair["swaps"], one.spun)):
                names[one.spinner, one.rate][at] += number
    print(
        "found, called spun, relation right; direction right (of siblings whose source is gone: no copy passes for it)"
    )
    for (spinner, kind, rate), found in sorted(cells.items()):
        shares = " ".join(f"{value:6.3f}" for value in np.mean(found, axis=0))
        right, total = names[spinner, rate]
        of_names = f"  originals named {right / max(total, 1):.3f}" if kind is COPIES else ""
        print(f"  {spinner:12} {kind:22} {rate:4.0%} {len(found):4} {shares}{of_names}")


def _print_clean(clean: int, result: Result) -> None:
    among = [one for one in result.pairs() if int(one["a"]["id"]) < clean]
    counted = Counter(one["relation"] for one in among)
    print(f"pairs of clean passages ({clean:,}): " + ", ".join(f"{n:,} {name}" for name, n in sorted(counted.items())))
    spun = [one for one in among if one["relation"].startswith("spun")]
    far = [one for one in spun if _kept(one) < NEAR_COPY]
    poor = [
        one for one in among if one["relation"] not in ("quotes", "spun copy", "spun siblings") and _kept(one) < 0.5
    ]
    into = [one for one in among if int(one["b"]["id"]) >= clean and one["relation"] != "quotes"]
    for title, some in (
        ("called spun", spun),
        ("of those, with less than nine in ten words the same", far),
        ("others with less than half of the words the same", poor),
        ("linked to a family", into),
    ):
        print(f"  {title}: {len(some)}, {len(some) / clean * 1e4:.2f} in 10,000 documents")


def _kept(pair: Mapping[str, Any]) -> float:
    return float(pair["kept"] / max(pair["words"], pair["kept"] + pair["put_in"], 1))


def _print_baseline(title: str, made: Sequence[Made], found: set[tuple[int, int]], clean: int, started: float) -> None:
    print(
        f"{title}: {process_time() - started:.1f} s, {sum(min(pair) < clean for pair in found):,} pairs of clean documents"
    )
    for spinner in dict.fromkeys(one.spinner for one in made):
        for kind, members in (("copies", (COPIES,)), ("siblings", (SIBLINGS, ALONE))):
            parts = []
            for rate in RATES:
                those = [one for one in made if (one.spinner, one.rate) == (spinner, rate) and one.kind in members]
                some = [(one.a, one.b) in found for one in those]
                parts.append(f"{rate:.0%} {np.mean(some) if some else 0:.3f}")
            print(f"  {spinner:12} {kind:9} {', '.join(parts)}")


def _print_light(data: Path, comparer: Comparer, spinners: Mapping[str, Spinner]) -> None:
    """Print how often a document of some 300 words with 3 % of them swapped is called spun, beside its source."""
    marker = Marker()
    for name, spinner in spinners.items():
        results = []
        for id, whole in clean_texts(data, LEFT_OUT_SOURCES, 60):
            text = " ".join(whole.split(" ")[:300])
            if not LIGHT_WORDS[0] <= len(text.split()) <= LIGHT_WORDS[1]:
                continue
            spun = spin(text, [spinner], LIGHT_RATE, random.Random(f"light-{id}"))
            verdict = comparer.compare(ComparedText.of(text, marker), ComparedText.of(spun.text, marker))
            results.append(verdict is not None and verdict.relation.is_spun)
        print(
            f"{name}, 300 words, 3 % swapped, with the source: {len(results)} documents, called spun {np.mean(results):.3f}"
        )


def _print_honest(data: Path, comparer: Comparer, count: int, names: Sequence[str] | None) -> None:
    marker = Marker()
    print("pairs by kind: pairs, called something, called spun (honest kinds: of those called something)")
    total = [0, 0]
    for kinds, note in ((HONEST, "others of the kind were fitted on"), (NEVER_FITTED, "kind never fitted on")):
        found: dict[str, list[Verdict | None]] = defaultdict(list)
        chosen = {name: make for name, make in kinds.items() if names is None or name in names}
        for pair in honest_pairs(data, chosen, count, for_fit=False):
            found[pair.kind].append(comparer.compare(ComparedText.of(pair.a, marker), ComparedText.of(pair.b, marker)))
        for kind, verdicts in found.items():
            there = [verdict for verdict in verdicts if verdict is not None]
            spun = sum(verdict.relation.is_spun for verdict in there)
            total[0] += spun
            total[1] += len(verdicts)
            relations = Counter(str(verdict.relation) for verdict in there)
            print(
                f"  {kind:28} {len(verdicts):4} {len(there):4} {spun:3} {spun / len(verdicts):.3f}  {dict(relations)} ({note})"
            )
    print(f"  all honest kinds: {total[0]} of {total[1]} called spun, right {1 - total[0] / max(total[1], 1):.3f}")
    attacks = [
        comparer.compare(ComparedText.of(pair.a, marker), ComparedText.of(pair.b, marker))
        for pair in islice(text_attacks(data), count)
    ]
    right = [verdict is not None and verdict.relation.is_spun for verdict in attacks]
    direction = [verdict is not None and verdict.direction > 0 for verdict in attacks]
    print(
        f"  TextAttack (spun)            {len(attacks):4} called spun {np.mean(right):.3f}, direction {np.mean(direction):.3f}"
    )


if __name__ == "__main__":
    main()
