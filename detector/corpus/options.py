"""What a caller can choose for reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.corpus.groups import fields_of_groups

if TYPE_CHECKING:
    from detector.corpus.changes import Changes
    from detector.options import Options

FileId = tuple[int, int] | str  # device and inode: the same for every name, link and spelling of a file; or an address

MAX_DOCUMENT_SIZE = 10_000_000  # code points, some 1.7 million words: a long book has a tenth of that


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
    changes: Changes | None = field(default=None, compare=False)
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
