"""NeMo Curator: a stage that adds a column, and one that drops rows by it.

Pipeline(name="clean", stages=[ParquetReader("crawl"), SpunStage(), DropStage(), ParquetWriter("kept")]).run()
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from detector.adapters.arrow import add_scores, score_array
from detector.adapters.extras import needs
from detector.adapters.scoring import ERROR, FIELD, TextScorer
from detector.corpus.fields import named
from detector.errors import ConfigError
from detector.options import Options
from detector.report import Verdict

with needs("nemo_curator", "curator"):
    import pandas as pd
    from nemo_curator.stages.base import ProcessingStage
    from nemo_curator.stages.resources import Resources
    from nemo_curator.tasks import DocumentBatch


class SpunStage(ProcessingStage[DocumentBatch, DocumentBatch]):
    """Adds a column to a batch, a struct of verdict, probability, reason, findings and error.

    A worker loads the model once. In a DataFrame the column has an Arrow type, so that what is written has the same type
    where all documents are unscored.
    """

    name = "unspun"
    resources = Resources(cpus=1.0)

    def __init__(
        self,
        options: Options | None = None,
        *,
        text_field: str = "text",
        field: str = FIELD,
        text_format: str = "auto",
    ) -> None:
        self.scorer = TextScorer(options, text_format=text_format)
        self.text_field, self.field = text_field, field

    def inputs(self) -> tuple[list[str], list[str]]:
        return ["data"], [self.text_field]

    def outputs(self) -> tuple[list[str], list[str]]:
        return ["data"], [self.text_field, self.field]

    def setup(self, _: Any = None) -> None:
        """Load the model in a worker."""
        self.scorer.open()

    def process(self, task: DocumentBatch) -> DocumentBatch:
        """Return the batch with its scores."""
        data = task.data
        if isinstance(data, pa.Table):
            return _batch(task, add_scores(data, self.scorer, self.text_field, self.field))
        if self.field in data:
            raise ConfigError(f"there is a column {self.field!r} already; choose another name with field=")
        if self.text_field not in data:
            raise ConfigError(f"there is no column {self.text_field!r} (columns: {named(list(map(str, data)))})")
        column = score_array(self.scorer.score(list(data[self.text_field])))
        made = pd.Series(column, index=data.index, dtype=pd.ArrowDtype(column.type))
        return _batch(task, data.assign(**{self.field: made}))


class DropStage(ProcessingStage[DocumentBatch, DocumentBatch]):
    """Drops scored rows by their verdict. `drop` names some of `spun`, `suspect`, `unscored`, `clean`, `error`.

    Curator has no writer for what a stage drops: run a second pipeline that drops the others, or write all of them.
    """

    name = "drop_spun"
    resources = Resources(cpus=1.0)

    def __init__(self, drop: Iterable[str] = (Verdict.SPUN, ERROR), *, field: str = FIELD) -> None:
        self.drop, self.field = frozenset(map(str, drop)), field
        known = (*map(str, Verdict), ERROR)
        if unknown := self.drop.difference(known):
            raise ConfigError(f"drop: must be some of {', '.join(known)}, not {sorted(unknown)[0]!r}")

    def inputs(self) -> tuple[list[str], list[str]]:
        return ["data"], [self.field]

    def outputs(self) -> tuple[list[str], list[str]]:
        return ["data"], [self.field]

    def process(self, task: DocumentBatch) -> DocumentBatch:
        """Return the batch without some of its rows."""
        data = task.data
        rows = data[self.field].to_pylist() if isinstance(data, pa.Table) else list(data[self.field])
        kept = [(row["verdict"] or ERROR) not in self.drop for row in rows]
        return _batch(task, data.filter(pa.array(kept, pa.bool_())) if isinstance(data, pa.Table) else data[kept])


def _batch(task: DocumentBatch, data: Any) -> DocumentBatch:
    return DocumentBatch(
        dataset_name=task.dataset_name, data=data, _stage_perf=task._stage_perf, _metadata=task._metadata
    )
