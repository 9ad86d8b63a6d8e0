"""Signatures as columns: a join in SQL finds the candidates that the command finds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from detector.adapters.trace import CANDIDATES, signatures
from detector.errors import ConfigError
from detector.trace.candidates import find_candidates
from detector.trace.sidecar import Entry, Sidecar
from detector.trace.signatures import sign_text

WORDS = "boat quay miller bridge lamp clerk river stone market tower garden letter winter bell road ship".split()  # noqa: SIM905
FRAME = (
    "When the {} of the {} came to {}, it was not yet known to them that {} had been there before him, and so they went on"
    " with their {} until {} of the {} had told her what was to be done about it. "
)


def text(seed: int, frames: int) -> str:
    """Return a text of as many sentences; those of one seed have their frame in common, whatever the words are."""
    sentences = (
        FRAME.replace("came", ("came", "went", f"{seed}{number}")[number % 3]) + f"In {seed * 100 + number} it was so. "
        for number in range(frames)
    )
    return "".join(one.format(*(WORDS[(seed + at) % 16] for at in range(7))) for one in sentences)


def test_a_join_finds_the_candidates_of_the_command(tmp_path: Path) -> None:
    texts = [text(1, 4), text(2, 4), text(1, 4).replace("lamp", "lantern"), "too short", text(3, 4)]
    block = pa.table({"id": [f"d{n}" for n in range(5)], "text": texts})
    hashes = signatures(block)
    assert hashes.schema.types == [pa.string(), pa.int64()]
    connection = duckdb.connect()
    connection.register("hashes", hashes)
    joined = {(a, b, shared) for a, b, shared in connection.sql(CANDIDATES).fetchall()}
    part = Sidecar.create(tmp_path).add(
        [(Entry(str(n), "", one), sign_text(one)) for n, one in enumerate(texts)], {"files": [], "errors": []}
    )
    assert joined == {(f"d{one.a}", f"d{one.b}", one.shared) for one in find_candidates([part])}
    assert ("d0", "d2") in {(a, b) for a, b, _ in joined}


def test_rows_without_text_have_no_hashes_and_a_missing_column_is_named() -> None:
    assert signatures(pa.table({"id": [1, 2], "text": [None, ""]})).num_rows == 0
    assert signatures(pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())})).num_rows == 0
    with pytest.raises(ConfigError, match="there is no column 'text'"):
        signatures(pa.table({"id": [1]}))
