"""What a caller can choose for filtering: where records go, and what is written into them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.corpus.groups import fields_of_groups, group_in
from detector.corpus.record import Record
from detector.corpus.score_log import Entry

KEPT, REJECTED, SUSPECT = "kept", "rejected", "suspect"


@dataclass(frozen=True)
class FilterOptions:
    """Where records go, and what is written into them.

    - `suspect`: the folder for documents that are suspect; None keeps them.
    - `reject_unscored`: reject what has no verdict (too short, not English), instead of keeping it.
    - `to`: another container, one of `detector.corpus.writers.TARGETS`; None is the one that came in.
    - `field`: the name of the field with verdict, probability, reason and findings; an empty one is none.
    - `annotate_kept`: write it into the records that are kept, too.
    - `group_by`: count by this field of records, or by the host of their address (`host`).
    """

    kept: Path
    rejected: Path
    suspect: Path | None = None
    reject_unscored: bool = False
    to: str | None = None
    field: str = "unspun"
    annotate_kept: bool = False
    group_by: str | None = None

    @property
    def folders(self) -> dict[str, Path]:
        folders = {KEPT: self.kept, REJECTED: self.rejected}
        return folders if self.suspect is None else {**folders, SUSPECT: self.suspect}

    @property
    def decisive(self) -> dict[str, Any]:
        """Return what decides about the result, in the words of the command line."""
        return {
            "--rejected": os.path.relpath(self.rejected, self.kept),  # all may be moved together
            "--suspect": os.path.relpath(self.suspect, self.kept) if self.suspect else None,
            "--unscored": "reject" if self.reject_unscored else "keep",
            "--to": self.to,
            "--field": self.field,
            "--annotate-kept": self.annotate_kept,
            "--group-by": self.group_by,
        }

    def destination(self, entry: Entry) -> str | None:
        """Return where a record goes; None for one that could not be read or scored."""
        if entry.error is not None:
            return None
        if entry.verdict == "spun" or (entry.verdict == "unscored" and self.reject_unscored):
            return REJECTED
        return SUSPECT if entry.verdict == "suspect" and self.suspect is not None else KEPT

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a record that have to be looked at."""
        return (*((self.field,) if self.field else ()), *fields_of_groups(self.group_by))


def group_of(record: Record, group_by: str | None) -> str | None:
    """Return what a record is counted under; an empty name where it has no such field."""
    return group_in(record.fields or {}, record.id, group_by)
