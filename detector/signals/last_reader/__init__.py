"""The last reader: a language model that is asked about the most suspicious words of a document whose verdict is in doubt.

An encoder reads what is around a word; a language model knows how people go on. It reads all that comes before the word, and
says how much more probable the text is with another word in its place. What it prefers moves the word's log-odds, and so the
document's features, its findings and its verdict: by the trees that all documents are judged with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detector.model_files import Manifest, Settings
from detector.report import Status
from detector.signals import Feature, Measurement
from detector.signals.last_reader.asking import Opinion, ask
from detector.signals.last_reader.model import LanguageModel
from detector.signals.wording import WordingMeasurement
from detector.signals.wording.later import Later
from detector.text.document import Document

NAME = "last_reader"


@dataclass(frozen=True)
class WordUpdate:
    """How an opinion moves the log-odds of a word: by what the best of the other words gains at its own place, and by
    what follows then.

    `bias` makes it nothing for the usual honest word that is asked about.
    """

    bias: float
    word: float
    after: float
    limit: float  # nats, of what a gain counts

    @classmethod
    def from_settings(cls, settings: Settings) -> WordUpdate:
        """Read it from the manifest. Raises ModelError, naming the key that is wrong."""
        return cls(**settings.numbers(cls.__dataclass_fields__))

    @staticmethod
    def inputs(opinion: Opinion, limit: float) -> tuple[float, float]:
        """Return what `word` and `after` are multiplied with."""
        gains = opinion.gain - opinion.gain_after, opinion.gain_after
        word, after = (min(max(one, -limit), limit) for one in gains)
        return word, after

    def shift(self, opinion: Opinion) -> float:
        """Return what is added to a word's log-odds after an opinion."""
        word, after = self.inputs(opinion, self.limit)
        return self.bias + self.word * word + self.after * after


class Doubt(NamedTuple):
    """Log-odds of a document between which its verdict is in doubt."""

    lowest: float
    highest: float


class LastReader:
    """Asks the language model. Thread- and fork-safe as the model is; it is opened when a document first needs it.

    `open` opens the model; it raises ModelError where that is not here.
    """

    name = NAME
    features: tuple[Feature, ...] = ()

    def __init__(self, settings: Settings, open: Callable[[], LanguageModel], engine: str) -> None:
        self._update = WordUpdate.from_settings(settings.section("word"))
        doubt = settings.section("doubt")
        self.doubt = Doubt(doubt.number("lowest"), doubt.number("highest"))
        self.words = round(settings.number("words"))
        self.engine = engine
        self._model = Later(open)

    @classmethod
    def load(cls, manifest: Manifest) -> LastReader:
        """Return the reader with the model that is installed here. Raises ModelError, which says how to install it."""
        from detector.signals.last_reader.installation import ENGINE, require

        require(manifest)
        return cls(manifest.section("last_reader"), _Opener(manifest), ENGINE)

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        """Return that nothing was asked: it needs what the wording signal found, and `read` takes that."""
        return [Measurement.skipped("there is nothing to ask about") for _ in documents]

    def read(self, document: Document, wording: WordingMeasurement) -> tuple[Measurement, WordingMeasurement]:
        """Return what was asked, and the wording as it is after that."""
        suspects = [one for one in wording.suspects(self.words) if one.originals]
        if not suspects:
            return Measurement.not_needed("there is no word to ask about", self.engine), wording
        opinions = ask(self._model.get(), document, suspects)
        changed = {one.suspect.start: one.suspect.log_odds + self._update.shift(one) for one in opinions}
        measurement = Measurement(Status.OK, _in_words(document, opinions), engine=self.engine)
        return measurement, wording.with_log_odds(changed)

    def preload(self) -> None:
        """Open the model."""
        self._model.get()

    def close(self) -> None:
        """Do nothing: the session ends with the object."""


@dataclass(frozen=True)
class _Opener:
    """Opens the installed model; pickles."""

    manifest: Manifest

    def __call__(self) -> LanguageModel:
        from detector.signals.last_reader.installation import open_model

        return open_model(self.manifest)


def _in_words(document: Document, opinions: Sequence[Opinion]) -> str:
    """Return what was asked and what the model prefers, the surest first."""
    text = document.prose.text
    preferred = sorted((one for one in opinions if one.preferred is not None), key=lambda one: -one.gain)
    named = (f"“{one.preferred}” to “{text[one.suspect.start : one.suspect.end]}”" for one in preferred)
    asked = f"asked about {len(opinions)} word{'s' * (len(opinions) != 1)}"
    return f"{asked}, it prefers {', '.join(named) or 'none to those that stand there'}"
