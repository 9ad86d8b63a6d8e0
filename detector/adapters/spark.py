"""Spark: one more column in a DataFrame, scored where the data is.

    from detector.adapters.spark import score

    score(spark.read.parquet("crawl")).where("unspun.verdict <> 'spun'")

The driver sends a few hundred bytes with each task; a Python worker of Spark loads the model once and keeps it. The
package has to be installed on every executor (`spark.archives`, or in its image), in the same version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from detector.adapters.arrow import add_scores, score_type
from detector.adapters.extras import needs
from detector.adapters.scoring import FIELD, TextScorer
from detector.corpus.fields import named
from detector.errors import ConfigError
from detector.options import Options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


class Scorer:
    """A function for `mapInArrow(scorer, scorer.schema(frame.schema))`.

    Spark takes columns by their position and wants the exact types of the schema: this keeps the columns that come, in
    their order, and adds one at the end. Partitions without rows are fine.
    """

    def __init__(self, scorer: TextScorer, text_field: str = "text", field: str = FIELD) -> None:
        self._scorer, self._text_field, self._field = scorer, text_field, field

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield add_scores(batch, self._scorer, self._text_field, self._field)

    def schema(self, schema: StructType) -> StructType:
        """Return the schema of what comes out. Raises ConfigError where it has the field already, or no column of texts."""
        from pyspark.sql.pandas.types import from_arrow_type
        from pyspark.sql.types import StructType

        if self._field in schema.names:
            raise ConfigError(f"there is a column {self._field!r} already; choose another name with field=")
        if not {self._text_field, self._text_field.partition(".")[0]} & set(schema.names):
            columns = named(schema.names)
            raise ConfigError(
                f"there is no column {self._text_field!r} (columns: {columns}); choose one with text_field="
            )
        return StructType([*schema.fields]).add(self._field, from_arrow_type(score_type()))


def score(
    frame: DataFrame,
    options: Options | None = None,
    *,
    text_field: str = "text",
    field: str = FIELD,
    text_format: str = "auto",
) -> DataFrame:
    """Return the frame with one more column, a struct of verdict, probability, reason, findings and error.

    Each Python worker loads the model, some 700 MB; Spark runs one a core (`spark.executor.cores`). Raises ConfigError
    where there is no column of texts or one with the name of the new one, ExtraError where PySpark is not installed.
    """
    with needs("pyspark", "spark"):
        import pyspark.sql  # noqa: F401
    scorer = Scorer(TextScorer(options, text_format=text_format), text_field, field)
    return frame.mapInArrow(scorer, scorer.schema(frame.schema))
