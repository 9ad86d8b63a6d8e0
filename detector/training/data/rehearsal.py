"""A small copy of the data folder, to see in an hour whether everything that makes the models runs."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

DRAWN = ("clean", "negative")  # folders of which documents are taken; all others are there as they are
FEWEST = 25  # documents of each source: thresholds are chosen on 299 honest ones at least
TOKENS = 20_000.0  # that each run learns from


def excerpt(data: Path, out: Path, documents: int) -> Path:
    """Write the first `documents` of each source of `data` under `out`, and return `out`. Leave files that are there."""
    for name in DRAWN:
        (out / name).mkdir(parents=True, exist_ok=True)
        for source in sorted((data / name).glob("*.jsonl.gz")):
            path = out / name / source.name
            if path.exists():
                continue
            partial = path.with_suffix(".tmp")
            with gzip.open(source, "rt", encoding="utf-8") as lines, gzip.open(partial, "wt", encoding="utf-8") as some:
                some.writelines(islice(lines, documents))
            partial.replace(path)
    for folder in data.iterdir():
        if folder.name not in DRAWN and not (out / folder.name).exists():
            (out / folder.name).symlink_to(folder.resolve())
    return out
