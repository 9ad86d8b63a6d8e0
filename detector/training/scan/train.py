"""Trains the first stage on a corpus of windows. Resumable, seeded, logged as JSON lines.

usage: python -m detector.training.scan.train --corpus FOLDER --models models --work DIR --words 60e6

The corpus is read again and again until so many words are learned from; the last shard is kept to validate with. Shards
that are written meanwhile are taken in.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor
from torch.nn import functional

from detector.runtime.tokenizer import open_tokenizer
from detector.training.encoders.train import keep_memory
from detector.training.scan.corpus import LONGEST
from detector.training.scan.model import Scan, start_vectors

BATCH = 64  # windows
ALIKE = 32  # batches whose windows are sorted by length, so that little of a batch is padding
WARM_UP, COOL_DOWN = 100, 0.5  # steps; share of the words over which the learning rate falls
WINDOW_WEIGHT = 0.1  # of the windows' loss
FEWEST_SWAPPED = 2  # words of a window that counts as spun
LOGGED, SAVED = 50, 250  # steps


class Windows(NamedTuple):
    """Windows of one length: numbers and styles of words, labels, and 1 where there is a word."""

    ids: Tensor
    styles: Tensor
    labels: Tensor
    mask: Tensor


def read_shard(path: Path) -> Windows:
    stored = np.load(path)
    ends = stored["ends"]
    starts = np.concatenate([[0], ends[:-1]])
    places = starts[:, None] + np.arange(LONGEST)
    mask = places < ends[:, None]
    places = np.where(mask, places, 0)
    ids, styles, labels = (
        torch.from_numpy(np.where(mask, stored[name][places], 0)) for name in ("ids", "styles", "labels")
    )
    return Windows(ids, styles, labels, torch.from_numpy(mask))


def batches(corpus: Path, held: Path, seed: int) -> Iterator[Windows]:
    """Yield batches of random windows, shard by shard, without end."""
    epoch = 0
    while True:
        shards = [shard for shard in sorted(corpus.glob("numbered-*.npz")) if shard != held]
        generator = torch.Generator().manual_seed(seed * 1000 + epoch)
        for at in torch.randperm(len(shards), generator=generator).tolist():
            shard = read_shard(shards[at])
            order = torch.randperm(len(shard.ids), generator=generator)
            lengths = shard.mask.sum(1)
            alike = torch.cat([some[lengths[some].argsort()] for some in order.split(BATCH * ALIKE)]).split(BATCH)
            for number in torch.randperm(len(alike), generator=generator).tolist():
                some = alike[number]
                longest = int(lengths[some].max())
                yield Windows(*(values[some, :longest] for values in shard))
        epoch += 1


def loss_of(model: Scan, batch: Windows) -> Tensor:
    mask = batch.mask.float()
    labels = batch.labels.float()
    words, windows = model(batch.ids.long(), batch.styles.long(), mask)
    each = functional.binary_cross_entropy_with_logits(words.float(), labels, reduction="none")
    spun = ((labels * mask).sum(1) >= FEWEST_SWAPPED).float()
    of_windows = functional.binary_cross_entropy_with_logits(windows.float(), spun)
    return (each * mask).sum() / mask.sum() + WINDOW_WEIGHT * of_windows


@torch.no_grad()
def validate(model: Scan, windows: Windows) -> dict[str, float]:
    """Return the average precision over words and the AUROC over windows."""
    model.eval()
    scores, of_windows = [], []
    for some in torch.arange(len(windows.ids)).split(256):
        words, window = model(windows.ids[some].long(), windows.styles[some].long(), windows.mask[some].float())
        scores.append(words)
        of_windows.append(window)
    model.train()
    labels = windows.labels * windows.mask
    spun, said = labels.sum(1) >= FEWEST_SWAPPED, torch.cat(scores)
    strongest = said.masked_fill(~windows.mask, -20).topk(5).values.sum(1)
    told = windows.mask.flatten()
    return {
        "word_ap": float(average_precision_score(windows.labels.flatten()[told], said.flatten()[told])),
        "window_auroc": float(roc_auc_score(spun, torch.cat(of_windows))),
        "window_auroc_by_words": float(roc_auc_score(spun, strongest)),
    }


def train(model: Scan, options: argparse.Namespace, held: Path) -> None:
    options.work.mkdir(parents=True, exist_ok=True)
    embeddings = [*model.words.parameters(), *model.prior.parameters()]
    others = [p for p in model.parameters() if all(p is not e for e in embeddings)]
    optimizer = torch.optim.AdamW(
        [{"params": embeddings, "weight_decay": 0.0}, {"params": others, "weight_decay": 0.01}], lr=options.lr
    )
    state = {"step": 0, "words": 0}
    checkpoint = options.work / "last.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        state = saved["state"]
    windows = read_shard(held)
    windows = Windows(*(values[:2500] for values in windows))
    began, since, running = time.time(), state["words"], []
    for batch in batches(options.corpus, held, options.seed + state["step"]):
        progress = state["words"] / options.words
        if progress >= 1:
            break
        rate = options.lr * min(1, (state["step"] + 1) / WARM_UP) * min(1, (1 - progress) / COOL_DOWN + 0.01)
        for group in optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
            loss = loss_of(model, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        optimizer.step()
        state["step"] += 1
        state["words"] += int(batch.mask.sum())
        running.append(loss.item())
        if state["step"] % LOGGED == 0:
            row = {**state, "loss": round(float(np.mean(running)), 4)}
            row["words_per_s"] = round((state["words"] - since) / (time.time() - began))
            running.clear()
            if state["step"] % SAVED == 0:
                row |= {name: round(value, 4) for name, value in validate(model, windows).items()}
                _save(model, optimizer, state, checkpoint)
            with (options.work / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
    _save(model, optimizer, state, checkpoint)
    print(validate(model, windows))


def _save(model: Scan, optimizer: torch.optim.Optimizer, state: dict[str, int], path: Path) -> None:
    unfinished = path.with_suffix(".tmp")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "state": state}, unfinished)
    unfinished.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--held", default="numbered-0.npz", help="the shard that is validated with")
    parser.add_argument("--models", type=Path, default=Path("models"), help="with light-vectors.npz and tokenizer.json")
    parser.add_argument("--work", type=Path, required=True, help="checkpoints and the log go here")
    parser.add_argument("--words", type=float, default=60e6)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="only where the processor has it")
    options = parser.parse_args()
    keep_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    forms = (options.corpus / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    tokenizer = open_tokenizer(options.models / "tokenizer.json")
    tokenizer.no_truncation()
    vectors = start_vectors(forms, options.models / "light-vectors.npz", tokenizer)
    model = Scan(len(vectors))
    model.words.weight.data.copy_(torch.from_numpy(vectors))
    train(model, options, options.corpus / options.held)


if __name__ == "__main__":
    main()
