"""Views of strings and bytes, which polars writes: each value says in which buffer it stands.

pyarrow can't take rows of them, and writes the whole buffers with whatever is left of the rows. So they become values
that stand one after another, and views again. Not before pyarrow 26: older ones end the process when they compress views
that were made so of short values; there, files come out larger than they need be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_FIRST_SAFE = 26  # version of pyarrow; 19 to 24 were tried and are not


def take_rows(column: pa.Array, rows: Sequence[int]) -> pa.Array:
    """Return some rows of a column, copied, so that they do not keep all of it in memory."""
    import pyarrow as pa

    if isinstance(column, pa.ExtensionArray):
        return pa.ExtensionArray.from_storage(column.type, take_rows(column.storage, rows))
    plain = _without_views(column.type)
    at = pa.array(rows, pa.int64())
    try:
        return column.take(at) if plain == column.type else column.cast(plain).take(at).cast(column.type)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError):  # such as run-end encoded columns
        return pa.concat_arrays([column.slice(at, 1) for at in rows])


def without_other_rows(table: pa.Table) -> pa.Table:
    """Return a table whose views hold on to nothing but what is in it."""
    for number, field in enumerate(table.schema):
        plain = _without_views(field.type)
        if plain != field.type:
            table = table.set_column(number, field, table.column(number).cast(plain).cast(field.type))
    return table


def _without_views(kind: pa.DataType) -> Any:
    """Return a type with strings and bytes in place of the views in it."""
    import pyarrow as pa

    def inner(field: pa.Field) -> pa.Field:
        return field.with_type(_without_views(field.type))

    if int(pa.__version__.partition(".")[0]) < _FIRST_SAFE:
        return kind
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}.get(kind, kind)
    if pa.types.is_struct(kind):
        plain = pa.struct([inner(kind.field(number)) for number in range(kind.num_fields)])
    elif pa.types.is_list(kind):
        plain = pa.list_(inner(kind.value_field))
    elif pa.types.is_large_list(kind):
        plain = pa.large_list(inner(kind.value_field))
    elif pa.types.is_fixed_size_list(kind):
        plain = pa.list_(inner(kind.value_field), kind.list_size)
    elif pa.types.is_map(kind):
        plain = pa.map_(inner(kind.key_field), inner(kind.item_field), kind.keys_sorted)
    return plain
