"""Tasks: what a run over the shards of a corpus makes of each of them when its records are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from detector.corpus.record import Record
from detector.corpus.score_log import Entry
from detector.corpus.shards import Shard
from detector.corpus.writers import Format
from detector.corpus.writers.split import Changes
from detector.report import Outcome


class Task(Protocol):
    """What is made of a corpus: `FilterTask`, `AnnotateTask`, `RepairTask`, `UndoTask`.

    - `verb`: what it does to records, to complete "there is nothing to …".
    - `folders`: the output folders, by the names of their options. The first keeps what the run needs to go on.
    - `decisive`: what decides about the result, in the words of the command line.
    - `fields`: the fields of a record that have to be looked at.
    - `changes`: what is changed in the records that are written.
    """

    @property
    def verb(self) -> str: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def folders(self) -> Mapping[str, Path]: ...
    @property
    def decisive(self) -> Mapping[str, Any]: ...
    @property
    def fields(self) -> tuple[str, ...]: ...

    def format(self, shard: Shard) -> Format:
        """Return how the shard's outputs are written. Raise ConfigError if it can have none."""
        ...

    def more_outputs(self, shard: Shard, relative: str) -> Sequence[str]:
        """Return the paths of files that may be written beside the output at `relative`."""
        ...

    def check(self, shard: Shard) -> None:
        """Look at a shard before its records are scored. Raise UnfitError if it can't be done."""
        ...

    def check_record(self, record: Record) -> None:
        """Look at a record before it is scored. Raise UnfitError if it can't be done."""
        ...

    def entry(self, record: Record, outcome: Outcome | None, shard: Shard) -> Entry:
        """Return what is to be remembered of an outcome; None is one of a run that scores nothing."""
        ...

    def destination(self, entry: Entry) -> str | None:
        """Return where a record goes, a name in `folders`; None for one that could not be read or scored."""
        ...
