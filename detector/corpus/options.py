"""What a caller can choose for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from detector.corpus.groups import fields_of_groups
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.options import MAX_DOCUMENT_SIZE, Options

FileId = tuple[int, int] | str  # device and inode: the same for every name, link and spelling of a file; or an address

ReadAgain = Callable[[str, str], Iterable[Record]]  # from a file, and the name that it goes by


class ChangeFilter(Protocol):
    """Leaves out what has not changed since a revision."""

    @property
    def unchanged_files(self) -> str:
        """What files that are left out are counted as."""
        ...

    def leaves_out(self, path: str) -> bool:
        """Tell whether a file is not to be read. Raises ConfigError where the revision is unknown."""
        ...

    def changed(self, path: str, records: Iterable[Record], read: ReadAgain, log: ReadLog) -> Iterator[Record]:
        """Yield those records of a file that have changed; count the others. `read` reads a file of the same kind."""
        ...


@dataclass(frozen=True)
class ReadOptions:
    """How paths are expanded, and where a record keeps its text and its id.

    - `text_field`, `id_field`: names of fields. `a.b` is the field `b` of the object `a`; a field with the name `a.b`
      itself comes first.
    - `text_format`: the format of texts in records, by its name in `detector.text.formats`.
    - `stdin_format`: what standard input holds: `jsonl`, or the name of a text format for one document.
    - `exclude`: patterns as in a `.gitignore`, tried on paths as they are spelt and as they are below the directory
      that is read. They apply to directories and patterns, not to a file that is named itself.
    - `hidden`: read hidden files and folders of a directory, too. `gitignored`: read what git ignores, too.
    - `ignore_field`: the field that says what is to be ignored in a record.
    - `max_document_size`: code points; a longer text is an error of its record.
    - `all_fields`: records carry all their fields and their raw bytes, for whoever writes them out again.
    - `more_fields`: further fields that records carry in any case.
    - `group_by`: documents carry their group by this field, or by the host of their address (`host`).
    - `after_row`: records up to this row of a file are passed over, without a look at what is in them.
    - `of_file`: returns the options of one file where they differ, None for one that is not to be read. Raises ConfigError.
    - `changes`: leaves out what has not changed since a revision.
    - `judged_by`: what documents carry as their own options.
    - `off`: documents are not to be judged, and a text that could not be is no error.
    - `own`: what the settings of a file say otherwise than those of the run, in the words of the command line.
    - `outputs`: files that are written meanwhile and never read, though a directory or pattern leads to them.
    """

    text_field: str = "text"
    id_field: str = "id"
    text_format: str = "auto"
    stdin_format: str = "auto"
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    gitignored: bool = False
    max_document_size: int = MAX_DOCUMENT_SIZE
    all_fields: bool = False
    more_fields: tuple[str, ...] = ()
    group_by: str | None = None
    ignore_field: str | None = None
    after_row: int = 0
    outputs: frozenset[FileId] = frozenset()
    of_file: Callable[[str], ReadOptions | None] | None = field(default=None, compare=False)
    changes: ChangeFilter | None = field(default=None, compare=False)
    judged_by: Options | None = None
    off: bool = False
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The fields of a record that are needed, the text first."""
        ignored = () if self.ignore_field is None else (self.ignore_field,)
        return (self.text_field, self.id_field, *self.more_fields, *ignored, *fields_of_groups(self.group_by))

    @property
    def max_record_bytes(self) -> int:
        """The size from which a record is not read at all.

        JSON may spell a code point in 12 bytes (two escaped surrogates), and 16 MB are left for the other fields.
        """
        return 12 * self.max_document_size + (1 << 24)
