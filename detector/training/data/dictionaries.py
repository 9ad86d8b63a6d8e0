"""The families of dictionaries by name, and their tables, kept as gzipped JSON in a working directory."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from detector.training.code_version import code_version, file_version
from detector.training.data.lexicon import ARTICLE, Resources, Table, article, embedding, moby, mythes, ppdb, wordnet
from detector.training.data.tortured import tortured
from detector.training.spinners.apertium import pivot

DRAWN = 32  # of the KEPT replacements of a word, those that spinners draw from

FAMILIES: dict[str, Callable[[Resources], Table]] = {
    "wordnet": wordnet,
    "mythes": mythes,
    "moby": moby,
    "ppdb": ppdb,
    "embedding": embedding,
    "tortured": tortured,
    "pivot": pivot,
    "article": article,
}


def load_tables(
    resources: Resources, cache: Path, kept: int = DRAWN, names: Iterable[str] | None = None
) -> dict[str, Table]:
    """Return every family's table, or those in `names`, with the `kept` most likely replacements of each word."""
    chosen = FAMILIES if names is None else {name: FAMILIES[name] for name in names}
    return {name: load_table(cache, name, partial(make, resources), kept) for name, make in chosen.items()}


def load_table(cache: Path, name: str, make: Callable[[], Table], kept: int = DRAWN) -> Table:
    """Return one table from the cache. Make it, and keep it there, on first use."""
    path = table_path(cache, name)
    if not path.exists():
        table = make()
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")  # two runs may make it at once
        try:
            unfinished.write_bytes(gzip.compress(json.dumps(table).encode(), mtime=0))
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    raw = json.loads(gzip.decompress(path.read_bytes()))
    return {word: [(form, weight) for form, weight in forms[:kept]] for word, forms in raw.items()}


def table_path(cache: Path, name: str) -> Path:
    """Return where a table is kept. The name tells the code, and our own dictionary, that it was made with."""
    made_by = code_version("detector.training.data.phrase_table", distributions=False)
    return cache / f"{name}-{made_by}-{file_version([ARTICLE])[:6]}.json.gz"
