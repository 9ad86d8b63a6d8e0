"""News that the developers spun by hand, and news that they wrote as word-for-word translations: the one is spun, the other
odd, and both read much alike.

`by_hand.json` holds the swaps, which come from no dictionary that anything here was made from, not the articles: those are
the beginnings of evaluation documents in the data folder. `translated_by_hand.json` holds whole texts. They tell of nothing
that happened, and have the order of words, the idioms and the articles of the language they seem to be translated from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from itertools import product, takewhile
from pathlib import Path

from detector.training.data import splits as data
from detector.training.data.records import Record, honest_record, split_documents

SOURCE = "wikinews_2019_2020"
FAMILY = "by hand"
BEGINNING = 190  # words
EVERY = {1: "", 2: ", every second swap", 4: ", every fourth swap"}  # of the swaps, for lighter spinning


def by_hand_records(folder: Path) -> Iterator[tuple[Record, tuple[str, ...]]]:
    """Yield the articles spun by hand, with the original of each replaced span.

    The developers read the verdicts on the first part while they built the detector. The second part was written after
    that, and only measured.
    """
    (source,) = (source for source in data.SOURCES if source.name == SOURCE)
    texts = {text.id: text for text in split_documents(folder, source)[1]}
    parts = json.loads(files("detector.training.data").joinpath("by_hand.json").read_text("utf-8"))
    for (every, share), (part, articles) in product(EVERY.items(), parts.items()):
        for name, swaps in articles.items():
            before = honest_record(texts[name])
            beginning = " ".join(before.text.split(" ")[:BEGINNING])
            text, edits, originals = swapped(beginning, swaps[::every], name)
            family = f"{FAMILY}, {part}{share}"
            yield replace(before, id=f"{name}~{family}", text=text, spun=True, family=family, edits=edits), originals


def translated_by_hand() -> Iterator[Record]:
    """Yield the translations, by part: the first to develop with, the second only to measure."""
    parts = json.loads(files("detector.training.data").joinpath("translated_by_hand.json").read_text("utf-8"))
    for part, texts in parts.items():
        for name, text in texts.items():
            yield Record(name, FAMILY, f"translated {FAMILY}, {part}", name, text, spun=False)


def swapped(
    text: str, swaps: Sequence[tuple[str, str]], name: str
) -> tuple[str, tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Return the text with every swap made once, in the order of the text; the spans of the new words; and the
    originals.

    Raise ValueError for a swap whose original is not found.
    """
    result = ""
    edits: list[tuple[int, int]] = []
    originals: list[str] = []
    last = 0
    for old, new in swaps:
        place = text.find(old, last)
        if place < 0:
            raise ValueError(f"{name}: no {old!r} after {result[-40:]!r}")
        head, tail = _shared(old, new), _shared(old[::-1], new[::-1])
        result += text[last:place] + new
        last = place + len(old)
        edits.append((len(result) - len(new) + head, len(result) - tail))
        originals.append(old[head : len(old) - tail])
    return result + text[last:], tuple(edits), tuple(originals)


def _shared(old: str, new: str) -> int:
    """Return how many characters both have before the first word that differs."""
    words = zip(re.findall(r"\S+\s+", old), re.findall(r"\S+\s+", new), strict=False)
    return sum(len(word) for word, _ in takewhile(lambda pair: pair[0] == pair[1], words))
