"""What is measured of a document, and what of it the verdict is fitted on."""

from __future__ import annotations

from detector.signals import Feature
from detector.signals.grammar.features import FEATURES as GRAMMAR
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording.features import FEATURES as WORDING

MEASURED: tuple[Feature, ...] = (
    *WORDING,
    *GRAMMAR,
    *TypographySignal.features,
    *NamesSignal.features,
    *ReadabilitySignal.features,
)
#: Measured but not judged by: they tell where a text comes from (web copy, novels, scans), not what was done to it.
TELLS_SOURCES = ("typography.space_before_punctuation", "grammar.casing", "grammar.name", "grammar.punctuation")
#: Nor by these: they bring nothing on sources left out (models/tables/compare.txt).
NO_HELP = ("readability.",)
FEATURES: tuple[Feature, ...] = tuple(
    feature for feature in MEASURED if feature.name not in TELLS_SOURCES and not feature.name.startswith(NO_HELP)
)
#: More of these never lowers the probability.
EVIDENCE = ("wording.", "grammar.agreement", "grammar.phrase", "grammar.article", "typography.", "names.")
NO_EVIDENCE = (
    "wording.log_words",
    "wording.odd_without_candidate",
    "wording.broken_words",
    "wording.masked_log_prob_usual",
    "wording.masked_log_prob_odd",
)


def is_evidence(name: str) -> bool:
    return name.startswith(EVIDENCE) and name not in NO_EVIDENCE
