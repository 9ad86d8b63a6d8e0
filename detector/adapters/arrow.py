"""Arrow tables: the texts of a column, and scores as a column of one fixed type.

A block can have any type where all of its texts are missing (null, float NaN) or look like dates; what is added to it has
always the same, whatever the first documents are.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from detector.adapters.extras import needs
from detector.adapters.scoring import FIELD, Scores, TextScorer
from detector.corpus.fields import named
from detector.errors import ConfigError

with needs("pyarrow", "parquet"):
    import pyarrow as pa
    import pyarrow.compute as pc

    from detector.corpus.writers.tables import note_field

Block: TypeAlias = Any  # a pyarrow.Table or a pyarrow.RecordBatch: pyarrow has no types


def score_type() -> pa.StructType:
    """Return the type of a row: what `detector filter` writes into a table, and `error`."""
    note = note_field(FIELD).type
    return pa.struct([*(note.field(at) for at in range(note.num_fields)), pa.field("error", pa.string())])


def score_array(scores: Scores) -> pa.StructArray:
    return pa.array(scores.rows(), score_type())


def add_scores(block: Block, scorer: TextScorer, text_field: str, field: str = FIELD) -> Block:
    """Return a table or a record batch with one more column, at its end. Its rows stay in order, and so do its columns.

    Raises ConfigError where there is no column of texts, or one of the new name.
    """
    if field in block.schema.names:
        raise ConfigError(f"there is a column {field!r} already; choose another name for the scores")
    column = score_array(scorer.score(texts(block, text_field)))
    return block.append_column(pa.field(field, column.type), column)


def texts(block: Block, field: str) -> list[Any]:
    """Return the values of a column; `a.b` is the field `b` of a struct `a`. Raises ConfigError where there is none."""
    return values(_column(block, field))


def values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Return what is in a column: strings, or bytes where they are no UTF-8; of JSON values what they spell."""
    kind = column.type
    is_json = getattr(kind, "extension_name", None) == "arrow.json"
    if isinstance(kind, pa.ExtensionType | pa.BaseExtensionType):
        column = column.cast(kind.storage_type)
    try:
        found: list[Any] = column.to_pylist()
    except UnicodeDecodeError:  # strings are not checked where they are read
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        found = column.cast(pa.large_binary()).to_pylist()
    except ValueError:  # a time in nanoseconds, for which Python has no type
        found = column.cast(pa.int64()).to_pylist()
    return [_from_json(value) for value in found] if is_json else found


def _column(block: Block, name: str) -> pa.Array | pa.ChunkedArray:
    names = block.schema.names
    if names.count(name) > 1:
        raise ConfigError(f"{names.count(name)} columns are called {name!r}; rename all but one")
    if name in names:
        return block.column(name)
    outer, _, inner = name.partition(".")
    if inner and outer in names and pa.types.is_struct(block.schema.field(outer).type):
        kind = block.schema.field(outer).type
        path = inner.split(".")
        for part in path:
            if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
                break
            kind = kind.field(part).type
        else:
            return pc.struct_field(block.column(outer), path)
    raise ConfigError(f"there is no column {name!r} (columns: {named(names)}); choose one with text_field")


def _from_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
