"""The encoder as it is shipped: tokenizer, word vectors, and a BERT body in int8 ONNX that reads vectors.

The vectors are stored once, in eight bits a number with one scale for each word. They are the body's input, and the
output of its second head is compared with them to find which word fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from detector.model_files import load_arrays, require_lengths
from detector.runtime.session import Session
from detector.runtime.tokenizer import open_tokenizer

Floats = NDArray[np.float32]

#: Id of the first word of the vocabulary, which is ordered by frequency; before it are special tokens and characters.
FIRST_WORD = 1996
#: Tokens of a text that are encoded at once; a longer text is encoded in parts.
MAX_TOKENS = 256


class Word(NamedTuple):
    """A word as the tokenizer sees it: its span in the text that was encoded (code points), its first and last token."""

    start: int
    end: int
    first_token: int
    last_token: int


class Output(NamedTuple):
    """What the model gives for one text of n tokens, with vectors of d numbers.

    `logits` [n]: log-odds that the token was put in by a substitution. `original_vectors` [n, d]: the scalar product with
    a word's vector, plus that word's bias, is the logit of that word having stood there before. `masked_vectors` [n, d]:
    the same, for the word to be expected there if the token were masked; not every encoder has that head.
    """

    logits: Floats
    original_vectors: Floats
    masked_vectors: Floats | None = None


@dataclass(frozen=True)
class EncodedText:
    """One text as an encoder sees it: a row of the model's output for each token, and the words in order."""

    ids: NDArray[np.int64]
    words: tuple[Word, ...]
    logits: Floats
    original_vectors: Floats
    masked_vectors: Floats | None = None

    @property
    def first_tokens(self) -> NDArray[np.int64]:
        """The number of each word's first token."""
        return np.array([word.first_token for word in self.words], dtype=np.int64)


class Encoder:
    """Turns texts into `EncodedText`. `vectors` [V, d] and `bias` [V] are those of the vocabulary, whose tokens are `pieces`.

    Thread- and fork-safe as `Session` is; pickles by the paths of its files. Raises ModelError, naming the file, when one
    can't be used.
    """

    def __init__(self, body: Path, vectors: Path, tokenizer: Path, *, threads: int) -> None:
        self._files = body, vectors, tokenizer
        self._n_threads = threads
        self._tokenizer = open_tokenizer(tokenizer)
        stored = load_arrays(vectors, vectors=2, scale=1, bias=1)
        size = self._tokenizer.get_vocab_size()
        lengths = {name: len(stored[name]) for name in ("vectors", "scale", "bias")}
        require_lengths(vectors, **lengths, vocabulary=size)
        # In one go: made floats first, they take four times as long.
        self.vectors: Floats = np.multiply(
            stored["vectors"], stored["scale"][:, None], dtype=np.float32, casting="unsafe"
        )
        self.bias: Floats = stored["bias"]
        self.pieces = [str(self._tokenizer.id_to_token(i)) for i in range(size)]
        self._session = Session(body, threads=threads)

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_encoder, (*self._files, self._n_threads)

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Encode texts of any length, each by itself. Long ones are encoded in parts; tokens between words are kept only
        within a part."""
        parts = [list(self._split(text)) for text in texts]
        outputs = self._session.run_each(self._inputs(ids) for of_text in parts for ids, _ in of_text)
        return [_join_parts(of_text, [Output(*next(outputs)) for _ in of_text]) for of_text in parts]

    def tokenize(self, text: str) -> list[int]:
        """Return token ids, with those that begin and end a text."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def run(self, ids: Sequence[int]) -> Output:
        """Run the model on the tokens of one text, at most `MAX_TOKENS`."""
        return Output(*self._session.run(self._inputs(ids)))

    def _inputs(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        return {"vectors": self.vectors[np.array(ids)]}

    def _split(self, text: str) -> Iterator[tuple[list[int], list[Word]]]:
        """Yield the parts of a text: token ids, and words that count tokens from the part's start."""
        encoding = self._tokenizer.encode(text)
        begin, *ids, end = encoding.ids
        words: list[Word] = []
        first = 0
        for start, stop, first_token, last_token in _find_words(text, encoding):
            if last_token - first >= MAX_TOKENS - 2 and words:
                yield [begin, *ids[first:first_token], end], words
                first, words = first_token, []
            words.append(Word(start, stop, first_token - first + 1, min(last_token - first + 1, MAX_TOKENS - 2)))
        if words:
            yield [begin, *ids[first : first + MAX_TOKENS - 2], end], words


def _open_encoder(body: Path, vectors: Path, tokenizer: Path, threads: int) -> Encoder:
    return Encoder(body, vectors, tokenizer, threads=threads)


def _find_words(text: str, encoding: Any) -> Iterator[Word]:
    """Yield the words that hold letters and digits only; token numbers do not count the leading [CLS]."""
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


def _join_parts(parts: Sequence[tuple[list[int], list[Word]]], outputs: Sequence[Output]) -> EncodedText:
    if not parts:
        nothing = np.zeros((0, 0), dtype=np.float32)
        return EncodedText(np.zeros(0, dtype=np.int64), (), nothing, nothing)
    if len(parts) == 1:
        ids, words = parts[0]
        return EncodedText(np.array(ids, dtype=np.int64), tuple(words), *outputs[0])
    words = []
    at = 0
    for ids, of_part in parts:
        words += [Word(start, end, first + at, last + at) for start, end, first, last in of_part]
        at += len(ids)
    masked = [output.masked_vectors for output in outputs if output.masked_vectors is not None]
    return EncodedText(
        np.array([i for ids, _ in parts for i in ids], dtype=np.int64),
        tuple(words),
        np.concatenate([output.logits for output in outputs]),
        np.concatenate([output.original_vectors for output in outputs]),
        np.concatenate(masked) if masked else None,
    )
