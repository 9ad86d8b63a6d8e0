"""The language model: how probable it finds a word and what follows, and other words in its place, after all that came before.

The text is read once. Each other way to go on is a branch beside it: a few tokens that see the text before their word and
themselves, in the places that they would have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.runtime.session import Session
from detector.runtime.tokenizer import open_tokenizer
from detector.signals.last_reader.weights import SMOLLM2, Shape
from detector.text.segments import sentences

if TYPE_CHECKING:
    from tokenizers import Tokenizer

AFTER = 11  # tokens after a word, at most, and no further than its sentence
BEFORE = 384  # tokens before a word that are read at least, where there are so many
TOKENS = 768  # of a text that are read at once, at most
_BEGIN = 0  # <|endoftext|>, between the texts that it learned from
_HIDDEN = np.float32(-1e9)


class Question(NamedTuple):
    """A word of a text (code points), and what may have stood there instead."""

    start: int
    end: int
    others: tuple[str, ...]


class Answer(NamedTuple):
    """How probable the model finds a word, and then what follows: natural logarithms."""

    word: float
    after: float

    @property
    def both(self) -> float:
        return self.word + self.after


class Answers(NamedTuple):
    """What the model says of one question: of the word as it stands, and of each of the others."""

    observed: Answer
    others: tuple[Answer, ...]


@dataclass
class _Reading:
    """What is run at once: a part of a text, and branches beside it, whose tokens follow those of the text.

    `sees` has the first token of each branch, and how many tokens of the text it sees. `rows` and `targets` say after which
    token the probability of which other one is asked for.
    """

    ids: list[int]
    places: list[int]
    sees: list[tuple[int, int]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

    @classmethod
    def of_text(cls, ids: Sequence[int]) -> _Reading:
        return cls(list(ids), list(range(len(ids))))

    def ask(self, rows: Sequence[int], targets: Sequence[int]) -> slice:
        first = len(self.rows)
        self.rows += rows
        self.targets += targets
        return slice(first, len(self.rows))

    def add_branch(self, at: int, ids: Sequence[int]) -> slice:
        """Add a way to go on after the first `at` tokens of the text."""
        first = len(self.ids)
        self.sees.append((first, at))
        self.ids += ids[:-1]
        self.places += range(at, at + len(ids) - 1)
        return self.ask([at - 1, *range(first, first + len(ids) - 1)], ids)


class LanguageModel:
    """Answers questions about words. Deterministic: an answer depends on the text and the questions about it alone.

    Thread- and fork-safe as `Session` is; pickles by the paths of its files. Raises ModelError, naming the file, when one
    can't be used.
    """

    def __init__(self, graph: Path, tokenizer: Path, shape: Shape = SMOLLM2) -> None:
        self._files = graph, tokenizer, shape
        self._shape = shape
        self._tokenizer = open_tokenizer(tokenizer)
        self._session = Session(graph, threads=1)
        powers = -np.arange(0, shape.head_width, 2) / shape.head_width
        self._speeds = shape.theta**powers

    def __reduce__(self) -> tuple[Any, ...]:
        return LanguageModel, self._files

    def ask(self, text: str, questions: Sequence[Question]) -> list[Answers]:
        """Return the answers, in order. The questions are in order, and no two about one place."""
        read = _Text(self._tokenizer, text)
        found: list[Answers] = []
        for first, last, some in read.parts(questions):
            part = _Reading.of_text([_BEGIN, *read.ids[first:last]])
            length = len(part.ids)
            ways = [read.add_ways(part, first, one) for one in some]
            log_probs = self._run(part, length)
            for way in ways:
                observed, *others = (Answer(*(float(log_probs[one].sum()) for one in pair)) for pair in way)
                found.append(Answers(observed, tuple(others)))
        return found

    def _run(self, part: _Reading, length: int) -> NDArray[np.float32]:
        count = len(part.ids)
        mask = np.full((count, count), _HIDDEN, dtype=np.float32)
        mask[:length, :length][np.tri(length, dtype=bool)] = 0
        for (first, at), (end, _) in pairwise([*part.sees, (count, 0)]):
            mask[first:end, :at] = 0
            mask[first:end, first:end][np.tri(end - first, dtype=bool)] = 0
        angles = np.array(part.places)[:, None] * self._speeds
        angles = np.concatenate([angles, angles], axis=1)
        inputs = {
            "ids": np.array(part.ids),
            "cosines": np.cos(angles).astype(np.float32),
            "sines": np.sin(angles).astype(np.float32),
            "mask": mask,
            "rows": np.array(part.rows),
            "targets": np.array(part.targets),
        }
        (log_probs,) = self._session.run(inputs)
        return log_probs


class _Text:
    """A text in tokens. The space before a word belongs to its first token."""

    def __init__(self, tokenizer: Tokenizer, text: str) -> None:
        self._tokenizer = tokenizer
        self._text = text
        encoding = tokenizer.encode(text)
        self.ids: list[int] = encoding.ids
        self._starts, self._ends = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2).T
        self._sentence_ends = [sentence.end for sentence in sentences(text)]

    def parts(self, questions: Sequence[Question]) -> Iterator[tuple[int, int, list[Question]]]:
        """Yield what is read at once: its first token, the one after its last, and the questions about it."""
        waiting = list(questions)
        while waiting:
            whole = len(self.ids) <= TOKENS
            first = 0 if whole else max(0, self._first_token(waiting[0]) - BEFORE)
            inside = [one for one in waiting if whole or self._last_token(one) - first <= TOKENS] or waiting[:1]
            yield first, self._last_token(inside[-1]), inside
            waiting = waiting[len(inside) :]

    def add_ways(self, part: _Reading, first: int, question: Question) -> list[tuple[slice, slice]]:
        """Add the ways to go on at one place to what is read from token `first` on: as the text does, and with each other
        word. Return the rows of the result that belong to the word and to what follows, of each."""
        at, after, stop = self._first_token(question), self._token_after(question), self._last_token(question)
        local = at - first + 1  # tokens of the part before the word, with the one that begins it
        rows = part.ask(range(local - 1, local - 1 + stop - at), self.ids[at:stop])
        ways = [_divide(rows, after - at)]
        lead = self._text[self._starts[at] : question.start]
        rest = self._text[question.end : self._ends[stop - 1]]
        for other in question.others:
            branch = self._tokenizer.encode(lead + other + rest)
            of_word = sum(start < len(lead + other) for start, _ in branch.offsets)
            ways.append(_divide(part.add_branch(local, branch.ids), of_word))
        return ways

    def _first_token(self, question: Question) -> int:
        start = question.start - (self._text[question.start - 1 : question.start] == " ")
        return int(np.searchsorted(self._ends, start, side="right"))

    def _token_after(self, question: Question) -> int:
        return int(np.searchsorted(self._starts, question.end))

    def _last_token(self, question: Question) -> int:
        """Return the token after the last one that is asked for: of the same sentence, `AFTER` after the word at most."""
        at = bisect_left(self._sentence_ends, question.end)
        end = self._sentence_ends[at] if at < len(self._sentence_ends) else len(self._text)
        return min(self._token_after(question) + AFTER, int(np.searchsorted(self._starts, end)))


def _divide(rows: slice, at: int) -> tuple[slice, slice]:
    return slice(rows.start, rows.start + at), slice(rows.start + at, rows.stop)
