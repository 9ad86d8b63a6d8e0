"""Annotating: the corpus stays as it is, and what was found stands in a file beside each shard."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from detector.corpus.compression import COMPRESSIONS, compression_of
from detector.corpus.locations import is_remote, without_query
from detector.corpus.look_up import look_up
from detector.corpus.record import Record
from detector.corpus.score_log import Entry, brief, make_entry
from detector.corpus.shards import Shard
from detector.corpus.writers import Format
from detector.corpus.writers.sidecars import write_dolma, write_table
from detector.corpus.writers.split import Changes
from detector.errors import ConfigError
from detector.report import Outcome, Report
from detector.text.decoding import without_surrogates

SidecarFormat = Literal["dolma", "parquet"]
_DOCUMENTS, _ATTRIBUTES = "documents", "attributes"  # the folders of a Dolma corpus


@dataclass(frozen=True)
class AnnotateTask:
    """Write what was found in each record, and nothing of the records.

    - `output`: for `parquet` the folder of the files, for `dolma` the one that holds `documents/`.
    - `experiment`: the name of the attributes of `dolma`, which need `attributes/EXPERIMENT/` for themselves.
    """

    to: SidecarFormat
    output: Path
    experiment: str = "unspun"

    def __post_init__(self) -> None:
        if not (self.experiment.isascii() and self.experiment.isidentifier()):
            raise ConfigError(
                f"--experiment {self.experiment!r}: Dolma's filters can name attributes of letters, digits and _ only"
            )

    @property
    def verb(self) -> str:
        return "annotate"

    @property
    def below(self) -> str:
        """What stands between the folder that was named and the files."""
        return f"{_ATTRIBUTES}/{self.experiment}" if self.to == "dolma" else ""

    @property
    def folders(self) -> Mapping[str, Path]:
        return {"output": self.output / self.below}

    @property
    def decisive(self) -> Mapping[str, Any]:
        return {"--to": self.to}

    @property
    def fields(self) -> tuple[str, ...]:
        return ("source",) if self.to == "dolma" else ()

    @property
    def changes(self) -> Changes:
        return Changes()

    def format(self, shard: Shard) -> Format:
        stem, own = _without_suffixes(shard)
        if self.to == "parquet":
            return Format(write_table, f"{stem}.parquet", None)
        if shard.container == "warc":
            # Offsets count in a page with its markup, and its text is what a mixer would cut.
            raise ConfigError(
                f"{shard.name}: Dolma reads JSON Lines and no web archives; make records of the pages first, with"
                " detector filter --to jsonl.gz, or annotate with --to parquet"
            )
        relative = _below_documents(shard)
        write = partial(write_dolma, experiment=self.experiment)
        if shard.container == "jsonl":
            return Format(write, relative, compression_of(relative))
        name = f"{relative.removesuffix(own)}.jsonl.gz"
        return Format(write, name, compression_of(name))

    def more_outputs(self, shard: Shard, relative: str) -> list[str]:
        return []

    def check(self, shard: Shard) -> None:
        """Look at nothing: no shard is changed."""

    def check_record(self, record: Record) -> None:
        """Look at nothing: no record is changed."""

    def entry(self, record: Record, outcome: Outcome | None, shard: Shard) -> Entry:
        assert outcome is not None
        corpus = look_up(record.fields or {}, "source")
        return replace(
            annotate(record.row, outcome, len(record.document.text) if record.document else 0),
            corpus=without_surrogates(corpus).text if isinstance(corpus, str) else "",
        )

    def destination(self, entry: Entry) -> str | None:
        return "output" if entry.error is None else None


def annotate(row: int | None, outcome: Outcome, length: int) -> Entry:
    """Return an entry with all findings; `length` is that of the text, in code points."""
    entry = make_entry(row, outcome, None, with_findings=False)
    findings: tuple[Mapping[str, Any], ...] = ()
    if isinstance(outcome, Report) and entry.error is None:
        findings = tuple({**brief(finding), "signal": finding.signal} for finding in outcome.findings)
    return replace(entry, findings=findings, length=length)


def _without_suffixes(shard: Shard) -> tuple[str, str]:
    """Return the path of a shard without its suffixes, and these; the name of a single document is kept whole."""
    if shard.container is None:
        return shard.relative, ""
    stem = shard.relative
    for known in COMPRESSIONS:
        stem = stem.removesuffix(known.suffix)
    stem = stem.rpartition(".")[0]
    return stem, shard.relative[len(stem) :]


def _below_documents(shard: Shard) -> str:
    """Return the path below `documents/`, which Dolma puts `attributes/EXPERIMENT/` in the place of."""
    whole = without_query(shard.path) if is_remote(shard.path) else Path(os.path.abspath(shard.path)).as_posix()
    folders = whole.split("/")
    for at in range(len(folders) - 2, -1, -1):
        if folders[at] == _DOCUMENTS:
            return "/".join(folders[at + 1 :])
    return shard.relative
