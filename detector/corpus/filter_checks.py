"""What is refused before anything is scored: outputs and fields that would replace each other, or something else."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.corpus.arrow import ARROW
from detector.corpus.input import Input
from detector.corpus.locations import is_on_this_machine, is_remote
from detector.corpus.parquet import PARQUET, open_parquet
from detector.corpus.record import Record
from detector.corpus.shards import Shard
from detector.corpus.writers import Format
from detector.corpus.writers.parquet import lost_types, unfit_columns
from detector.errors import ConfigError, OutputError

if TYPE_CHECKING:
    import pyarrow as pa


class UnfitError(ConfigError):
    """A shard or a record can't be done with these options. `problem` is the message without the place."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.problem = problem


def check_folders(folders: Mapping[str, Path]) -> None:
    """Refuse one folder for two purposes. `folders` have the names of their options."""
    seen: dict[Path, str] = {}
    for name, folder in folders.items():
        if not is_on_this_machine(folder):
            raise ConfigError(f"--{name}: this can only be written to this machine; give a path and no address")
        real = folder.resolve()
        if real in seen:
            raise ConfigError(f"--{seen[real]} and --{name} are the same folder: {folder}")
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"--{name} {folder}: is no folder")
        seen[real] = name


def check_outputs(shards: Sequence[Shard], formats: Mapping[str, Format]) -> None:
    """Refuse two shards with the same output."""
    seen: dict[str, Shard] = {}
    for shard in shards:
        other = seen.setdefault(formats[shard.relative].relative, shard)
        if other is not shard:
            raise ConfigError(
                f"{other.name} and {shard.name} would be written to the same file; do one of them apart, into another folder"
            )


def check_free(shard: Shard, folders: Iterable[Path], outputs: Sequence[str]) -> None:
    """Refuse to replace a file that this run did not make. A copy of the input is none: nothing is lost with it."""
    for folder in folders:
        for output in outputs:
            found = folder / output
            if found.exists() and not _is_copy(shard, found):
                raise OutputError(f"{found}: is there, and was not made by this run; choose another folder")


def _is_copy(shard: Shard, found: Path) -> bool:
    return shard.container is None and not is_remote(shard.path) and filecmp.cmp(shard.path, found, shallow=False)


def check_columns(shard: Shard, field: str, to: str | None) -> None:
    """Refuse a table that has a column of the name that is to be added, or one that the container `to` has no type for."""
    schema = _schema(shard)
    if schema is None:
        return
    if field and field in schema.names:
        raise UnfitError(shard.name, f"has a column {field!r} already; choose another name with --field")
    if shard.container == "parquet" and to in (None, "parquet") and (lost := _lost_type(shard)):
        problem = f"the column {lost[0]!r} is of type {lost[1]}, which pyarrow reads and can't write"
        raise UnfitError(shard.name, f"{problem}; cast it first, such as to JSON or to text")
    if shard.container != "parquet" and to == "parquet" and (unfit := unfit_columns(schema)):
        kinds = f"{unfit[0]!r} ({schema.field(unfit[0]).type})"
        raise UnfitError(shard.name, f"Parquet has no type for the column {kinds}; use --to jsonl.zst")


def check_texts(shard: Shard, text_field: str) -> None:
    """Refuse an Arrow file whose texts stand in a dictionary, if texts are to be edited: a file has one dictionary only."""
    import pyarrow as pa

    schema = _schema(shard) if shard.container == "arrow" else None
    if schema is not None and text_field in schema.names and pa.types.is_dictionary(schema.field(text_field).type):
        raise UnfitError(
            shard.name,
            "its texts stand in a dictionary and can't be edited; `detector filter --to parquet` converts it",
        )


def _schema(shard: Shard) -> pa.Schema | None:
    """Return the columns of a shard that is a typed table and can be read."""
    kind = {"parquet": PARQUET, "arrow": ARROW}.get(shard.container or "")
    if kind is None:
        return None
    import pyarrow as pa

    try:
        with kind.open(Input(shard.path, shard.name)) as table:
            return table.schema
    except (pa.ArrowException, OSError, ValueError, MemoryError):
        return None  # told when the shard is read


def _lost_type(shard: Shard) -> tuple[str, str] | None:
    """Return a column of a Parquet file that can't be written as it is, with its type."""
    with open_parquet(Input(shard.path, shard.name)) as table:
        return next(lost_types(table), None)


def check_no_field(record: Record, field: str) -> None:
    """Refuse a record that has a field of the name that is to be added."""
    if field and record.fields is not None and field in record.fields:
        raise UnfitError(record.source, f"has a field {field!r} already; choose another name with --field")
