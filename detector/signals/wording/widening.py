"""A finding grows to the phrase that was put in: of `site visitors`, put in for `traffic`, often one word alone looks swapped.

Spinners put such phrases in, but people write them, too, so they are no evidence. Only where a word of one looks swapped, and
a word of what the phrase is put in for is among those that may have stood there, the whole phrase is what was put in.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from detector.signals.wording.encoder import Word
from detector.signals.wording.originals import Option
from detector.signals.wording.phrases import Known, Phrases, joints

BELIEVED = 5  # of what may have stood in a word's place, the best that speak for a phrase


class Stretch(NamedTuple):
    """Words `first` to `last` of a text, and what may have stood there before, the likeliest first."""

    first: int
    last: int
    options: tuple[Option, ...]


def widened(
    text: str,
    words: Sequence[Word],
    suspicious: Mapping[int, tuple[Option, ...]],
    phrases: Phrases,
    taken: Container[int] = (),
) -> Iterator[Stretch]:
    """What was put in, in order, of the suspicious words of a text and what may have stood in their places.

    Words go by their numbers; those that are `taken` are part of something else.
    """
    forms = [text[word.start : word.end].lower() for word in words]
    joined = joints(text, words)
    done = -1
    for at in sorted(suspicious):
        if at <= done:
            continue
        stretches = (
            _believed(phrase, at, forms, suspicious)
            for phrase in phrases.around(forms, joined, at)
            if phrase.first > done and not any(n in taken for n in range(phrase.first, phrase.last + 1))
        )
        stretch = next((found for found in stretches if found), None) or Stretch(at, at, suspicious[at])
        yield stretch
        done = stretch.last


def _believed(
    phrase: Known, at: int, forms: Sequence[str], suspicious: Mapping[int, tuple[Option, ...]]
) -> Stretch | None:
    """What a phrase has, around word `at`, in place of what it was put in for, where a suspicious word speaks for it."""
    there = forms[phrase.first : phrase.last + 1]
    shares: dict[str, float] = {}
    for number in range(phrase.first, phrase.last + 1):
        for option in suspicious.get(number, ())[:BELIEVED]:
            shares[option.word] = max(option.share, shares.get(option.word, 0.0))
    support = {
        original: max((shares.get(word, 0.0) for word in original.split() if word not in there), default=0.0)
        for original in phrase.originals
    }
    best = max(support, key=lambda original: support[original])
    before = best.split()
    head = _in_common(there, before)
    tail = _in_common(there[head:][::-1], before[head:][::-1])
    first, last = phrase.first + head, phrase.last - tail
    if not support[best] or not first <= at <= last:
        return None
    others = [o for number in range(first, last + 1) for o in suspicious.get(number, ()) if o.word not in before]
    others.sort(key=lambda option: -option.share)
    options = [Option(" ".join(before[head : len(before) - tail]), support[best], known=True), *others]
    total = sum(option.share for option in options)
    return Stretch(first, last, tuple(replace(option, share=option.share / total) for option in options))


def _in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with, short of all of either."""
    most = min(len(one), len(other)) - 1
    return next((n for n in range(most) if one[n] != other[n]), max(most, 0))
