"""The encoder as it is shipped: tokenizer, word vectors, and a BERT body in int8 ONNX that reads vectors.

The vectors are stored once, in eight bits a number with one scale a word. They go into the body, and what its second head
gives for a word is compared with them to learn which word fits there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]

#: Of the vocabulary, which is ordered by frequency; before it are special tokens and single characters.
FIRST_WORD = 1996
MAX_TOKENS = 256  # a window with more is read in parts; training cuts it


@dataclass(frozen=True)
class Word:
    """A word as the tokenizer sees it: its span in the text that was read, and its first and last token."""

    start: int
    end: int
    first: int
    last: int


class Output(NamedTuple):
    """Of each token: was it put in, what fits there, and what would be expected there if it were not to be seen. Not every
    encoder says the last."""

    logits: Floats
    fits: Floats
    expected: Floats | None = None


@dataclass(frozen=True)
class Reading:
    """What the encoder says of one text: a row of its output for each token; `ids` are the tokens themselves."""

    ids: NDArray[np.int64]
    words: tuple[Word, ...]
    logits: Floats
    fits: Floats
    expected: Floats | None = None


def open_tokenizer(path: Path) -> Tokenizer:
    """One that gives each text as it is: the length of windows is seen to elsewhere."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class Encoder:
    def __init__(self, body: Path, vectors: Path, tokenizer: Path, *, threads: int) -> None:
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(str(body), settings, providers=["CPUExecutionProvider"])
        self._threads = ThreadPoolExecutor(threads)
        self._tokenizer = open_tokenizer(tokenizer)
        with np.load(vectors, allow_pickle=False) as stored:
            self.vectors: Floats = stored["vectors"].astype(np.float32) * stored["scale"][:, None]
            self.bias: Floats = stored["bias"]
        self.pieces = [str(self._tokenizer.id_to_token(i)) for i in range(len(self.vectors))]

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Texts of any length; long ones are read in parts, and what is between words is not reported."""
        parts = [list(self._parts(text)) for text in texts]
        outputs = self._threads.map(self.run, [ids for of_text in parts for ids, _ in of_text])
        return [_joined(of_text, [next(outputs) for _ in of_text]) for of_text in parts]

    def tokens(self, text: str) -> list[int]:
        """Token ids with those that begin and end a text."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def _parts(self, text: str) -> Iterator[tuple[list[int], list[Word]]]:
        encoding = self._tokenizer.encode(text)
        begin, *ids, end = encoding.ids
        words: list[Word] = []
        first = 0
        for word in _words(text, encoding):
            if word.last - first >= MAX_TOKENS - 2 and words:
                yield [begin, *ids[first : word.first], end], words
                first, words = word.first, []
            shifted = Word(word.start, word.end, word.first - first + 1, min(word.last - first + 1, MAX_TOKENS - 2))
            words.append(shifted)
        if words:
            yield [begin, *ids[first : first + MAX_TOKENS - 2], end], words

    def run(self, ids: Sequence[int]) -> Output:
        """One text at a time: activations are quantised by run, and a document's scores must not depend on its company."""
        vectors = self.vectors[np.array(ids)][None]
        mask = np.ones((1, len(ids)), dtype=np.int64)
        return Output(*(values[0] for values in self._session.run(None, {"vectors": vectors, "mask": mask})))


def _words(text: str, encoding: Any) -> Iterator[Word]:
    """Words that hold a letter or a digit; token numbers do not count the leading [CLS]."""
    last: int | None = None
    first = start = end = 0
    offsets = cast(list[tuple[int, int]], encoding.offsets)
    for at, number in enumerate([*encoding.word_ids, None]):
        if number == last and number is not None:
            end = offsets[at][1]
            continue
        if last is not None and text[start:end].isalnum():
            yield Word(start, end, first - 1, at - 2)
        if number is not None:
            (start, end), first = offsets[at], at
        last = number


def _joined(parts: Sequence[tuple[list[int], list[Word]]], outputs: Sequence[Output]) -> Reading:
    if not parts:
        nothing = np.zeros((0, 0), dtype=np.float32)
        return Reading(np.zeros(0, dtype=np.int64), (), nothing, nothing)
    words: list[Word] = []
    at = 0
    for ids, of_part in parts:
        words += [Word(word.start, word.end, word.first + at, word.last + at) for word in of_part]
        at += len(ids)
    logits, fits = np.concatenate([o.logits for o in outputs]), np.concatenate([o.fits for o in outputs])
    expected = [o.expected for o in outputs if o.expected is not None]
    all_ids = np.array([i for ids, _ in parts for i in ids], dtype=np.int64)
    return Reading(all_ids, tuple(words), logits, fits, np.concatenate(expected) if expected else None)
