"""The JSON Schema of the machine contract, and its part that is made from the signals' tables of features.

`python -m detector.schema` writes that part anew after a change of a table; a test says when it is time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detector.signals import Feature

PATH = Path(__file__).with_name("schema.json")


def read_schema() -> str:
    """Return the schema as it is shipped."""
    return PATH.read_text(encoding="utf-8")


def measure_units() -> dict[str, str]:
    """Return the unit of every measure by its name."""
    measures = json.loads(read_schema())["$defs"]["measures"]["properties"]
    return {name: measure["unit"] for name, measure in measures.items()}


def describe_measures(features: Iterable[Feature]) -> dict[str, Any]:
    """Return the schema of `measures`: each with its unit and why it is measured."""
    return {
        "description": "What the signals measured of the document, by name. `unit` says in what. A signal that did not run,"
        " and a document that was turned away before, has none.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            feature.name: {"type": "number", "unit": feature.unit, "description": feature.why} for feature in features
        },
    }


def all_features() -> list[Feature]:
    """Return the features of all signals, in the order in which reports name the signals."""
    from detector.signals.grammar.signal import GrammarSignal
    from detector.signals.names import NamesSignal
    from detector.signals.readability import ReadabilitySignal
    from detector.signals.scan import ScanSignal
    from detector.signals.spintax import SpintaxSignal
    from detector.signals.typography import TypographySignal
    from detector.signals.wording import WordingSignal

    measured = (WordingSignal, GrammarSignal, TypographySignal, NamesSignal, ReadabilitySignal, SpintaxSignal)
    signals = (*measured, ScanSignal)
    return [feature for signal in signals for feature in signal.features]


def _write() -> None:
    content = json.loads(read_schema())
    content["$defs"]["measures"] = describe_measures(all_features())
    PATH.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
