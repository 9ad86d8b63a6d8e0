"""What many tests need: the shipped model, loaded once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detector import model_files
from detector.engine.detector import Detector, load
from detector.model_files import Manifest
from detector.options import Options


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return model_files.verify(model_files.locate())


@pytest.fixture(scope="session")
def detector() -> Iterator[Detector]:
    """A detector with the grammar engine that every machine has."""
    with load(Options(grammar="embedded")) as loaded:
        yield loaded
