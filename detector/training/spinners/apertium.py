"""Round-trip translation with Apertium, a rule-based translator: which words come back as others?

A rule-based translator chooses a word's sense badly, as spinners do: `arms deal` comes back as `arms treat`, `the rank of
major` as `the rank of important`. Whole texts come back with their grammar rebuilt, too; only the words are wanted here.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from pathlib import Path

from detector.text.segments import WORD
from detector.training.data import splits as data
from detector.training.data.lexicon import FUNCTION_WORDS, Resources, Table, analyses, uninflected

JOURNEYS = (("eng-spa", "spa-eng"), ("eng-cat", "cat-eng"), ("en-gl", "gl-en"), ("en-eo", "eo-en"))
WORDS = 600_000  # sent on each journey
SEEN = 2  # times a pair must be seen


def translate(text: str, mode: str) -> str:
    """Return `text` translated by one Apertium mode. Unknown words stay as they are."""
    if shutil.which("apertium") is None:
        raise FileNotFoundError("round trips need Apertium: apt install apertium apertium-eng-spa apertium-eng-cat …")
    run = subprocess.run(["apertium", "-u", mode], input=text, capture_output=True, text=True, check=True)
    return run.stdout


@lru_cache
def installed_modes() -> frozenset[str]:
    """Return the modes that Apertium has here."""
    listed = subprocess.run(["apertium", "-l"], capture_output=True, text=True, check=False)
    return frozenset(listed.stdout.split())


def round_trip(text: str, journey: Sequence[str]) -> str:
    for mode in journey:
        text = translate(text, mode)
    return text


def changed(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of words that stand in each other's place between words that came back as they were."""
    left, right = ([m.group().lower() for m in WORD.finditer(text)] for text in (before, after))
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "replace" and j - i == m - k <= 2:
            yield from zip(left[i:j], right[k:m], strict=True)


def lexical(original: str, came_back: str) -> bool:
    """Return whether one word was taken for another, not only put into another form."""
    if {original, came_back} & FUNCTION_WORDS or not (original.isalpha() and came_back.isalpha()):
        return False
    one, other = ({lemma for lemma, _, _ in analyses(word)} for word in (original, came_back))
    return bool(one and other) and not one & other


def pairs(folder: Path) -> Counter[tuple[str, str]]:
    """Return (original, what came back) with counts, over texts that encoders learn from."""
    found: Counter[tuple[str, str]] = Counter()
    for number, journey in enumerate(JOURNEYS):
        paragraphs = list(_paragraphs(folder, number))
        for at in range(0, len(paragraphs), 200):
            sent = paragraphs[at : at + 200]
            came_back = round_trip("\n\n".join(sent), journey).split("\n\n")
            if len(came_back) != len(sent):
                continue
            for before, after in zip(sent, came_back, strict=True):
                found.update(pair for pair in changed(before, after) if lexical(*pair))
    return Counter({pair: count for pair, count in found.items() if count >= SEEN})


def pivot(resources: Resources) -> Table:
    """Return words that came back as others from translation into another language and back, with counts."""
    groups: dict[str, dict[str, float]] = defaultdict(dict)
    for (original, came_back), count in pairs(resources.data).items():
        groups[original][came_back] = count
    return uninflected(((w, list(s.items())) for w, s in groups.items()), common=0.0)


def _paragraphs(folder: Path, seed: int) -> Iterator[str]:
    texts = [t.text for s in data.SOURCES if s.encoder for t in islice(data.read(folder, s, "encoder"), 600)]
    random.Random(seed).shuffle(texts)
    words = 0
    for text in texts:
        for paragraph in text.split("\n")[:40]:
            count = len(WORD.findall(paragraph))
            if 15 < count < 200:
                words += count
                yield " ".join(paragraph.split())
        if words > WORDS:
            return
