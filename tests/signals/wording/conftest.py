from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.judge.verdict import Judge
from detector.model_files import Manifest
from detector.report import Finding
from detector.signals.wording import WordingSignal
from detector.text.document import Document
from detector.training.fit.judged_features import MEASURED

Find = Callable[[WordingSignal, str], list[Finding]]


@pytest.fixture(scope="package")
def signal(manifest: Manifest) -> WordingSignal:
    return WordingSignal(manifest, threads=1)


@pytest.fixture(scope="package")
def find(manifest: Manifest) -> Find:
    """What a signal finds in a text, given how surely it is spun."""
    judge = Judge(manifest, MEASURED)

    def of(signal: WordingSignal, text: str) -> list[Finding]:
        document = Document.from_text(text)
        (measurement,) = signal.measure([document])
        return list(measurement.find(document, judge.log_odds(measurement.features)))

    return of
