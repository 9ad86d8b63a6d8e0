"""Makes `phrases.npz`: fingerprints of phrases that published spun papers have in place of others, and of which.

A phrase that honest texts have, too, is left out, and so is one that is an original itself. One original in five is kept for
evaluation.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from detector.signals.wording.encoder import Word
from detector.signals.wording.phrases import LONGEST, SHORTEST, PhraseTable, find_adjacent, fingerprint
from detector.training.data import splits as data
from detector.training.data.lexicon import other_forms
from detector.training.data.tortured import held_out, parallel_forms, tortured_rows
from detector.training.encoders.windows import load_texts

ORIGINALS = 3  # of a phrase, the most frequent
OTHERS = 400  # texts of each source that no encoder learned from, in which the phrases are looked for in the end
_WORD = re.compile(r"[^\W_]+")  # as the tokenizer has them

Phrase = tuple[str, ...]


def known_phrases(folder: Path) -> dict[Phrase, Counter[str]]:
    """Return, for each phrase, its originals with the number of papers, also in the other forms of its last word."""
    found: dict[Phrase, Counter[str]] = defaultdict(Counter)
    originals = set()
    for original, phrase, papers in tortured_rows(folder):
        originals.add(forms(original))
        if not held_out(original):
            for there, before in [(phrase, original), *inflected(phrase, original)]:
                found[forms(there)][before] += papers
    return {
        phrase: before
        for phrase, before in found.items()
        if SHORTEST <= len(phrase) <= LONGEST and phrase not in originals and not set(phrase) <= _words(before)
    }


def forms(phrase: str) -> Phrase:
    return tuple(_WORD.findall(phrase.lower()))


def _words(originals: Iterable[str]) -> set[str]:
    return {word for original in originals for word in forms(original)}


def inflected(phrase: str, original: str) -> list[tuple[str, str]]:
    """Return a phrase and its original in the other forms of their last words: `choice trees` of `decision trees`."""
    *before, last = phrase.split(" ")
    *stood, there = original.split(" ")
    pairs = {(form, form) for form in other_forms(last)} if last == there else parallel_forms(last, there)
    return [(" ".join([*before, a]), " ".join([*stood, b])) for a, b in sorted(pairs)]


def without_honest(phrases: Mapping[Phrase, Counter[str]], texts: Iterable[str]) -> dict[Phrase, Counter[str]]:
    """Return the phrases that none of the texts has."""
    left = dict(phrases)
    starts = {phrase[:SHORTEST] for phrase in phrases}
    for text in texts:
        words = forms(text)
        for at in range(len(words) - SHORTEST + 1):
            if words[at : at + SHORTEST] in starts:
                for length in range(SHORTEST, LONGEST + 1):
                    left.pop(words[at : at + length], None)
    return left


def write(phrases: Mapping[Phrase, Mapping[str, float]], path: Path) -> None:
    rows = sorted(((fingerprint(phrase), before) for phrase, before in phrases.items()), key=lambda row: row[0])
    lines = ["\t".join(sorted(before, key=lambda original: -before[original])[:ORIGINALS]) for _, before in rows]
    np.savez_compressed(
        path,
        fingerprints=np.array([number for number, _ in rows], dtype=np.uint64),
        originals=np.frombuffer("\n".join(lines).encode(), dtype=np.uint8),
    )


def found_in(phrases: PhraseTable, texts: Iterable[str]) -> tuple[int, int]:
    """Return how many of the phrases stand in the texts, and how many words the texts have."""
    found = count = 0
    for text in texts:
        words = [Word(match.start(), match.end(), 0, 0) for match in _WORD.finditer(text)]
        forms = [match[0].lower() for match in _WORD.finditer(text)]
        found += sum(1 for _ in phrases.find_all(forms, find_adjacent(text, words)))
        count += len(words)
    return found, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/phrases.npz"))
    options = parser.parse_args()
    phrases = known_phrases(options.data)
    texts = load_texts(options.data, "encoder")
    kept = without_honest(phrases, (text for of_source in texts.values() for text in of_source))
    write(kept, options.out)
    print(f"{len(kept):,} phrases; {len(phrases) - len(kept):,} that honest texts have are left out")
    others = (
        text.text for source in data.SOURCES for text in islice(data.read(options.data, source, "verdict"), OTHERS)
    )
    found, words = found_in(PhraseTable.load(options.out), others)
    print(f"{found} of them in {words:,} words of other honest texts")


if __name__ == "__main__":
    main()
