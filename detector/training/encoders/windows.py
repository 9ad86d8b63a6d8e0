"""Training windows: a stretch of clean prose, perhaps spun, with the label of every token and the word that stood there.

Windows are cut as they are when documents are scored. Everything is drawn from one `random.Random`, so a batch is a function
of (seed, step) and training can be resumed at any step without keeping the state of a data loader.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from detector.signals.wording.encoder import MAX_TOKENS
from detector.text.document import Document
from detector.text.segments import WORD
from detector.training.data import splits as data
from detector.training.encoders.labels import Example, Labeller
from detector.training.spinners import Spinner, Spun, spin
from detector.training.spinners.corruption import Debris
from detector.training.spinners.mistakes import ForeignWordOrder, Learner, Noise
from detector.training.spinners.mixture import FAMILY_WEIGHTS, log_uniform

CLEAN_SHARE = 0.35  # windows left as they are
RATES = (0.02, 0.5)  # share of words replaced, log-uniform: light spinning is the case that counts
DEBRIS_SHARE = 0.10  # windows with detokenisation debris, spun or not
NOISE_SHARE = 0.10  # windows with typing or scanning errors, spun or not
LEARNER_SHARE = 0.10  # windows with mistakes that learners of English make, spun or not
ODDEST_OF = (
    4  # with a judge: windows of one source of which the one that looks oddest is learned from, where none is spun
)
STRETCH_SHARE = 0.25  # windows that are cut to a stretch, a sentence or two
FEWEST_WORDS = 12  # of a window
LONG_TEXT, EXCERPT = 8000, 6000  # characters: of longer texts a part is read

#: How odd a text looks, so that training can dwell on what is odd and honest.
OddnessScore = Callable[[str], float]


class Recipe:
    """Draws training examples. `texts` and `weights` are by source."""

    def __init__(
        self,
        texts: Mapping[str, Sequence[str]],
        weights: Mapping[str, float],
        spinners: Mapping[str, Spinner],
        labeller: Labeller,
        *,
        max_tokens: int = MAX_TOKENS,
        oddness: OddnessScore | None = None,
        reordered_share: float = 0.0,
    ) -> None:
        self.texts = texts
        self.names = [name for name in weights if texts.get(name)]
        self.weights = [weights[name] for name in self.names]
        self.spinners = spinners
        self.families = {name: weight for name, weight in FAMILY_WEIGHTS.items() if name in spinners}
        self.labeller = labeller
        self.max_tokens = max_tokens
        self.oddness = oddness
        self.reordered_share = reordered_share  # windows in another language's order of words, spun or not
        self.debris, self.noise, self.learner, self.foreign_order = Debris(), Noise(), Learner(), ForeignWordOrder()

    def window(self, rng: random.Random) -> str:
        """Return the prose of a window of a random document, as the encoders are given it when they serve."""
        return self._drawn(rng)[1]

    def _drawn(self, rng: random.Random, source: str = "") -> tuple[str, str]:
        """Return the name of a source, the given one or any, and a window of one of its documents."""
        while True:
            name = source or rng.choices(self.names, self.weights)[0]
            window = draw_window(excerpt(rng.choice(self.texts[name]), rng), rng)
            if window:
                return name, window

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
        """Return an honest text as if translated literally, in which words may be swapped afterwards."""
        return spin(text, [self.foreign_order], 0.0, rng).text

    def without(self, family: str) -> Recipe:
        """Return a copy in which this family spins nothing."""
        other = copy.copy(self)
        other.families = {name: weight for name, weight in self.families.items() if name != family}
        return other

    def example(self, rng: random.Random) -> Example:
        source, text = self._drawn(rng)
        if self.reordered_share and rng.random() < self.reordered_share:
            text = self.reordered(text, rng)
        spun = self.spin(text, rng)
        if self.oddness and spun.text == text:
            text = max([text, *(self._drawn(rng, source)[1] for _ in range(ODDEST_OF - 1))], key=self.oddness)
            spun = Spun(text, ())
        return self.labeller.label(text, spun, rng, self.max_tokens)


def draw_window(text: str, rng: random.Random) -> str:
    """Return the prose of a random window of a text: what an encoder is given at once when the text is scored.

    The text is read and cut by the same code that scores it, `Document.from_text` and `Document.windows`. Some windows are
    stretches, which the deep encoder reads first with `--wording auto`. Return "" if the one drawn has too few words.
    """
    document = Document.from_text(text)
    if not document.windows:
        return ""
    window = rng.choice(document.windows)
    if rng.random() < STRETCH_SHARE:
        window = rng.choice(list(document.stretches(window)))
    prose = document.prose.text[slice(*window)]
    return prose if len(WORD.findall(prose)) >= FEWEST_WORDS else ""


def excerpt(text: str, rng: random.Random) -> str:
    """Return a long text's part that begins at a random paragraph: to read a book for one window would be waste."""
    if len(text) <= LONG_TEXT:
        return text
    start = text.find("\n", rng.randrange(len(text) - EXCERPT)) + 1
    return text[start : start + EXCERPT]


def load_texts(folder: Path, use: data.Use) -> dict[str, list[str]]:
    return {
        source.name: [text.text for text in data.read(folder, source, use)]
        for source in data.SOURCES
        if use == "verdict" or source.encoder
    }
