"""Ray Data: one more column in a dataset, by actors that load the model once.

    from detector.adapters.ray import score

    score(ray.data.read_parquet("crawl"), actors=2).filter(expr="unspun.verdict != 'spun'")

`ray_actors.py` has what `detector filter --engine ray` scores by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from detector.adapters.arrow import add_scores
from detector.adapters.extras import needs
from detector.adapters.scoring import FIELD, TextScorer
from detector.options import Options

if TYPE_CHECKING:
    from ray.data import Dataset

BATCH_SIZE = 256


class Scorer:
    """A class for `map_batches(Scorer, batch_format="pyarrow", fn_constructor_args=(TextScorer(options),))`.

    The column that it adds has the same type in every block, also where all texts are missing.
    """

    def __init__(self, scorer: TextScorer, text_field: str = "text", field: str = FIELD) -> None:
        self._scorer, self._text_field, self._field = scorer, text_field, field
        scorer.open()

    def __call__(self, block: pa.Table) -> pa.Table:
        if not block.num_columns:  # an empty block can have no columns at all
            return block
        return add_scores(block, self._scorer, self._text_field, self._field)


def score(
    dataset: Dataset,
    options: Options | None = None,
    *,
    text_field: str = "text",
    field: str = FIELD,
    text_format: str = "auto",
    actors: int = 1,
    batch_size: int = BATCH_SIZE,
) -> Dataset:
    """Return the dataset with one more column, a struct of verdict, probability, reason, findings and error.

    Each of the `actors` takes a CPU and loads the model, some 700 MB. Raises ExtraError where Ray Data is not installed.
    What is wrong with the columns is said when the dataset is used.
    """
    with needs("ray", "ray"):
        from ray.data import ActorPoolStrategy
    return dataset.map_batches(
        Scorer,
        batch_format="pyarrow",
        batch_size=batch_size,
        compute=ActorPoolStrategy(size=actors),
        num_cpus=1,
        fn_constructor_args=(TextScorer(options, text_format=text_format), text_field, field),
    )
