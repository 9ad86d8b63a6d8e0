"""What BERT-base expects in a place that it cannot see, for an encoder to learn that sees it.

A masked language model knows nothing of spinners, so what it says of a word is an opinion that no dictionary was behind. It
must read a text once for every few words it is asked about; an encoder that has learned what it would say reads once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import BertForMaskedLM, PreTrainedModel

from detector.training.encoders.labels import IGNORED

ASKED_SHARE = 0.13  # of the words, hidden all at once; such models were trained with 15 %
REPLACED_SHARE = 0.4  # of words that a spinner put in: what is expected differs most from them


class Expected(NamedTuple):
    """The places of a batch that were asked about, and for each the logits of all words."""

    rows: Tensor
    places: Tensor
    logits: Tensor


class Expectation:
    """`pieces` are the vocabulary, in which those that go on with a word begin with `##`."""

    def __init__(self, model: PreTrainedModel, pieces: Sequence[str]) -> None:
        self.model = model.eval()
        self.mask = pieces.index("[MASK]")
        self.goes_on = torch.tensor([piece.startswith("##") for piece in pieces])

    @classmethod
    def of_bert(cls, folder: Path, pieces: Sequence[str]) -> Expectation:
        return cls(BertForMaskedLM.from_pretrained(folder), pieces)

    @torch.no_grad()
    def of(self, batch: tuple[Tensor, Tensor, Tensor, Tensor], seed: int) -> Expected:
        """Ask about some words of a batch, whole words hidden. The same seed asks about the same ones."""
        ids, mask, labels, _ = batch
        within = self.goes_on[ids]
        shares = torch.where(labels == 1, REPLACED_SHARE, ASKED_SHARE)
        drawn = torch.rand(ids.shape, generator=torch.Generator().manual_seed(seed))
        asked = (labels != IGNORED) & ~within & (drawn < shares)
        hidden = asked
        while True:  # the rest of each word
            grown = hidden | (within & hidden.roll(1, dims=1))
            if torch.equal(grown, hidden):
                break
            hidden = grown
        rows, places = asked.nonzero(as_tuple=True)
        states = self.model.bert(ids.masked_fill(hidden, self.mask), attention_mask=mask).last_hidden_state
        return Expected(rows, places, self.model.cls(states[rows, places]))
