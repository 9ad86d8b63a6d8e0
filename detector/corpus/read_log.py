"""What reading left out or changed without an error, counted for the summary of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detector.corpus.digests import MAX_MEMBERS, DigestSet

_SHOWN_REASONS = 12


class ReadLog:
    """Counts kept while documents are read. Pass one to `read()`, and look at it when the reading has ended.

    - `unread`: files that a directory or a pattern led to and that no reader takes, by suffix. Other keys are
      "no suffix", "linked folder" and "special file" (a pipe, a socket, a device).
    - `left_out`: files and folders left out by a rule, by the rule: "hidden", "gitignored", "excluded", "output",
      `detector.report.OFF`.
    - `duplicate_ids`: records whose id an earlier record of the run has; `duplicate_example` is the first of them.
    - `replaced_ids`: records that are called `file:row` because their id field holds something else than a string or
      a number, by what it holds ("a list"), or has no such field although the user chose it ("missing").
    - `passed_over`: records of WARC files that hold no document, by what they are ("request", "status 404").

    `compared_ids` bounds the ids that are remembered, and with them the memory: 16 to 32 bytes each.
    """

    def __init__(self, compared_ids: int = MAX_MEMBERS) -> None:
        self.unread: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.passed_over: Counter[str] = Counter()
        self.duplicate_ids = 0
        self.duplicate_example: tuple[str, str] | None = None  # id and source
        self.replaced_ids: Counter[str] = Counter()
        self._ids = DigestSet(compared_ids)

    def add_id(self, id: str, source: str) -> None:
        """Compare a record's id with those before it."""
        if not self._ids.add(id):
            self.duplicate_ids += 1
            if self.duplicate_example is None:
                self.duplicate_example = (id, source)

    def remarks(self) -> Iterator[str]:
        """Yield a sentence for each thing a user should know."""
        if self.unread:
            kinds = ", ".join(f"{number:,} {kind}" for kind, number in self.unread.most_common())
            total = self.unread.total()
            yield f"not read, because there is no reader for {'it' if total == 1 else 'them'}: {kinds}"
        if left_out := {rule: number for rule, number in self.left_out.items() if rule != "hidden"}:
            yield "left out: " + ", ".join(_counted(number, rule) for rule, number in sorted(left_out.items()))
        if self.passed_over:
            kinds = ", ".join(f"{number:,} {reason}" for reason, number in self.passed_over.most_common(_SHOWN_REASONS))
            more = len(self.passed_over) - _SHOWN_REASONS
            yield f"records without a document: {kinds}{f' and {more:,} more kinds' if more > 0 else ''}"
        if self.duplicate_example is not None:
            id, source = self.duplicate_example
            records = "1 record has" if self.duplicate_ids == 1 else f"{self.duplicate_ids:,} records have"
            yield f"{records} the id of an earlier record, the first is {id!r} at {source}"
        if self._ids.full:
            yield f"ids were compared with those of the first {self._ids.max_members:,} records only"
        for kind, number in self.replaced_ids.most_common():
            records = "1 record has" if number == 1 else f"{number:,} records have"
            what = "no such id field" if kind == "missing" else f"{kind} as id"
            yield f"{records} {what}, and file:row is the id instead"


def _counted(number: int, rule: str) -> str:
    """Return a count of what a rule left out.

    >>> _counted(1, "files unchanged since HEAD"), _counted(2, "gitignored")
    ('1 file unchanged since HEAD', '2 gitignored')
    """
    noun, space, rest = rule.partition(" ")
    singular = noun.removesuffix("s") if noun in ("files", "records") and number == 1 else noun
    return f"{number:,} {singular}{space}{rest}"
