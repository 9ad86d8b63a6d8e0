from __future__ import annotations

import pytest

from detector.model_files import Manifest
from detector.signals.wording import WordingSignal


@pytest.fixture(scope="package")
def signal(manifest: Manifest) -> WordingSignal:
    return WordingSignal(manifest, threads=1)
