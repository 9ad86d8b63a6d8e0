"""Editing texts in rows of a typed table. Other rows of the column stay the bytes they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from detector.corpus.tables import column_of, is_json
from detector.corpus.writers.json_source import edit_literal
from detector.restore import Replacement, apply

if TYPE_CHECKING:
    import pyarrow as pa

_Edits = Mapping[int, Sequence[Replacement]]  # by row


def edit_texts(columns: Sequence[pa.Array], schema: pa.Schema, field: str, edits: _Edits) -> list[pa.Array]:
    """Return the columns with some of the texts edited. `field` is looked up as the reader does.

    Raise ValueError if the edits were not made for these texts.
    """
    name = column_of(schema, field)
    if name is None:
        raise ValueError(f"no column {field!r}")
    at = schema.get_field_index(name)
    column = _edited(columns[at], schema.field(at), field[len(name) + 1 :], edits)
    return [*columns[:at], column, *columns[at + 1 :]]


def _edited(column: pa.Array, part: pa.Field, inner: str, edits: _Edits) -> pa.Array:
    """Return a column with its texts edited; `inner` names the field of a struct that holds them."""
    import pyarrow as pa

    if inner:
        kind = column.type
        fields = [kind.field(at) for at in range(kind.num_fields)]
        chosen = next(one for one in fields if inner == one.name or inner.startswith(one.name + "."))
        children = [
            _edited(column.field(at), one, inner[len(one.name) + 1 :], edits) if one is chosen else column.field(at)
            for at, one in enumerate(fields)
        ]
        return pa.StructArray.from_arrays(children, fields=fields, mask=column.is_null())
    pieces, position = [], 0
    for row, changes in sorted(edits.items()):
        pieces += [column.slice(position, row - position), _one(column[row].as_py(), part, changes)]
        position = row + 1
    return pa.concat_arrays([piece for piece in (*pieces, column.slice(position)) if len(piece)])


def _one(value: object, part: pa.Field, changes: Sequence[Replacement]) -> pa.Array:
    """Return an array of one text, edited, in the type of its column."""
    import pyarrow as pa

    text = value.decode() if isinstance(value, bytes) else value
    assert isinstance(text, str)
    if is_json(part):
        start, end = text.index('"') + 1, text.rindex('"')
        text = text[:start] + edit_literal(text[start:end], changes) + text[end:]
    else:
        text = apply(text, changes)
    kind = part.type
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array([text], kind.storage_type))
    if pa.types.is_dictionary(kind):
        return pa.array([text], kind.value_type).dictionary_encode().cast(kind)
    return pa.array([text.encode() if isinstance(value, bytes) else text], kind)
