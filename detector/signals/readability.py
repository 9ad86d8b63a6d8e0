"""Readability: which register a document is written in. Register, not guilt: this signal never has findings.

The numbers are textstat's, and only those it can compute offline. Everything in textstat that counts syllables
(`flesch_reading_ease`, `gunning_fog`, `smog_index`, `difficult_words`, Dale-Chall, ...) downloads the CMU pronouncing
dictionary at run time and fails without a network, so none of it is used here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from detector.report import Status
from detector.signals import Feature, Measurement
from detector.text.document import Document

# textstat takes 2 microseconds a word for all measures together and keeps the last 128 texts *and their word lists*
# in memory: 20,000 words bound that to some 50 ms and a few MB a document. The register of a book does not change with
# the rest of it: over 100 novels in one text of 800,000 words, no measure moved by more than 4% of itself.
MAX_WINDOWS = 200  # of about 100 words

# A heading, list item or caption without a full stop would run into the next block's first sentence.
_UNPUNCTUATED_BLOCK_END = re.compile(r"(?<=[^\s.!?…:;,])\s*\n[ \t\r]*\n\s*")


class Bounds(NamedTuple):
    """Where a measure is cut off, so that one page without full stops is no outlier of a thousand grades."""

    low: float
    high: float


_FEATURES: tuple[tuple[Feature, Bounds], ...] = (
    (
        Feature("readability.ari", "US school grade", "Automated Readability Index: long words and long sentences"),
        Bounds(-5, 40),
    ),
    (
        Feature(
            "readability.coleman_liau", "US school grade", "Coleman-Liau index: letters and sentences per 100 words"
        ),
        Bounds(-5, 40),
    ),
    (
        Feature("readability.lix", "LIX", "sentence length plus the percentage of words over six letters"),
        Bounds(0, 150),
    ),
    (
        Feature(
            "readability.sentence_words",
            "words per sentence",
            "speech, lists and learners differ here from edited prose",
        ),
        Bounds(0, 100),
    ),
    (
        Feature("readability.word_characters", "characters per word", "technical and official prose has longer words"),
        Bounds(0, 20),
    ),
    (
        Feature(
            "readability.long_word_share", "share of words, 0..1", "words over six letters: formal against plain style"
        ),
        Bounds(0, 1),
    ),
)


class ReadabilitySignal:
    """Register of a document, by textstat's offline measures."""

    name = "readability"
    features: tuple[Feature, ...] = tuple(feature for feature, _ in _FEATURES)

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        try:
            textstat = _import_textstat()
        except ImportError as problem:
            return [Measurement.skipped(f"textstat cannot be imported: {problem}")] * len(documents)
        return [_measure(textstat, document) for document in documents]

    def close(self) -> None:
        pass


class _LaterNltk(ModuleType):
    """Stands for NLTK until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module("nltk"), name)


@cache
def _import_textstat() -> ModuleType:
    """Import textstat without NLTK, which it uses for syllables only: with scipy and scikit-learn that takes a second.

    Only textstat gets the stand-in; whoever else imports NLTK gets NLTK.
    """
    if "nltk" in sys.modules:
        return import_module("textstat")
    sys.modules["nltk"] = _LaterNltk("nltk")
    try:
        return import_module("textstat")
    finally:
        del sys.modules["nltk"]


def _measure(textstat: ModuleType, document: Document) -> Measurement:
    text, detail = _sample(document)
    if not text:
        return Measurement.skipped("no words")
    try:
        words = textstat.lexicon_count(text)
        values = (
            textstat.automated_readability_index(text),
            textstat.coleman_liau_index(text),
            textstat.lix(text),
            textstat.words_per_sentence(text),
            textstat.avg_character_per_word(text),
            textstat.long_word_count(text) / max(1, words),
        )
    except Exception as problem:  # whatever textstat trips over, the other signals still have their say
        return Measurement.failed(f"textstat: {problem!r}")
    numbers = {
        feature.name: min(max(float(value), bounds.low), bounds.high)
        for (feature, bounds), value in zip(_FEATURES, values, strict=True)
    }
    return Measurement(Status.OK, detail, numbers)


def _sample(document: Document) -> tuple[str, str]:
    """Return the prose to be measured, blocks ended by a full stop; of a very long document, evenly spaced windows."""
    windows = document.windows
    detail = ""
    if len(windows) > MAX_WINDOWS:
        detail = f"{MAX_WINDOWS} of {len(windows)} windows"
        windows = tuple(windows[index * len(windows) // MAX_WINDOWS] for index in range(MAX_WINDOWS))
    text = "\n\n".join(document.prose.text[window.start : window.end] for window in windows)
    return _UNPUNCTUATED_BLOCK_END.sub(".\n", text), detail
