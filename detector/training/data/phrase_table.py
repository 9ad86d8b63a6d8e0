"""The table of the spinner that swaps phrases: two or three words on at least one side.

The dictionaries' own tables are keyed by single words, but for the tortured phrases; what the dictionaries list under
phrases is added here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from detector.training.data.dictionaries import DRAWN, load_table, load_tables
from detector.training.data.lexicon import (
    KEPT,
    PLAIN,
    Resources,
    Table,
    frequency,
    head_words,
    in_every_form,
    normalised,
    wordnet_synonyms,
)
from detector.training.spinners.dictionary import merged

SOURCES = ("wordnet", "moby", "ppdb", "tortured", "article")


def load_phrases(resources: Resources, cache: Path, kept: int = DRAWN) -> Table:
    """Return the table from the cache. Make it, and the tables of its sources, on first use."""
    return load_table(cache, "phrase", lambda: phrases(resources, cache), kept)


def phrases(resources: Resources, cache: Path) -> Table:
    tables = load_tables(resources, cache, KEPT, SOURCES)
    listed = [_wordnet_phrases(resources), _moby_phrases(resources)]
    return merged([*(only_phrases(table) for table in tables.values()), *listed])


def only_phrases(table: Table) -> Table:
    """Return the entries in which a side has two or three words."""
    result: Table = {}
    for key, forms in table.items():
        long = [(form, weight) for form, weight in forms if (" " in key or " " in form) and _short_enough(form)]
        total = sum(weight for _, weight in long)
        if total > 0 and _short_enough(key):
            result[key] = [(form, weight / total) for form, weight in long]
    return result


def _short_enough(phrase: str) -> bool:
    return phrase.count(" ") <= 2


def _wordnet_phrases(resources: Resources) -> Table:
    """Return WordNet's entries of several words, in every form of their head, with synonyms in the same form."""
    known = set(head_words())
    entries = (
        (lemma, pos, synonyms)
        for (lemma, pos), synonyms in wordnet_synonyms(resources).items()
        if " " in lemma and PLAIN.fullmatch(lemma) and all(word in known for word in lemma.split(" "))
    )
    return in_every_form(entries)


def _moby_phrases(resources: Resources) -> Table:
    """Return Moby's entries of several words as they stand: it knows no part of speech to inflect them by."""
    known = set(head_words())
    groups: dict[str, dict[str, float]] = {}
    for head, synonyms in _moby(resources):
        if " " in head and PLAIN.fullmatch(head) and all(word in known for word in head.split(" ")):
            groups[head] = {synonym: frequency(synonym) ** 0.25 for synonym in synonyms if PLAIN.fullmatch(synonym)}
    return normalised(groups)


def _moby(resources: Resources) -> Iterator[tuple[str, list[str]]]:
    for line in resources.moby.read_text(encoding="utf-8", errors="replace").splitlines():
        head, *synonyms = line.lower().split(",")
        yield head, synonyms
