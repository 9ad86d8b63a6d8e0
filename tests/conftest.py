"""What many tests need: the shipped model, loaded once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detector import models
from detector.config import Options
from detector.engine import Detector, load
from detector.models import Manifest


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return models.verify(models.locate())


@pytest.fixture(scope="session")
def detector() -> Iterator[Detector]:
    """A detector with the grammar engine that every machine has."""
    with load(Options(grammar="embedded")) as loaded:
        yield loaded
