"""Widens a finding to the phrase that was put in: of `site visitors`, put in for `traffic`, often only one word looks odd.

Spinners put such phrases in, but people write them, too, so they are no evidence. Only where a word of one looks swapped, and
a word of what the phrase is put in for is among the candidates for that word, the whole phrase is taken for the swap.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from detector.signals.wording.originals import Candidate
from detector.signals.wording.phrases import KnownPhrase, PhraseTable

SUPPORTING = 5  # candidates for a word, best first, that can support a phrase


class WidenedSpan(NamedTuple):
    """Words `first` to `last` of a text, and what may have stood there before, the likeliest first."""

    first: int
    last: int
    candidates: tuple[Candidate, ...]


def widen_to_phrases(
    forms: Sequence[str],
    adjacent: Sequence[bool],
    suspicious: Mapping[int, tuple[Candidate, ...]],
    phrases: PhraseTable,
    taken: Container[int] = (),
) -> Iterator[WidenedSpan]:
    """Yield the spans of a text that were put in, in order, from its suspicious words and the candidates for them.

    `forms` are the words in small letters; words go by their numbers. Those that are `taken` are part of something else.
    """
    done = -1
    for at in sorted(suspicious):
        if at <= done:
            continue
        spans = (
            _supported(phrase, at, forms, suspicious)
            for phrase in phrases.find_containing(forms, adjacent, at)
            if phrase.first > done and not any(n in taken for n in range(phrase.first, phrase.last + 1))
        )
        span = next((one for one in spans if one), None) or WidenedSpan(at, at, suspicious[at])
        yield span
        done = span.last


def _supported(
    phrase: KnownPhrase, at: int, forms: Sequence[str], suspicious: Mapping[int, tuple[Candidate, ...]]
) -> WidenedSpan | None:
    """Return the part of a phrase, around word `at`, that differs from its original, if a candidate supports that one."""
    observed = forms[phrase.first : phrase.last + 1]
    shares: dict[str, float] = {}
    for number in range(phrase.first, phrase.last + 1):
        for candidate in suspicious.get(number, ())[:SUPPORTING]:
            shares[candidate.word] = max(candidate.share, shares.get(candidate.word, 0.0))
    support = {
        original: max((shares.get(word, 0.0) for word in original.split() if word not in observed), default=0.0)
        for original in phrase.originals
    }
    best = max(support, key=lambda original: support[original])
    before = best.split()
    head = _common_prefix(observed, before)
    tail = _common_prefix(observed[head:][::-1], before[head:][::-1])
    first, last = phrase.first + head, phrase.last - tail
    if not support[best] or not first <= at <= last:
        return None
    others = [c for number in range(first, last + 1) for c in suspicious.get(number, ()) if c.word not in before]
    others.sort(key=lambda candidate: -candidate.share)
    candidates = [Candidate(" ".join(before[head : len(before) - tail]), support[best], known=True), *others]
    total = sum(candidate.share for candidate in candidates)
    return WidenedSpan(first, last, tuple(replace(one, share=one.share / total) for one in candidates))


def _common_prefix(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with; at least one word of each is left over."""
    most = min(len(one), len(other)) - 1
    return next((n for n in range(most) if one[n] != other[n]), max(most, 0))
