"""Hugging Face datasets: one more column in a dataset, cached under all that decides about it.

from detector.adapters.datasets import score, split

parts = split(score(dataset, num_proc=2))    # kept, rejected, error
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from detector.adapters.arrow import add_scores, score_type
from detector.adapters.extras import needs
from detector.adapters.scoring import ERROR, FIELD, TextScorer, destination
from detector.corpus.fields import named
from detector.corpus.filter_options import KEPT, REJECTED, SUSPECT
from detector.corpus.look_up import look_up
from detector.errors import ConfigError
from detector.options import Options

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features, IterableDataset

Data = TypeVar("Data")  # Dataset, IterableDataset or a dictionary of these
BATCH_SIZE = 256


class Scorer:
    """A function for `map(…, batched=True, features=scorer.features(dataset.features))`.

    Its pickle has the version of the program and the hash of the model, so that `datasets` never hands out what another
    model found. Without `features`, `datasets` takes the types from the first documents, which may all be unscored.
    """

    def __init__(self, scorer: TextScorer, text_field: str = "text", field: str = FIELD) -> None:
        self._scorer, self._text_field, self._field = scorer, text_field, field

    def __call__(self, batch: Any) -> Any:
        if isinstance(batch, pa.Table):  # of a dataset in the format "arrow": what comes back takes its place
            return add_scores(batch, self._scorer, self._text_field, self._field)
        return {self._field: self._scorer.score(self._texts(batch)).rows()}

    def features(self, features: Features) -> Features:
        """Return the features of the dataset that comes out. Raises ConfigError where they have the field already."""
        from datasets import Features

        if self._field in features:
            raise ConfigError(f"there is a column {self._field!r} already; choose another name for the scores")
        return Features({**features, **Features.from_arrow_schema(pa.schema([(self._field, score_type())]))})

    def _texts(self, batch: Mapping[str, Any]) -> list[Any]:
        name = self._text_field
        if name in batch:
            return list(batch[name])
        outer, _, inner = name.partition(".")
        if inner and outer in batch:
            return [look_up(one, inner) if isinstance(one, Mapping) else one for one in batch[outer]]
        raise ConfigError(f"there is no column {name!r} (columns: {named(list(batch))}); choose one with text_field")


class GoesTo:
    """A function for `filter(…, input_columns=["unspun"])`: whether a scored record goes to this destination."""

    def __init__(self, wanted: str, *, suspect: bool = False, reject_unscored: bool = False) -> None:
        self._wanted, self._suspect, self._reject_unscored = wanted, suspect, reject_unscored

    def __call__(self, row: Mapping[str, Any]) -> bool:
        return destination(row, suspect=self._suspect, reject_unscored=self._reject_unscored) == self._wanted


def score(
    dataset: Data,
    options: Options | None = None,
    *,
    text_field: str = "text",
    field: str = FIELD,
    text_format: str = "auto",
    num_proc: int | None = None,
    batch_size: int = BATCH_SIZE,
) -> Data:
    """Return the dataset, or each of a dictionary of them, with one more column: verdict, probability, findings, error.

    Each of `num_proc` processes loads the model, some 700 MB. Raises ConfigError where there is no column of texts or one
    with the name of the new one, ExtraError where `datasets` is not installed.
    """
    with needs("datasets", "datasets"):
        import datasets
    scorer = Scorer(TextScorer(options, text_format=text_format), text_field, field)

    def add(one: Dataset | IterableDataset) -> Any:
        plain = one.with_format(None)
        more: dict[str, Any] = {"num_proc": num_proc} if isinstance(one, datasets.Dataset) else {}
        features = scorer.features(one.features) if one.features is not None else None
        return plain.map(scorer, batched=True, batch_size=batch_size, features=features, **more)

    changed: Data = _in_each(dataset, add)
    return changed


def split(dataset: Dataset, *, field: str = FIELD, suspect: bool = False, reject_unscored: bool = False) -> DatasetDict:
    """Return a scored dataset in parts: `kept`, `rejected` and `error`, and `suspect` where it is asked for.

    Every record is in one of them. `reject_unscored`: reject what has no verdict, instead of keeping it.
    """
    with needs("datasets", "datasets"):
        from datasets import DatasetDict
    wanted = (KEPT, REJECTED, *((SUSPECT,) if suspect else ()), ERROR)
    return DatasetDict(
        {
            name: dataset.filter(GoesTo(name, suspect=suspect, reject_unscored=reject_unscored), input_columns=[field])
            for name in wanted
        }
    )


def _in_each(dataset: Any, change: Callable[[Any], Any]) -> Any:
    return (
        type(dataset)({name: change(one) for name, one in dataset.items()})
        if isinstance(dataset, dict)
        else change(dataset)
    )
