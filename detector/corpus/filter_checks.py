"""What is refused before anything is scored: outputs and fields that would replace each other, or something else."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from detector.corpus.arrow import ARROW
from detector.corpus.filter_options import FilterOptions
from detector.corpus.input import Input
from detector.corpus.locations import is_on_this_machine
from detector.corpus.parquet import PARQUET
from detector.corpus.record import Record
from detector.corpus.shards import Shard
from detector.corpus.writers import Format
from detector.corpus.writers.parquet import unfit_columns
from detector.errors import ConfigError, OutputError


def check_folders(folders: Mapping[str, Path]) -> None:
    """Refuse one folder for two purposes. `folders` have the names of their options."""
    seen: dict[Path, str] = {}
    for name, folder in folders.items():
        check_here(name, folder)
        real = folder.resolve()
        if real in seen:
            raise ConfigError(f"--{seen[real]} and --{name} are the same folder: {folder}")
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"--{name} {folder}: is no folder")
        seen[real] = name


def check_here(option: str, path: Path | None) -> None:
    """Refuse an address where something can only be written to this machine."""
    if path is not None and not is_on_this_machine(path):
        raise ConfigError(f"--{option}: this can only be written to this machine; give a path and no address")


def check_outputs(shards: Sequence[Shard], formats: Mapping[str, Format]) -> None:
    """Refuse two shards with the same output."""
    seen: dict[str, Shard] = {}
    for shard in shards:
        other = seen.setdefault(formats[shard.relative].relative, shard)
        if other is not shard:
            raise ConfigError(f"{other.name} and {shard.name} would be written to the same file")


def check_free(shard: Shard, folders: Iterable[Path], outputs: Sequence[str]) -> None:
    """Refuse to replace a file that this run did not make. A copy of the input is none: nothing is lost with it."""
    for folder in folders:
        for output in outputs:
            found = folder / output
            if found.exists() and not (shard.container is None and filecmp.cmp(shard.path, found, shallow=False)):
                raise OutputError(f"{found}: is there, and was not made by this run; choose another folder")


def check_columns(shard: Shard, options: FilterOptions) -> None:
    """Refuse a table that has a column of the name that is to be added, or one that Parquet has no type for."""
    kind = {"parquet": PARQUET, "arrow": ARROW}.get(shard.container or "")
    if kind is None:
        return
    import pyarrow as pa

    try:
        with kind.open(Input(shard.path, shard.name)) as table:
            schema = table.schema
    except (pa.ArrowException, OSError, ValueError, MemoryError):
        return  # told when the shard is read
    if options.field and options.field in schema.names:
        raise ConfigError(f"{shard.name}: has a column {options.field!r} already; choose another name with --field")
    if kind is not PARQUET and options.to == "parquet" and (unfit := unfit_columns(schema)):
        kinds = f"{unfit[0]!r} ({schema.field(unfit[0]).type})"
        raise ConfigError(f"{shard.name}: Parquet has no type for the column {kinds}; use --to jsonl.zst")


def check_no_field(record: Record, field: str) -> None:
    """Refuse a record that has a field of the name that is to be added."""
    if field and record.fields is not None and field in record.fields:
        raise ConfigError(f"{record.source}: has a field {field!r} already; choose another name with --field")
