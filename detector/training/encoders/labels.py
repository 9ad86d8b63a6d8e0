"""Tokens of a spun text with the label of each, and the word that stood there before."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from tokenizers import Tokenizer

from detector.text.segments import WORD
from detector.training.spinners import Spun

#: Share of untouched words whose own first piece the second head is asked for. With many more it learns to copy.
KEEP_SHARE = 0.03
IGNORED = -100


@dataclass(frozen=True)
class Example:
    """One window of tokens, `[CLS]` first and `[SEP]` last.

    `labels` are 1 for replaced tokens, 0 for others, or IGNORED. `originals` are token ids or IGNORED.
    """

    ids: list[int]
    labels: list[int]
    originals: list[int]


class Labeller:
    """Turns spun texts into tokens with labels."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    @lru_cache(maxsize=100_000)  # noqa: B019 - one labeller lives as long as the process
    def single(self, word: str) -> int | None:
        """Return the id of a word that is one piece of the vocabulary, None for other words."""
        ids = self.tokenizer.encode(word, add_special_tokens=False).ids
        return ids[0] if len(ids) == 1 else None

    def label(self, source: str, spun: Spun, rng: random.Random, max_tokens: int) -> Example:
        """Return the first `max_tokens` tokens of a spun text, labelled by its edits. `source` is the text before."""
        encoding = self.tokenizer.encode(spun.text)
        ids, offsets, words = encoding.ids[:max_tokens], encoding.offsets, encoding.word_ids
        ids[-1] = encoding.ids[-1]
        labels, originals = [IGNORED] * len(ids), [IGNORED] * len(ids)
        first = {}  # code point -> position of the first piece of the word that starts there
        edits = iter(spun.edits)
        edit = next(edits, None)
        for at in range(1, len(ids) - 1):
            start, end = offsets[at]
            while edit and edit.end <= start:
                edit = next(edits, None)
            inside = edit is not None and edit.start <= start and end <= edit.end
            labels[at] = int(inside)
            if words[at] != words[at - 1]:
                first[start] = at
                if not inside and rng.random() < KEEP_SHARE:
                    originals[at] = ids[at]
        for e in spun.edits:
            was = [m.group().lower() for m in WORD.finditer(source, e.source_start, e.source_end)]
            now = [m.start() for m in WORD.finditer(spun.text, e.start, e.end)]
            if len(was) == 1 and len(now) > 1:  # a phrase for a word: the word is asked for where the phrase begins
                now = now[:1]
            if len(was) != len(now):
                continue
            for word, start in zip(was, now, strict=True):
                target, place = self.single(word), first.get(start)
                if target is not None and place is not None:
                    originals[place] = target
        return Example(ids, labels, originals)
