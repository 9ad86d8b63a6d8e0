"""Trains an encoder on simulated spins. Resumable, seeded, logged as JSON lines.

usage: python -m detector.training.train_encoder --data DIR --moby words.txt --work DIR --start minilm|BERT_DIR --tokens N

The learning rate warms up, stays, and falls to nothing over the last fifth of `--tokens`; `stable.pt` is kept from before
the fall, so that a later run with more tokens goes on from there (`--resume stable`), not from a cooled model.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from detector.training import data
from detector.training.encoder import SpunEncoder, from_bert, from_minilm
from detector.training.lexicon import Resources, load_tables
from detector.training.recipes import HELD_OUT_FAMILY, IGNORED, Example, Labeller, Recipe, load_texts, make_spinners
from detector.training.spinners import spin

WARM_UP = 60  # steps
COOL_DOWN = 0.2  # share of the tokens over which the learning rate falls
RESTORE_WEIGHT = 0.15  # of the second head's loss; both heads' losses then move the body about equally


def collate(examples: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    length = -(-max(len(e.ids) for e in examples) // 32) * 32  # few shapes: kernels are compiled for each
    ids = torch.zeros(len(examples), length, dtype=torch.long)
    mask = torch.zeros(len(examples), length, dtype=torch.long)
    labels = torch.full((len(examples), length), IGNORED)
    originals = torch.full((len(examples), length), IGNORED)
    for row, e in enumerate(examples):
        ids[row, : len(e.ids)] = torch.tensor(e.ids)
        mask[row, : len(e.ids)] = 1
        labels[row, : len(e.ids)] = torch.tensor(e.labels)
        originals[row, : len(e.ids)] = torch.tensor(e.originals)
    return ids, mask, labels, originals


def losses(model: SpunEncoder, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    ids, mask, labels, originals = batch
    logits, hidden = model(ids, mask)
    known = labels != IGNORED
    detect = functional.binary_cross_entropy_with_logits(logits[known], labels[known].float())
    asked = originals != IGNORED
    restore = functional.cross_entropy(model.restore(hidden[asked]), originals[asked]) if asked.any() else detect * 0
    return detect, restore


def validation_set(folder: Path, recipe: Recipe, count: int = 240) -> list[Example]:
    """Windows of sources no encoder learns from: a third clean, the rest spun by the family left out of training."""
    rng = random.Random(20)
    names = ("wikinews_2019_2020", "gum", "ud_ewt", "okfn_site", "standard_ebooks", "outfox_human_essays")
    texts = {s.name: [t.text for t in data.read(folder, s, "verdict")] for s in data.SOURCES if s.name in names}
    drawn = Recipe(texts, dict.fromkeys(names, 1.0), recipe.spinners, recipe.labeller)
    examples = []
    for number in range(count):
        text = drawn.window(rng)
        rate = (0.0, 0.05, 0.15)[number % 3]
        spun = spin(text, [recipe.spinners[HELD_OUT_FAMILY]] if rate else [], rate, rng)
        examples.append(recipe.labeller.label(text, spun, rng, recipe.max_tokens))
    return examples


@torch.no_grad()
def validate(model: SpunEncoder, examples: list[Example]) -> dict[str, float]:
    """Average precision over words, and how well the sum of the five strongest words tells spun windows from clean ones."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    model.eval()
    scores: list[float] = []
    truth: list[int] = []
    strongest: list[float] = []
    right = asked = 0
    for start in range(0, len(examples), 16):
        part = examples[start : start + 16]
        ids, mask, labels, originals = collate(part)
        logits, hidden = model(ids, mask)
        for row in range(len(part)):
            known = labels[row] != IGNORED
            values = logits[row][known].float()
            scores += values.tolist()
            truth += labels[row][known].tolist()
            strongest.append(float(values.topk(min(5, len(values))).values.sum()))
        replaced = (labels == 1) & (originals != IGNORED)
        if replaced.any():
            guess = model.restore(hidden[replaced]).float()
            guess[torch.arange(len(guess)), ids[replaced]] = -1e9
            right += int((guess.topk(5).indices == originals[replaced][:, None]).any(1).sum())
            asked += int(replaced.sum())
    model.train()
    light = [i for i in range(len(examples)) if i % 3 != 2]
    return {
        "word_ap": float(average_precision_score(truth, scores)),
        "window_auroc_light": float(roc_auc_score([i % 3 for i in light], [strongest[i] for i in light])),
        "original_top5": right / max(1, asked),
    }


def learning_rate(progress: float, step: int, peak: float) -> float:
    warm = min(1.0, (step + 1) / WARM_UP)
    return peak * warm * min(1.0, (1 - progress) / COOL_DOWN)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="checkpoints, tables and the log go here")
    parser.add_argument("--start", default="minilm", help="minilm, or a folder with BERT-base")
    parser.add_argument("--layers", type=int, default=12, help="of BERT-base that are kept")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of BERT uncased")
    parser.add_argument("--tokens", type=float, default=4e6)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="only where the processor has it; emulated it hangs")
    parser.add_argument("--resume", choices=("last", "stable", "no"), default="last")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tables = load_tables(Resources(options.data, options.moby), options.work.parent / "tables")
    weights = {s.name: s.weight for s in data.SOURCES if s.encoder}
    recipe = Recipe(load_texts(options.data, "encoder"), weights, make_spinners(tables), Labeller(tokenizer))
    held = validation_set(options.data, recipe)

    model = from_minilm() if options.start == "minilm" else from_bert(Path(options.start), options.layers)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options.lr, weight_decay=0.01, betas=(0.9, 0.98))
    step, tokens = 0, 0
    checkpoint = options.work / f"{options.resume}.pt"
    if options.resume != "no" and checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step, tokens = saved["step"], saved["tokens"]
    model.train()
    began, since, cooled = time.time(), tokens, False
    running: list[tuple[float, float]] = []
    while tokens < options.tokens:
        rng = random.Random(f"{options.seed}-{step}")
        batch = collate(sorted((recipe.example(rng) for _ in range(options.batch)), key=lambda e: len(e.ids)))
        progress = tokens / options.tokens
        if progress > 1 - COOL_DOWN and not cooled:
            cooled = True
            _save(options.work / "stable.pt", model, optimizer, step, tokens)
        optimizer.param_groups[0]["lr"] = learning_rate(progress, step, options.lr)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
            detect, restore = losses(model, batch)
        optimizer.zero_grad(set_to_none=True)
        (detect + RESTORE_WEIGHT * restore).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step, tokens = step + 1, tokens + int(batch[1].sum())
        running.append((detect.item(), restore.item()))
        if step % 25 == 0 or tokens >= options.tokens:
            row = {"step": step, "tokens": tokens, "tokens_per_s": round((tokens - since) / (time.time() - began))}
            row |= dict(zip(("detect", "restore"), np.mean(running, axis=0).round(4).tolist(), strict=True))
            running.clear()
            if step % 100 == 0 or tokens >= options.tokens:
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
                    row |= {k: round(v, 4) for k, v in validate(model, held).items()}
                _save(options.work / "last.pt", model, optimizer, step, tokens)
            with (options.work / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")


def _save(path: Path, model: SpunEncoder, optimizer: torch.optim.Optimizer, step: int, tokens: int) -> None:
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "tokens": tokens}
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").rename(path)


if __name__ == "__main__":
    main()
