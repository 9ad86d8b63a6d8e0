"""The forms a word takes in English: plurals, tenses, comparatives. Irregular ones have to be written out."""

from __future__ import annotations

import re
from functools import lru_cache

_VOWELS = "aeiou"
_HISSES = re.compile(r"(?:s|x|z|ch|sh)$")
_SHORT = re.compile(r"(?:^|[^aeiou])[aeiouy][bdfgklmnprtvz]$")  # hop, damp has two consonants and is none


@lru_cache(maxsize=65536)
def forms_of(word: str) -> frozenset[str]:
    """Return a word in small letters with the forms that it may take. Some are no words, which does no harm.

    >>> sorted(forms_of("hop"))
    ['hop', "hop's", 'hopped', 'hopper', 'hoppest', 'hopping', 'hops', "hops'"]
    >>> "carries" in forms_of("carry"), "brewing" in forms_of("brew"), "noblest" in forms_of("noble")
    (True, True, True)
    """
    if not word.isalpha() or len(word) < 2:
        return frozenset({word})
    if word.endswith("y") and word[-2] not in _VOWELS:
        stem = word[:-1]
        plurals, others = {f"{stem}ies"}, {f"{stem}ied", f"{word}ing", f"{stem}ier", f"{stem}iest"}
    elif word.endswith("e"):
        stem = word[:-1]
        plurals, others = {f"{word}s"}, {f"{word}d", f"{stem}ing", f"{word}r", f"{word}st"}
    else:
        doubled = word + word[-1] if _SHORT.search(word) else word
        stems = {word, doubled} if len(word) > 4 else {doubled}  # visit and admit are not told apart
        plurals = {f"{word}es"} if _HISSES.search(word) else {f"{word}s"}
        if word.endswith("o"):
            plurals.add(f"{word}es")
        others = {stem + ending for stem in stems for ending in ("ed", "ing", "er", "est")}
    possessives = {f"{word}'s"} | {f"{plural}'" for plural in plurals}
    return frozenset({word} | plurals | others | possessives)
