"""Find spun and paraphrase-corrupted text: which documents, where, and what stood there before.

import detector

with detector.load() as d:
    report = d.score("The company denied agreeing to an wings offer ...")
    print(report.verdict, report.probability)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.errors import DetectorError
from detector.options import Options
from detector.report import Failure, Finding, Outcome, Report, Verdict
from detector.text.document import Document

if TYPE_CHECKING:
    from detector.engine.detector import Detector, load

__version__ = "0.2.0"

__all__ = [
    "Detector",
    "DetectorError",
    "Document",
    "Failure",
    "Finding",
    "Options",
    "Outcome",
    "Report",
    "Verdict",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import the engine when it is used: it brings numpy and the language identifier, which `--help` does not need."""
    if name in ("Detector", "load"):
        from detector.engine import detector as engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # what comes later is completed and found, too
