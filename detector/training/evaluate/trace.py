"""How well `detector trace` finds families that are hidden among clean documents, and what it says of honest pairs.

    python -m detector.training.evaluate.trace --data DIR --tables DIR --documents 10000

Sources are left out of what the classifier was fitted on, and so are the spinners: MyThes (Debian's mythes-en-us), and round
trips where Apertium is installed. Ordinary MinHash of words (datasketch) runs on the same documents.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from detector import model_files
from detector.corpus.options import ReadOptions
from detector.corpus.reading import read
from detector.trace.candidates import find_candidates
from detector.trace.comparing import Comparer
from detector.trace.families import Link, find_families
from detector.trace.indexing import Indexer
from detector.trace.marks import Marker
from detector.trace.pairs import Relation, Verdict
from detector.trace.sidecar import Sidecar
from detector.trace.texts import ComparedText
from detector.trace.tracing import Library
from detector.training.data.splits import rows, share
from detector.training.data.trace_pairs import (
    HONEST,
    LEFT_OUT_SOURCES,
    NEVER_FITTED,
    clean_texts,
    honest_pairs,
    is_for_fit,
    text_attacks,
)
from detector.training.spinners import Spinner, Spun, spin
from detector.training.spinners.families import Places, make_chain

RATES = (0.05, 0.1, 0.2, 0.4)
LIGHT_RATE, LIGHT_WORDS = 0.03, (250, 350)
BACKGROUND = (
    "allsides_news", "reuters_21578", "bbc_2225", "acl_abstracts", "lafand_en_african_news", "digitalgov_news",
    "carpentries_blog", "digitalgov_guides", "plos_craft_fulltext", "openstax", "18f_blog", "wikipedia_vital_summaries",
)  # fmt: skip
BASELINES = {"words, 3 in a row, Jaccard .5": (3, 0.5, 128), "as text-dedup: 5 in a row, .7": (5, 0.7, 256)}


@dataclass(frozen=True)
class Made:
    """A pair that is hidden: documents by number; `b` was spun from `a`, or both from a third where `siblings`."""

    a: int
    b: int
    spinner: str
    rate: float
    siblings: bool = False
    spun: Spun | None = None


def background(data: Path, count: int) -> list[str]:
    """Return clean documents of many sources, each a share of them."""
    texts: list[tuple[float, str]] = []
    for name in BACKGROUND:
        found = rows(data / f"clean/{name}.jsonl.gz")
        texts += (
            (share(f"background-{row['id']}"), row["text"][:12_000]) for row in found if not is_for_fit(str(row["id"]))
        )
    return [text for _, text in sorted(texts)[:count]]


def hide(texts: list[str], sources: Sequence[tuple[str, str]], spinners: Mapping[str, Spinner]) -> list[Made]:
    """Add sources and what spinners make of them to the texts; return the pairs."""
    made: list[Made] = []
    for id, text in sources:
        source = len(texts)
        texts.append(text)
        for name, spinner in spinners.items():
            for rate in RATES:
                first, second = (spin(text, [spinner], rate, random.Random(f"{id}-{rate}-{n}")) for n in range(2))
                if len(first.edits) < 3:
                    continue
                texts += [first.text, second.text]
                number = len(texts) - 2
                made += [
                    Made(source, number, name, rate, spun=first),
                    Made(number, number + 1, name, rate, siblings=True),
                ]
    return made


def named(source: str, verdict: Verdict, spun: Spun) -> tuple[int, int]:
    """Return of how many words put in a swap names what stood there, and how many swaps were aligned."""
    right = total = 0
    for edit in spun.edits:
        for swap in verdict.swaps:
            if swap.b_start <= edit.start and edit.end <= swap.b_end:
                total += 1
                original = source[edit.source_start : edit.source_end].lower()
                right += original in swap.a_text.lower()
                break
    return right, total


def baseline(texts: Sequence[str], length: int, threshold: float, permutations: int) -> set[tuple[int, int]]:
    """Return the pairs that ordinary MinHash of words finds, at the estimated similarity `threshold`."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=threshold, num_perm=permutations)
    signed = []
    for number, text in enumerate(texts):
        words = text.lower().split()
        grams = {" ".join(words[at : at + length]).encode() for at in range(max(len(words) - length + 1, 1))}
        sketch = MinHash(num_perm=permutations)
        sketch.update_batch(list(grams))
        signed.append(sketch)
        lsh.insert(number, sketch)
    return {
        (number, other)
        for number, sketch in enumerate(signed)
        for other in lsh.query(sketch)
        if number < other and sketch.jaccard(signed[other]) >= threshold
    }


def marks_baseline(texts: Sequence[str]) -> set[tuple[int, int]]:
    """Return the pairs that MinHash of the same marks finds (rensa, 128 permutations, 42 bands, Jaccard .4)."""
    import rensa

    from detector.trace.shingles import mark_shingles

    marker, flat, ends = Marker(), [], [0]
    for text in texts:
        flat.append(np.unique(mark_shingles(marker.marks(text))))
        ends.append(ends[-1] + len(flat[-1]))
    matrix = np.array(
        rensa.RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(flat), ends, 126, 1).to_rows(), np.uint32
    )
    found: set[tuple[int, int]] = set()
    for band in range(0, 126, 3):
        keys = matrix[:, band : band + 3].astype(np.uint64) @ np.array([1, 2**21 - 9, 2**42 - 11], np.uint64)
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for group in np.split(order, cuts):
            if 2 <= len(group) <= 30:
                pairs = [(a, b) for at, a in enumerate(group.tolist()) for b in group.tolist()[at + 1 :]]
                found |= {(a, b) for a, b in pairs if (matrix[a] == matrix[b]).mean() >= 0.4}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the spinners' tables are kept")
    parser.add_argument("--documents", type=int, default=10_000, help="clean ones, among which the families are hidden")
    parser.add_argument("--sources", type=int, default=10, help="texts of each left-out source that are spun")
    parser.add_argument("--pairs", type=int, default=150, help="honest pairs of each kind")
    parser.add_argument("--spinners", default="mythes", help="names, with commas between them")
    options = parser.parse_args()
    places = Places(data=options.data, tables=options.tables)
    spinners = {name: make_chain([name], places).swapping[0] for name in options.spinners.split(",")}
    comparer = Comparer(model_files.read_manifest(model_files.locate()))
    texts = background(options.data, options.documents)
    clean = len(texts)
    sources = list(clean_texts(options.data, LEFT_OUT_SOURCES, options.sources))
    made = hide(texts, sources, spinners)
    print(f"{clean:,} clean documents, {len(texts) - clean:,} of {len(sources)} families, spun by {options.spinners}")
    verdicts, links = _trace(texts, comparer)
    _print_found(texts, made, verdicts, links)
    _print_clean(clean, len(texts), verdicts)
    for title, settings in BASELINES.items():
        started = perf_counter()
        _print_baseline(f"MinHash of {title} (datasketch)", made, baseline(texts, *settings), clean, started)
    started = perf_counter()
    _print_baseline("MinHash of marks, Jaccard .4 (rensa)", made, marks_baseline(texts), clean, started)
    _print_light(options.data, comparer, spinners)
    _print_honest(options.data, comparer, options.pairs)


def _trace(texts: Sequence[str], comparer: Comparer) -> tuple[dict[tuple[int, int], Verdict], list[Link]]:
    """Trace the texts as the command does; print how long each step takes."""
    with TemporaryDirectory(prefix="unspun-trace-") as folder:
        path = Path(folder) / "corpus.jsonl"
        path.write_text(
            "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts)), "utf-8"
        )
        started = perf_counter()
        words = sum(len(record.document.words) for record in read([str(path)]) if record.document)
        tokenized = perf_counter()
        sidecar = Sidecar.create(Path(folder) / "signatures")
        Indexer(sidecar, ReadOptions()).add([str(path)])
        signed = perf_counter()
        parts = sidecar.parts()
        library = Library(parts)
        candidates = list(find_candidates(parts))
        joined = perf_counter()
        verdicts = {}
        for one in candidates:
            verdict = comparer.compare(library.text(one.a), library.text(one.b))
            if verdict is not None:
                verdicts[one.a, one.b] = verdict
        compared = perf_counter()
        size = sum(file.stat().st_size for file in (Path(folder) / "signatures").rglob("*.npy"))
    took = {
        "reading and tokenizing": tokenized - started,
        "signing (reads, too)": signed - tokenized,
        "join": joined - signed,
        f"comparing {len(candidates):,} candidates": compared - joined,
    }
    print(f"{words:,} words; columns of {size / len(texts):,.0f} bytes a document")
    for name, seconds in took.items():
        print(f"  {name:36} {seconds:7.1f} s  {words / max(seconds, 1e-9):12,.0f} words/s")
    print(f"  end to end: {(compared - tokenized) / (tokenized - started):.2f} times reading and tokenizing")
    links = [Link(a, b, v.relation, v.direction, v.share_kept) for (a, b), v in verdicts.items()]
    return verdicts, find_families(links)[1]


def _print_found(
    texts: Sequence[str], made: Sequence[Made], verdicts: Mapping[tuple[int, int], Verdict], links: Sequence[Link]
) -> None:
    relations = {(link.a, link.b): link.relation for link in links}
    cells: dict[tuple[str, bool, float], list[tuple[bool, bool, bool, bool]]] = defaultdict(list)
    names: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for one in made:
        verdict = verdicts.get((one.a, one.b))
        wanted = Relation.SPUN_SIBLINGS if one.siblings else Relation.SPUN_COPY
        is_spun = verdict is not None and verdict.relation.is_spun
        right = is_spun and relations[one.a, one.b] is wanted
        direction = verdict is not None and (one.siblings or verdict.direction > 0)
        cells[one.spinner, one.siblings, one.rate].append((verdict is not None, is_spun, right, direction))
        if verdict is not None and one.spun is not None:
            for at, number in enumerate(named(texts[one.a], verdict, one.spun)):
                names[one.rate][at] += number
    print("families: found, called spun, relation right, direction right; originals named of the aligned swaps")
    for (spinner, siblings, rate), found in sorted(cells.items()):
        shares = " ".join(f"{value:6.3f}" for value in np.mean(found, axis=0))
        of_names = "" if siblings else f"  named {names[rate][0] / max(names[rate][1], 1):.3f}"
        print(f"  {spinner:12} {'siblings' if siblings else 'copies':9} {rate:4.0%} {len(found):4} {shares}{of_names}")


def _print_clean(clean: int, documents: int, verdicts: Mapping[tuple[int, int], Verdict]) -> None:
    among = {pair: verdict for pair, verdict in verdicts.items() if min(pair) < clean}
    counted = Counter(verdict.relation for verdict in among.values())
    print(f"pairs of clean documents ({clean:,}): " + ", ".join(f"{n:,} {name}" for name, n in sorted(counted.items())))
    doubtful = [
        (pair, verdict)
        for pair, verdict in among.items()
        if verdict.relation.is_spun or (verdict.relation is not Relation.QUOTES and verdict.share_kept < 0.5)
    ]
    print(
        f"  of them spun, or with less than half of the words the same: {len(doubtful)},"
        f" {len(doubtful) / clean * 1e4:.2f} in 10,000"
    )
    for pair, verdict in doubtful[:10]:
        print(
            f"    {pair}: {verdict.relation}, {verdict.kept} of {verdict.words} words kept, {verdict.probability:.3f}"
        )


def _print_baseline(title: str, made: Sequence[Made], found: set[tuple[int, int]], clean: int, started: float) -> None:
    print(
        f"{title}: {perf_counter() - started:.1f} s, {sum(min(pair) < clean for pair in found):,} pairs of clean documents"
    )
    for siblings in (False, True):
        parts = []
        for rate in RATES:
            some = [(one.a, one.b) in found for one in made if one.siblings == siblings and one.rate == rate]
            parts.append(f"{rate:.0%} {np.mean(some) if some else 0:.3f}")
        print(f"  {'siblings' if siblings else 'copies':9} {', '.join(parts)}")


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


def _print_honest(data: Path, comparer: Comparer, count: int) -> None:
    marker = Marker()
    print("pairs by kind: pairs, called something, called spun (honest kinds: of those called something)")
    total = [0, 0]
    for kinds, note in ((HONEST, "fitted on others of the kind"), (NEVER_FITTED, "kind never fitted on")):
        found: dict[str, list[Verdict | None]] = defaultdict(list)
        for pair in honest_pairs(data, kinds, count):
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
