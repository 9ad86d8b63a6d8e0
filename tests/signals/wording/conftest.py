from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.judge.verdict import Judge
from detector.model_files import Manifest
from detector.report import Finding
from detector.signals.grammar.features import FEATURES as GRAMMAR
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import WordingSignal
from detector.text.document import Document

Find = Callable[[WordingSignal, str], list[Finding]]


@pytest.fixture(scope="package")
def signal(manifest: Manifest) -> WordingSignal:
    return WordingSignal(manifest, threads=1)


@pytest.fixture(scope="package")
def find(manifest: Manifest) -> Find:
    """What a signal finds in a text, given how surely it is spun."""
    others = (TypographySignal, NamesSignal, ReadabilitySignal)
    measured = (*WordingSignal.features, *GRAMMAR, *(feature for signal in others for feature in signal.features))
    judge = Judge(manifest, measured)

    def of(signal: WordingSignal, text: str) -> list[Finding]:
        document = Document.from_text(text)
        (measurement,) = signal.measure([document])
        return list(measurement.find(document, judge.log_odds(measurement.features)))

    return of
