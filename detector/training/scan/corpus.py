"""Makes the corpus that the first stage learns from: words, gaps and labels of many windows, in one file.

usage: python -m detector.training.scan.corpus --data DIR --moby words.txt --tables DIR --words 12e6 --out FOLDER

Windows are spun as those the encoders learn from, by the same recipe and of the same texts: see `encoders/windows.py`.
Here all windows of a text are used, since to read a text for one window costs more than to spin it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detector.runtime.tokenizer import open_tokenizer
from detector.signals.scan.words import (
    CASES,
    Vocabulary,
    case_of,
    classify_gap,
    most_frequent,
    normalise,
    surfaces,
)
from detector.text.document import Document
from detector.training.encoders.validation import prepare
from detector.training.encoders.windows import FEWEST_WORDS, Recipe, excerpt
from detector.training.spinners import Spun

VOCABULARY = 51_000
LONGEST = 128  # words of a window; what is longer goes on in another window
REORDERED = 0.04  # share of windows in another language's order of words, spun or not
SHARD = 2_000_000  # words


@dataclass
class Collected:
    """Words of windows that follow each other, as numbers of surfaces in the order in which these were met."""

    numbers: dict[str, int] = field(default_factory=dict)
    words: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, spun: Spun) -> None:
        edits = iter(spun.edits)
        edit = next(edits, None)
        position, count = 0, 0
        for match in surfaces(spun.text):
            while edit and edit.end <= match.start():
                edit = next(edits, None)
            gap = spun.text[position : match.start()] if position else "\n"
            position = match.end()
            self.words.append(self.numbers.setdefault(match.group(), len(self.numbers)))
            self.gaps.append(classify_gap(gap))
            self.labels.append(edit is not None and edit.start < match.end())
            count += 1
            if count % LONGEST == 0:
                self.ends.append(len(self.words))
        if count % LONGEST:
            self.ends.append(len(self.words))


def windows(recipe: Recipe, rng: random.Random) -> Iterator[Spun]:
    """Yield the windows of random texts, spun or not, without end."""
    while True:
        name = rng.choices(recipe.names, recipe.weights)[0]
        document = Document.from_text(excerpt(rng.choice(recipe.texts[name]), rng))
        for window in document.windows:
            text = document.prose.text[slice(*window)]
            if sum(1 for _ in surfaces(text)) < FEWEST_WORDS:
                continue
            if rng.random() < REORDERED:
                text = recipe.reordered(text, rng)
            yield recipe.spin(text, rng)


def collect(recipe: Recipe, words: int, seed: int, out: Path) -> None:
    """Write shards of windows until there are so many words."""
    rng = random.Random(f"scan-{seed}")
    drawn = windows(recipe, rng)
    found, written, shard, began = Collected(), 0, 0, time.time()
    while written + len(found.words) < words:
        found.add(next(drawn))
        if len(found.words) >= min(SHARD, words - written):
            _write(found, out / f"windows-{shard}.npz")
            (out / "surfaces.txt").write_text("\n".join(found.numbers), encoding="utf-8")
            written, shard = written + len(found.words), shard + 1
            print(f"{written:,} words, {len(found.numbers):,} surfaces, {time.time() - began:.0f} s", flush=True)
            found = Collected(numbers=found.numbers)


def _write(found: Collected, path: Path) -> None:
    np.savez(
        path,
        words=np.array(found.words, np.int32),
        gaps=np.array(found.gaps, np.uint8),
        labels=np.array(found.labels, np.uint8),
        ends=np.array(found.ends, np.int64),
    )


def number(out: Path, size: int = VOCABULARY) -> None:
    """Write each shard's words as numbers of the vocabulary, with their styles; choose the vocabulary if there is none."""
    met = (out / "surfaces.txt").read_text(encoding="utf-8").split("\n")
    forms = [normalise(surface) for surface in met]
    shards = sorted(out.glob("windows-*.npz"))
    chosen = out / "vocabulary.txt"
    if not chosen.exists():
        chosen.write_text("\n".join(most_frequent(_count(forms, shards).items(), size)), encoding="utf-8")
    vocabulary = Vocabulary(chosen.read_text(encoding="utf-8").split("\n"))
    ids = np.array([vocabulary.number(form) for form in forms], np.int32)
    cases = np.array([case_of(surface) for surface in met], np.int32)
    for shard in shards:
        path = out / shard.name.replace("windows", "numbered")
        if path.exists():
            continue
        stored = np.load(shard)
        words = stored["words"]
        unfinished = out / f"unfinished-{shard.name}"
        np.savez(
            unfinished,
            ids=ids[words],
            styles=(stored["gaps"].astype(np.int32) * CASES + cases[words]).astype(np.uint8),
            labels=stored["labels"],
            ends=stored["ends"],
        )
        unfinished.rename(path)
        known = float((ids[words] < len(vocabulary.forms)).mean())
        print(
            f"{path.name}: {known:.4f} of the words are in the vocabulary of {len(vocabulary.forms):,} words",
            flush=True,
        )


def _count(forms: Sequence[str], shards: Sequence[Path]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for shard in shards:
        for number, count in enumerate(np.bincount(np.load(shard)["words"]).tolist()):
            counts[forms[number]] += count
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--bert", type=Path, help="folder with BERT-base, for masked swaps; without it there are none")
    parser.add_argument("--tokenizer", type=Path, default=Path("models/tokenizer.json"))
    parser.add_argument("--words", type=float, default=12e6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer = open_tokenizer(options.tokenizer)
    recipe = prepare(options.data, options.moby, options.tables, tokenizer, options.bert)
    collect(recipe, int(options.words), options.seed, options.out)
    number(options.out)


if __name__ == "__main__":
    main()
