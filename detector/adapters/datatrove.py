"""datatrove: a filter that scores in batches, and statistics of what it found.

    from detector.adapters.datatrove import SpunFilter

    SpunFilter(exclusion_writer=JsonlWriter("rejected", output_filename="${filter_reason}/${rank}.jsonl.gz"))

An executor pickles its steps: the filter is a few hundred bytes, and each process loads the model once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detector.adapters.extras import needs
from detector.adapters.scoring import ERROR, FIELD, TextScorer
from detector.errors import ConfigError
from detector.options import Options
from detector.report import Verdict

with needs("datatrove", "datatrove"):
    from datatrove.data import Document
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.pipeline.stats.base import BaseStats
    from datatrove.pipeline.writers.disk_base import DiskWriter

BATCH_SIZE = 64
REASONS = (*map(str, Verdict), ERROR)  # what a document can be dropped for; `clean` is one for a pipeline of spun ones


class SpunFilter(BaseFilter):
    """Drops spun documents. All get verdict, probability, reason, findings and error in `metadata[field]`.

    `drop` names what is dropped: `spun`, `suspect`, `unscored`, `error` (could not be scored); with none, all are
    forwarded. A dropped document goes to `exclusion_writer` and has that word as its `filter_reason`.

    Counts verdicts in its statistics. Raises ConfigError where `metadata[field]` is there already.
    """

    name = "unspun"

    def __init__(
        self,
        options: Options | None = None,
        *,
        exclusion_writer: DiskWriter | None = None,
        batch_size: int = BATCH_SIZE,
        drop: Iterable[str] = (Verdict.SPUN, ERROR),
        field: str = FIELD,
        text_format: str = "auto",
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.drop = frozenset(map(str, drop))
        if unknown := self.drop.difference(REASONS):
            raise ConfigError(f"drop: must be some of {', '.join(REASONS)}, not {sorted(unknown)[0]!r}")
        self.scorer, self.field = TextScorer(options, text_format=text_format), field

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return whether a document is kept, and why not."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Return for each document whether it is kept, and why not."""
        for document in batch:
            if self.field in document.metadata:
                raise ConfigError(
                    f"document {document.id}: has {self.field!r} in its metadata already; choose another name with field="
                )
        rows = self.scorer.score([document.text for document in batch]).rows()
        return [self._add(document, row) for document, row in zip(batch, rows, strict=True)]

    def update_doc_stats(self, document: Document) -> None:
        """Count the length of a document that has a text; datatrove's own takes it for granted."""
        if isinstance(document.text, str):
            super().update_doc_stats(document)

    def _add(self, document: Document, row: dict[str, Any]) -> bool | tuple[bool, str]:
        document.metadata[self.field] = row
        reason = row["verdict"] or ERROR
        self.stat_update(f"verdict_{reason}")
        return (False, reason) if reason in self.drop else True


class SpunStats(BaseStats):
    """Statistics of what `SpunFilter(drop=())` found, by datatrove's groups: summary, histogram, host, suffix.

    - `spun`: 1 for a spun document, 0 for any other that has a verdict; so the mean by host is the share that is spun.
    - `spun_probability`: of documents that have one.
    """

    name = "unspun"

    def __init__(self, *arguments: Any, field: str = FIELD, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.field = field

    def extract_stats(self, doc: Document) -> dict[str, int | float]:
        """Return the numbers of one document; none where it has no verdict."""
        row = doc.metadata.get(self.field)
        if row is None:
            raise ConfigError(
                f"document {doc.id}: has no {self.field!r} in its metadata; put SpunFilter(drop=()) before this"
            )
        if row["probability"] is None:
            return {}
        return {"spun": int(row["verdict"] == Verdict.SPUN), "spun_probability": row["probability"]}
