"""Sidecars: what was found in the records of a shard, one row a record, in their order. They are made of the score log
alone.

Every record has its row, also one that could not be read or scored: whoever joins a missing row keeps the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from detector.corpus.score_log import STRONGEST, Entry
from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.parquet import new_parquet
from detector.corpus.writers.split import Split
from detector.corpus.writers.tables import finding_type
from detector.report import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

_DESTINATION = "output"
_ROWS = 10_000  # of a row group
_TAGGER = "unspun"
_SIGNALS = ("wording", "grammar", "typography", "names", "spintax")
_DIGITS = 5  # of a score, as Dolma's own taggers have


def write_dolma(split: Split, experiment: str) -> None:
    """Write Dolma attributes: a line a record, with spans `[start, end, score]` in code points of its text.

    Each line has the same attributes. `probability` and the verdicts (`spun`, `suspect`, `clean`, `unscored`, and
    `error` for a record that could not be read or scored) are spans of the whole text, the signals have their findings.
    """
    stream = split.outputs.open(_DESTINATION)
    prefix = f"{experiment}__{_TAGGER}__"
    for entry in _entries(split):
        attributes = {f"{prefix}{name}": spans for name, spans in attribute_spans(entry).items()}
        line = {"id": entry.id, "attributes": attributes, "source": entry.corpus}
        stream.write(encode(line) + b"\n")


def write_table(split: Split) -> None:
    """Write a Parquet file of flat columns, which are the same whatever was found."""
    import pyarrow as pa

    schema = _schema()
    entries = _entries(split)
    with new_parquet(split.outputs.open(_DESTINATION), schema) as writer:
        while rows := [_row(entry, split.source.name) for entry in islice(entries, _ROWS)]:
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        {
            "id": pa.string(),
            "file": pa.string(),
            "row": pa.int64(),
            "verdict": pa.string(),
            "probability": pa.float64(),
            "reason": pa.string(),
            "error": pa.string(),
            "words": pa.int64(),
            "findings": pa.list_(finding_type(signal=pa.string())),
        }
    )


def _entries(split: Split) -> Iterator[Entry]:
    for decision in split.decisions:
        if decision.destination is None:
            split.failed(decision.entry, None)
        yield decision.entry


def attribute_spans(entry: Entry) -> dict[str, list[list[float]]]:
    """Return the spans of each attribute; always the same attributes, in the same order."""

    def whole(score: float | None) -> list[list[float]]:
        return [] if score is None else [[0, entry.length, round(score, _DIGITS)]]

    verdict = "error" if entry.error is not None else entry.verdict
    names = (*Verdict, "error")
    spans = {
        "probability": whole(entry.probability),
        **{name: whole(1.0 if name == verdict else None) for name in names},
    }
    spans |= {signal: [] for signal in _SIGNALS}
    for finding in entry.findings:
        spans[finding["signal"]].append([finding["start"], finding["end"], round(finding["score"], _DIGITS)])
    return spans


def _row(entry: Entry, file: str) -> dict[str, Any]:
    strongest = sorted(entry.findings, key=lambda finding: -finding["score"])[:STRONGEST]
    return {
        "id": entry.id,
        "file": file,
        "row": entry.row,
        "verdict": entry.verdict,
        "probability": entry.probability,
        "reason": entry.reason,
        "error": entry.error["message"] if entry.error is not None else None,
        "words": entry.words,
        "findings": strongest,
    }
