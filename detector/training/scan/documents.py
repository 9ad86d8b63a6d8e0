"""The documents that the first stage's classifier and cut-offs are fitted on: honest ones, and each of them spun.

They are the verdict's documents (`data/records.py`), which no encoder and no word of the first stage learned from, spun by
every family but the one that is kept to evaluate with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from detector.training.data import splits as data
from detector.training.data.records import (
    NOISY_DOCUMENTS,
    Record,
    honest_record,
    spin_record,
    split_documents,
    with_mistakes,
)
from detector.training.spinners import Spinner
from detector.training.spinners.mixture import HELD_OUT_FAMILY

VERSIONS = 2  # spun ones of a document


def documents(folder: Path, spinners: dict[str, Spinner]) -> Iterator[Record]:
    """Yield the documents, spun versions after the honest one; the same for the same data and spinners."""
    families = sorted(name for name in spinners if name != HELD_OUT_FAMILY)
    for source in data.SOURCES:
        for number, text in enumerate(split_documents(folder, source)[0]):
            record = honest_record(text)
            yield record
            if number < NOISY_DOCUMENTS:
                yield with_mistakes(record)
            for version in range(VERSIONS):
                spun = spin_record(replace(record, id=f"{record.id}#{version}"), spinners, families)
                if spun:
                    yield spun
