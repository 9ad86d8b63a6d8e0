"""Training windows: a stretch of clean prose, perhaps spun, with the label of every token and the word that stood there.

Everything is drawn from one `random.Random`, so a batch is a function of (seed, step) and training can be resumed at
any step without keeping the state of a data loader.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from detector.text.document import Document
from detector.text.segments import WORD
from detector.training import data
from detector.training.lexicon import Resources, common_words
from detector.training.phrases import load_phrases
from detector.training.spinners import Spinner, Spun, spin
from detector.training.spinners.corruption import Debris, EntitySpinner
from detector.training.spinners.dictionary import DictionarySpinner, PhraseSpinner
from detector.training.spinners.mistakes import Learner, Literal, Noise
from detector.training.tables import load_tables

#: How often each family spins a training window; one that cannot run is left out. `mythes` is left out of training, to choose
#: checkpoints by.
FAMILY_WEIGHTS = {
    "wordnet": 2.0,
    "moby": 2.5,
    "ppdb": 2.5,
    "embedding": 2.0,
    "tortured": 3.5,
    "entity": 1.3,
    "pivot": 2.0,
    "article": 4.0,
    "phrase": 1.5,
    "masked": 2.5,  # only with `--bert`: what it brings and costs is in the model card
}
HELD_OUT_FAMILY = "mythes"
CLEAN_SHARE = 0.35  # windows left as they are
RATES = (0.02, 0.5)  # share of words replaced, log-uniform: light spinning is the case that counts
DEBRIS_SHARE = 0.10  # windows with detokenisation debris, spun or not
NOISE_SHARE = 0.10  # windows with typing or scanning errors, spun or not
LEARNER_SHARE = 0.10  # windows with mistakes that learners of English make, spun or not
SHOWN_SHARE = 0.5  # of the windows with masked swaps, those whose words the language model reads as they stand
AMONG = 4  # with a judge: windows of one source of which the one that looks oddest is learned from, where none is spun
KEEP_SHARE = (
    0.03  # untouched words whose own first piece the second head is asked for: many more, and it learns to copy
)
IGNORED = -100


#: How odd a text looks, so that training can dwell on what is odd and honest.
Judge = Callable[[str], float]


@dataclass(frozen=True)
class Example:
    """One window of tokens, `[CLS]` first and `[SEP]` last. `labels` 0/1 or IGNORED; `originals` token ids or IGNORED."""

    ids: list[int]
    labels: list[int]
    originals: list[int]


def load_spinners(resources: Resources, cache: Path, bert: Path | None = None) -> dict[str, Spinner]:
    """Every family that training draws from, and the one left out; masked swaps need a BERT. Tables are made on first use."""
    spinners: dict[str, Spinner] = {n: DictionarySpinner(table) for n, table in load_tables(resources, cache).items()}
    spinners["phrase"] = PhraseSpinner(load_phrases(resources, cache))
    spinners["entity"] = EntitySpinner(common_words())
    if bert:
        from detector.training.spinners.masked import Bert, MaskedSpinner

        spinners["masked"] = MaskedSpinner(Bert(bert), showing=SHOWN_SHARE)
    return spinners


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


class Labeller:
    """Tokens and labels of a spun text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    @lru_cache(maxsize=100_000)  # noqa: B019 - one labeller lives as long as the process
    def single(self, word: str) -> int | None:
        """The id of a word that is one piece of the vocabulary."""
        ids = self.tokenizer.encode(word, add_special_tokens=False).ids
        return ids[0] if len(ids) == 1 else None

    def label(self, source: str, spun: Spun, rng: random.Random, max_tokens: int) -> Example:
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


class Recipe:
    """Draws training examples. Texts are kept by source; windows are cut at sentence ends."""

    def __init__(
        self,
        texts: Mapping[str, Sequence[str]],
        weights: Mapping[str, float],
        spinners: Mapping[str, Spinner],
        labeller: Labeller,
        *,
        max_tokens: int = 192,
        judge: Judge | None = None,
        literal_share: float = 0.0,
    ) -> None:
        self.texts = texts
        self.names = [name for name in weights if texts.get(name)]
        self.weights = [weights[name] for name in self.names]
        self.spinners = spinners
        self.families = {name: weight for name, weight in FAMILY_WEIGHTS.items() if name in spinners}
        self.labeller = labeller
        self.max_tokens = max_tokens
        self.judge = judge
        self.literal_share = literal_share  # windows in another language's order of words, spun or not
        self.debris, self.noise, self.learner, self.literal = Debris(), Noise(), Learner(), Literal()

    def window(self, rng: random.Random) -> str:
        """Some sentences of a random document: 30 to 110 words, mostly long ones."""
        return self._drawn(rng)[1]

    def _drawn(self, rng: random.Random, source: str = "") -> tuple[str, str]:
        """A window and where it is from: the given source, or any."""
        while True:
            name = source or rng.choices(self.names, self.weights)[0]
            text = rng.choice(self.texts[name])
            if len(text) > 8000:  # sentence splitting a whole book for one window would be waste
                at = text.find("\n", rng.randrange(len(text) - 6000))
                text = text[max(at, 0) : max(at, 0) + 6000]
            sentences = Document.from_text(text).sentences
            if not sentences:
                continue
            first = rng.randrange(len(sentences))
            wanted = rng.choice((40, 80, 110, 110))
            last = first
            while last + 1 < len(sentences) and sentences[last].end - sentences[first].start < wanted * 5.5:
                last += 1
            window = text[sentences[first].start : sentences[last].end]
            if len(window) > 80 and (len(sentences) < 4 or len(window) > wanted * 2):
                return name, window[: wanted * 9]

    def spin(self, text: str, rng: random.Random) -> Spun:
        chosen: list[Spinner] = []
        rate = 0.0
        if rng.random() >= CLEAN_SHARE:
            rate = log_uniform(rng, *RATES)
            names, weights = zip(*self.families.items(), strict=True)
            count = rng.choice((1, 1, 1, 2, 3))
            chosen = [self.spinners[name] for name in dict.fromkeys(rng.choices(names, weights, k=count))]
        extras: list[Spinner] = []
        if rng.random() < DEBRIS_SHARE:
            extras.append(self.debris)
        if rng.random() < NOISE_SHARE:
            extras.append(self.noise)
        elif rng.random() < LEARNER_SHARE:
            extras.append(self.learner)
        families = len(chosen)
        return spin(text, [*chosen, *extras], rate * (families + len(extras)) / max(families, 1), rng)

    def reordered(self, text: str, rng: random.Random) -> str:
        """The text as a literal translation: an honest one to begin with, whatever is swapped in it afterwards."""
        return spin(text, [self.literal], 0.0, rng).text

    def without(self, family: str) -> Recipe:
        """The same, but that this family spins nothing."""
        other = copy.copy(self)
        other.families = {name: weight for name, weight in self.families.items() if name != family}
        return other

    def example(self, rng: random.Random) -> Example:
        source, text = self._drawn(rng)
        if self.literal_share and rng.random() < self.literal_share:
            text = self.reordered(text, rng)
        spun = self.spin(text, rng)
        if self.judge and spun.text == text:
            text = max([text, *(self._drawn(rng, source)[1] for _ in range(AMONG - 1))], key=self.judge)
            spun = Spun(text, ())
        return self.labeller.label(text, spun, rng, self.max_tokens)


def load_texts(folder: Path, use: data.Use) -> dict[str, list[str]]:
    return {
        source.name: [text.text for text in data.read(folder, source, use)]
        for source in data.SOURCES
        if use == "verdict" or source.encoder
    }
