"""Reads the spinners' dictionaries backwards into the compact table that the noisy channel uses at run time.

What goes in may all be redistributed: WordNet (WordNet licence), Moby (public domain), PPDB (CC BY 3.0), GloVe (PDDL),
word pairs read off published tortured phrases (facts) and our own dictionary (Apache-2.0). The family left out of training
is left out here, too, and so are the words that came back from Apertium, whose dictionaries are under the GPL.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from detector.signals.wording.swap_table import PRIOR_UNIT
from detector.training.data.dictionaries import load_tables
from detector.training.data.lexicon import KEPT, Resources, frequency
from detector.training.spinners.corruption import EntitySpinner
from detector.training.spinners.mixture import FAMILY_WEIGHTS, HELD_OUT_FAMILY

CANDIDATES = 32  # a word
WITHIN_PHRASE = 0.1  # how much a swap within a phrase says about the word elsewhere (`energy plant`, of `power plant`)
RAREST = 0.02  # per million; rarer words are hardly ever put in


def backwards(tables: dict[str, dict[str, list[tuple[str, float]]]]) -> dict[str, dict[str, float]]:
    """Return, for each single word that spinners put in, the single words it is put in for, with mean probabilities."""
    shares = {name: FAMILY_WEIGHTS[name] for name in tables}
    total = sum(shares.values()) + FAMILY_WEIGHTS["entity"]
    result: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, table in tables.items():
        for original, forms in table.items():
            for form, probability in forms:
                for before, there, weight in word_by_word(original, form):
                    result[there][before] += weight * probability * shares[name] / total
    for original, siblings in EntitySpinner(()).siblings.items():
        for form in siblings:
            result[form][original] += FAMILY_WEIGHTS["entity"] / total / len(siblings)
    return result


def word_by_word(original: str, form: str) -> Iterator[tuple[str, str, float]]:
    """Yield single words, what was put in for each, and a weight. Of phrases, only where both have as many words."""
    before, there = original.split(" "), form.split(" ")
    if len(before) == len(there):
        weight = 1.0 if len(before) == 1 else WITHIN_PHRASE
        yield from ((b, t, weight) for b, t in zip(before, there, strict=True) if b != t and t.isalpha())


def build(tables: dict[str, dict[str, list[tuple[str, float]]]], tokenizer: Tokenizer, path: Path) -> None:
    words, starts, candidates, priors = [], [0], [], []
    for form, originals in sorted(backwards(tables).items()):
        if frequency(form) < RAREST:
            continue
        single = [(tokenizer.token_to_id(original), p, original) for original, p in originals.items()]
        known = [(i, p, o) for i, p, o in single if i is not None and o != form]
        # Both count: how readily a spinner makes the swap, and how often it meets the original.
        best = sorted(known, key=lambda item: -item[1] * frequency(item[2]) ** 0.3)[:CANDIDATES]
        if not best:
            continue
        words.append(form)
        candidates += [i for i, _, _ in best]
        priors += [max(-127, round(math.log(p) / PRIOR_UNIT)) for _, p, _ in best]
        starts.append(len(candidates))
    np.savez_compressed(
        path,
        words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
        starts=np.array(starts, dtype=np.int32),
        candidates=np.array(candidates, dtype=np.uint16),
        priors=np.array(priors, dtype=np.int8),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/swaps.npz"))
    options = parser.parse_args()
    tables = load_tables(Resources(options.data, options.moby), options.tables, KEPT)
    for name in (HELD_OUT_FAMILY, "pivot"):
        del tables[name]
    build(tables, Tokenizer.from_file(str(options.tokenizer)), options.out)


if __name__ == "__main__":
    main()
