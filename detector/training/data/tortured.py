"""What the scientific literature's spinners put in, read off published tortured phrases."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Container, Iterator
from pathlib import Path

from detector.training.data.lexicon import (
    FORMS,
    FUNCTION_WORDS,
    PLAIN,
    Resources,
    Table,
    analyses,
    inflect,
    uninflected,
)

OTHER_FORM = 0.3  # weight of a pair that was not seen itself, only other forms of its two words
HELD_OUT_PHRASES = 5  # one tortured phrase in five is kept for evaluation, by the hash of what it stands for


def held_out(phrase: str) -> bool:
    """Return whether a tortured phrase's original is kept for evaluation."""
    return int(hashlib.sha256(phrase.encode()).hexdigest(), 16) % HELD_OUT_PHRASES == 0


def tortured_rows(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (original, tortured phrase, papers it was found in), in small letters."""
    with gzip.open(folder / "spun/tortured_phrases.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            original = re.sub(r"\s*\(.*?\)", "", row["expected"].lower()).strip()
            yield original, row["phrase"].lower().strip(), int(row["papers"] or 0)


def held_out_phrases(folder: Path) -> Table:
    """Return the phrases kept for evaluation, with what papers have in their place."""
    table: Table = defaultdict(list)
    for original, phrase, papers in tortured_rows(folder):
        if " " in original and held_out(original):
            table[original].append((phrase, papers + 1.0))
    return dict(table)


def tortured(resources: Resources) -> Table:
    """Return what the scientific literature's spinners put in: phrases, words that can be told apart in them, other
    forms.

    A dictionary that has `networks` has `network`, so the other forms of those words are added.
    """
    groups: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    pairs = [
        (original.split(" "), phrase.split(" "))
        for original, phrase, _ in tortured_rows(resources.data)
        if PLAIN.fullmatch(original) and PLAIN.fullmatch(phrase) and not held_out(original)
    ]
    known = {
        (a, b) for left, right in pairs if len(left) == len(right) for a, b in zip(left, right, strict=True) if a != b
    }
    for left, right in pairs:
        if len(left) > 1:
            groups[" ".join(left)][" ".join(right)] += 1
        if len(left) == len(right):
            parts = [(a, b) for a, b in zip(left, right, strict=True) if a != b]
        else:
            a_rest, b_rest = stripped(left, right, known)
            parts = [(" ".join(a_rest), " ".join(b_rest))]
        for a, b in parts:
            # Where the order of words changed, words of grammar get paired with whatever stands in their place.
            if a and b and not {a, b} & FUNCTION_WORDS and a.count(" ") < 3 and b.count(" ") < 3:
                groups[a][b] += 1
    for a, b in sorted(known):
        for one, other in parallel_forms(a, b):
            groups[one][other] += OTHER_FORM * groups[a][b]
    return uninflected(((w, list(s.items())) for w, s in groups.items()), common=0.1)


def stripped(left: list[str], right: list[str], known: Container[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return two phrases without the words at their ends that are the same or known to stand for each other."""

    def alike(a: str, b: str) -> bool:
        return a == b or (a, b) in known

    first = 0
    while first < min(len(left), len(right)) and alike(left[first], right[first]):
        first += 1
    left, right = left[first:], right[first:]
    last = 0
    while last < min(len(left), len(right)) and alike(left[-1 - last], right[-1 - last]):
        last += 1
    return left[: len(left) - last], right[: len(right) - last]


def parallel_forms(one: str, other: str) -> set[tuple[str, str]]:
    """Return other forms of two words that can be read as the same form of one class: of two plurals, the singulars."""
    found = set()
    for lemma, pos, tag in analyses(one):
        for twin, twin_pos, twin_tag in analyses(other):
            if (pos, tag) == (twin_pos, twin_tag) and pos in ("NOUN", "VERB"):
                forms = ((inflect(lemma, pos, t), inflect(twin, pos, t)) for t in FORMS[pos] if t != tag)
                found |= {(a, b) for a, b in forms if a and b and a != b}
    return found - {(one, other)}
