"""The spinners that training windows and fitted documents are spun by, and how often each is drawn."""

from __future__ import annotations

import math
import random
from collections.abc import Collection
from pathlib import Path

from detector.training.data.dictionaries import FAMILIES, load_tables
from detector.training.data.lexicon import Resources, common_words
from detector.training.data.phrase_table import load_phrases
from detector.training.spinners import Spinner
from detector.training.spinners.corruption import EntitySpinner
from detector.training.spinners.dictionary import DictionarySpinner, PhraseSpinner

#: How often each family spins a training window; one that cannot run is left out. `mythes` is left out of training, to choose
#: checkpoints by.
FAMILY_WEIGHTS = {
    "wordnet": 2.0,
    "moby": 2.5,
    "ppdb": 2.5,
    "embedding": 2.0,
    "tortured": 3.5,
    "entity": 1.3,
    "pivot": 2.0,
    "article": 4.0,
    "phrase": 1.5,
    "masked": 2.5,  # only with `--bert`; see models/experiments/masked-swaps.md
}
HELD_OUT_FAMILY = "mythes"
SHOWN_SHARE = 0.5  # of the windows with masked swaps, those whose words the language model reads as they stand


def load_spinners(
    resources: Resources, cache: Path, bert: Path | None = None, without: Collection[str] = ()
) -> dict[str, Spinner]:
    """Return every family that training draws from, and the one left out. Masked swaps need a BERT. Tables are made on first
    use and kept in `cache`; `without` names dictionaries that can't be made."""
    names = [name for name in FAMILIES if name not in without]
    tables = load_tables(resources, cache, names=names)
    spinners: dict[str, Spinner] = {name: DictionarySpinner(table) for name, table in tables.items()}
    spinners["phrase"] = PhraseSpinner(load_phrases(resources, cache))
    spinners["entity"] = EntitySpinner(common_words())
    if bert:
        from detector.training.spinners.masked import Bert, MaskedSpinner

        spinners["masked"] = MaskedSpinner(Bert(bert), showing=SHOWN_SHARE)
    return spinners


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))
