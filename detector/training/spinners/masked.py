"""What a masked language model would have expected instead: words that fit the sentence and change what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detector.runtime.tokenizer import open_tokenizer
from detector.training.data.lexicon import FUNCTION_WORDS, other_forms, same_stem
from detector.training.spinners import SourceWord
from detector.training.spinners.dictionary import NAME_WEIGHT, mend_article, replace
from detector.training.spinners.documents import gap_as_read

if TYPE_CHECKING:
    import torch

RANKED = 50  # of the model's guesses, those a swap is drawn from
WINDOW = 100  # words read at once
MASKED_SHARE = 0.15  # of a window's words; the share such models are trained with
_SHORTEST = 3  # letters; shorter guesses are particles and abbreviations
_BATCH = 8  # windows


class Window(NamedTuple):
    """A stretch of text in parts, with a place to fill between each two: a mask, or the word of `shown` that stands there."""

    parts: tuple[str, ...]
    shown: tuple[str, ...] = ()


#: For each window and each place in it, words with their probabilities, the likeliest first.
Fill = Callable[[Sequence[Window]], list[list[list[tuple[str, float]]]]]


class MaskedSpinner:
    """Masks content words and draws from the model's guesses one that is neither the word nor a form of it.

    `forms` are all forms of a word, with none for what is no common English word: such guesses are names and fragments.
    In a share `showing` of the texts the words are not masked but read as they stand: what the model would also expect there
    is then nearer to them.
    """

    MENDS_ARTICLES = 0.6

    def __init__(self, fill: Fill, forms: Callable[[str], Collection[str]] = other_forms, showing: float = 0.0) -> None:
        self.fill = fill
        self.forms = forms
        self.showing = showing

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        wanted = round(rate * len(pieces) + rng.uniform(-0.5, 0.5))
        places = [at for at, piece in enumerate(pieces) if _content(piece) and self.forms(piece.form)]
        places.sort(key=lambda at: rng.random() ** (1 / _weight(pieces, at)), reverse=True)
        mends = rng.random() < self.MENDS_ARTICLES
        seed = rng.random()
        shows = self.showing > 0 and rng.random() < self.showing
        while wanted > 0 and places:
            chosen, places = places[:wanted], places[wanted:]
            for at, guesses in self._guesses(pieces, sorted(chosen), shows):
                # Each place draws by itself, so that one guess more or less elsewhere changes nothing here.
                word = self._draw(pieces[at].form, guesses, random.Random(f"{seed}-{at}"))
                if word:
                    replace([pieces[at]], word)
                    if mends:
                        mend_article(pieces, at)
                    wanted -= 1

    def _draw(self, word: str, guesses: Sequence[tuple[str, float]], rng: random.Random) -> str | None:
        own = {word, *self.forms(word)}
        fit = [
            (guess, float(f"{probability:.3g}") ** 0.5)  # rounded: sums in floating point differ between machines
            for guess, probability in guesses[:RANKED]
            if guess.isalpha()
            and len(guess) >= _SHORTEST
            and guess not in FUNCTION_WORDS
            and guess not in own
            and not same_stem(guess, word)
            and self.forms(guess)
        ]
        if not any(weight for _, weight in fit):
            return None
        words, weights = zip(*fit, strict=True)
        return str(rng.choices(words, weights)[0])

    def _guesses(
        self, pieces: Sequence[SourceWord], places: Sequence[int], shows: bool
    ) -> list[tuple[int, list[tuple[str, float]]]]:
        """Return the model's guesses for each place. Few places are masked at once, and neighbours in different rounds."""
        windows: list[Window] = []
        masked: list[list[int]] = []
        for start in range(0, len(pieces), WINDOW):
            inside = [at for at in places if start <= at < start + WINDOW]
            most = max(1, int(min(WINDOW, len(pieces) - start) * MASKED_SHARE))
            rounds = min(1, len(inside)) if shows else -(-len(inside) // most)
            for number in range(rounds):
                some = inside[number::rounds]
                windows.append(_window(pieces[start : start + WINDOW], [at - start for at in some], shows))
                masked.append(some)
        filled = self.fill(windows) if windows else []
        return [pair for some, guesses in zip(masked, filled, strict=True) for pair in zip(some, guesses, strict=True)]


def _content(piece: SourceWord) -> bool:
    return (
        len(piece.text) >= _SHORTEST
        and piece.text.isalpha()
        and piece.form not in FUNCTION_WORDS
        and not piece.replaced
    )


def _weight(pieces: Sequence[SourceWord], at: int) -> float:
    return NAME_WEIGHT if at and gap_as_read(pieces[at]) == " " and pieces[at].text[:1].isupper() else 1.0


def _window(pieces: Sequence[SourceWord], masked: Collection[int], shows: bool = False) -> Window:
    """Return a window whose masked places are in the order of the text."""
    parts, part = [], ""
    for at, piece in enumerate(pieces):
        part += gap_as_read(piece) if at else ""
        if at in masked:
            parts.append(part)
            part = ""
        else:
            part += piece.text
    return Window((*parts, part + "."), tuple(pieces[at].text for at in masked) if shows else ())


class Bert:
    """A BERT with its masked-LM head, from a folder with `config.json`, `model.safetensors` and `tokenizer.json`."""

    def __init__(self, folder: Path) -> None:
        from transformers import BertForMaskedLM, logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self._model = BertForMaskedLM.from_pretrained(folder).eval()
        self._tokenizer = open_tokenizer(folder / "tokenizer.json")
        self._most = self._model.config.max_position_embeddings - 2
        vocabulary = self._tokenizer.get_vocab()
        self._pad, self._first, self._last, self._mask = (
            vocabulary[token] for token in ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
        )
        self._whole = [  # vocabulary ids that are words from beginning to end
            number for token, number in sorted(vocabulary.items(), key=lambda item: item[1]) if token.isalpha()
        ]

    def __call__(self, windows: Sequence[Window]) -> list[list[list[tuple[str, float]]]]:
        import torch

        filled: list[list[list[tuple[str, float]]]] = []
        whole = torch.tensor(self._whole)
        for at in range(0, len(windows), _BATCH):
            rows = [self._ids(window) for window in windows[at : at + _BATCH]]
            ids = torch.full((len(rows), max(len(some) for some, _ in rows)), self._pad)
            for row, (some, _) in zip(ids, rows, strict=True):
                row[: len(some)] = torch.tensor(some)
            with torch.inference_mode():
                hidden = self._model.bert(input_ids=ids, attention_mask=(ids != self._pad).long()).last_hidden_state
                for states, (_, places) in zip(hidden, rows, strict=True):
                    logits = self._model.cls(states[places])[:, whole]
                    best = logits.log_softmax(-1).exp().topk(min(RANKED, len(self._whole)))
                    filled.append([self._named(*pair) for pair in zip(best.values, best.indices, strict=True)])
        for window, guesses in zip(windows, filled, strict=True):
            guesses += [[] for _ in range(len(window.parts) - 1 - len(guesses))]  # what didn't fit into the model
        return filled

    def _ids(self, window: Window) -> tuple[list[int], list[int]]:
        """Return a window as the model reads it, and where the places to fill are."""
        ids, places = [self._first], []
        for number, part in enumerate(window.parts):
            if number:
                places.append(len(ids))
                ids += self._encode(window.shown[number - 1]) if window.shown else [self._mask]
            ids += self._encode(part)
        return [*ids[: self._most], self._last], [at for at in places if at < self._most]

    def _encode(self, text: str) -> list[int]:
        found = self._tokenizer.encode(text, add_special_tokens=False).ids
        return [number for number in found if number not in (self._pad, self._mask)]  # a text may speak of [MASK]

    def _named(self, values: torch.Tensor, indices: torch.Tensor) -> list[tuple[str, float]]:
        return [
            (str(self._tokenizer.id_to_token(self._whole[index])), float(value))
            for index, value in zip(indices.tolist(), values.tolist(), strict=True)
        ]
